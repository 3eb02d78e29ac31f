#include "base/rand.h"

#include "base/log.h"

#include <errno.h>
#include <sys/random.h>

static _Thread_local struct {
	uint8_t bytes[256];
	size_t left;
} pool;

static void fill(void *p, size_t n) {
	uint8_t *at = p;
	while (n) {
		ssize_t got = getrandom(at, n < 256 ? n : 256, 0);
		if (got < 0 && errno != EINTR) {
			bug("getrandom: errno %d", errno);
		}
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
}

void rand_bytes(void *p, size_t n) {
	if (n > sizeof(pool.bytes)) {
		fill(p, n);
		return;
	}
	if (pool.left < n) {
		fill(pool.bytes, sizeof(pool.bytes));
		pool.left = sizeof(pool.bytes);
	}
	pool.left -= n;
	memcpy(p, pool.bytes + pool.left, n);
	memset(pool.bytes + pool.left, 0, n);
}

uint64_t rand_u64(void) {
	uint64_t v;
	rand_bytes(&v, sizeof(v));
	return v;
}

str rand_text(struct arena *a, str alphabet, size_t n) {
	char *p = arena_alloc(a, n + 1);
	unsigned limit = 256 / (unsigned)alphabet.n * (unsigned)alphabet.n;
	for (size_t i = 0; i < n;) {
		uint8_t c;
		rand_bytes(&c, 1);
		if (c < limit) {
			p[i++] = alphabet.p[c % alphabet.n];
		}
	}
	return (str){ p, n };
}

str rand_uuid(struct arena *a) {
	uint8_t u[16];
	struct buf b = { .arena = a };
	rand_bytes(u, sizeof(u));
	u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);
	u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(u); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			put_byte(&b, '-');
		}
		put_hex(&b, (str){ (const char *)&u[i], 1 });
	}
	return buf_str(&b);
}
