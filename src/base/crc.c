#include "base/crc.h"

#include <endian.h>
#include <pthread.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CRC_KINDS = 3, POWERS = 67, FOLD_MIN = 64 };

/* Polynomials and registers are bit-reversed: x^0 is the top bit of the width. */
static struct crc {
	uint64_t poly, ones;
	unsigned width;
	uint64_t table[8][256]; /* [k][b]: byte b followed by k zero bytes */
	uint64_t power[POWERS]; /* x^(2^k) */
	uint64_t fold4[2], fold1[2]; /* multipliers that carry 16 bytes forward over 64 and 16 bytes */
} crcs[CRC_KINDS] = {
	{ .poly = 0xedb88320, .ones = 0xffffffff, .width = 32 },
	{ .poly = 0x82f63b78, .ones = 0xffffffff, .width = 32 },
	{ .poly = 0x9a6c9329ac4bc9b5, .ones = 0xffffffffffffffff, .width = 64 },
};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint64_t times_x(const struct crc *c, uint64_t a) {
	return a & 1 ? a >> 1 ^ c->poly : a >> 1;
}

static uint64_t multiply(const struct crc *c, uint64_t a, uint64_t b) {
	uint64_t product = 0;
	for (unsigned i = c->width; i-- > 0;) {
		product ^= a >> i & 1 ? b : 0;
		b = times_x(c, b);
	}
	return product;
}

static uint64_t x_to(const struct crc *c, unsigned n) {
	uint64_t a = (uint64_t)1 << (c->width - 1);
	while (n--) {
		a = times_x(c, a);
	}
	return a;
}

/* In the reversed order a carry-less product of 64-bit halves comes out one bit low, hence the exponents less one. */
static void set_fold(const struct crc *c, uint64_t fold[2], unsigned bits) {
	fold[0] = x_to(c, bits + 64 - 1) << (64 - c->width);
	fold[1] = x_to(c, bits - 1) << (64 - c->width);
}

static void fill_tables(struct crc *c) {
	for (unsigned b = 0; b < 256; b++) {
		c->table[0][b] = b;
		for (int bit = 0; bit < 8; bit++) {
			c->table[0][b] = times_x(c, c->table[0][b]);
		}
	}
	for (unsigned k = 1; k < 8; k++) {
		for (unsigned b = 0; b < 256; b++) {
			uint64_t before = c->table[k - 1][b];
			c->table[k][b] = before >> 8 ^ c->table[0][before & 255];
		}
	}
}

static void fill_all(void) {
	for (struct crc *c = crcs; c < crcs + CRC_KINDS; c++) {
		fill_tables(c);
		c->power[0] = x_to(c, 1);
		for (int k = 1; k < POWERS; k++) {
			c->power[k] = multiply(c, c->power[k - 1], c->power[k - 1]);
		}
		set_fold(c, c->fold4, 512);
		set_fold(c, c->fold1, 128);
	}
}

static const struct crc *crc_of(enum digest_kind kind) {
	pthread_once(&once, fill_all);
	return &crcs[kind - DIGEST_CRC32];
}

static uint64_t load(const uint8_t *p) {
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static uint64_t by_table(const struct crc *c, uint64_t reg, const uint8_t *p, size_t n) {
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t v = load(p) ^ reg;
		reg = c->table[7][v & 255] ^ c->table[6][v >> 8 & 255] ^ c->table[5][v >> 16 & 255] ^
		      c->table[4][v >> 24 & 255] ^ c->table[3][v >> 32 & 255] ^ c->table[2][v >> 40 & 255] ^
		      c->table[1][v >> 48 & 255] ^ c->table[0][v >> 56];
	}
	for (; n; p++, n--) {
		reg = reg >> 8 ^ c->table[0][(reg ^ *p) & 255];
	}
	return reg;
}

#if defined(__x86_64__)
__attribute__((target("pclmul,sse2"))) static inline __m128i fold(__m128i a, __m128i by) {
	return _mm_xor_si128(_mm_clmulepi64_si128(a, by, 0x00), _mm_clmulepi64_si128(a, by, 0x11));
}

/* Four lanes of 16 bytes are carried forward until less than 64 bytes are left, then folded into one; what that one and
 * the rest amount to is left to the tables. At least FOLD_MIN bytes. */
__attribute__((target("pclmul,sse2"))) static uint64_t by_fold(const struct crc *c, uint64_t reg, const uint8_t *p,
							       size_t n) {
	const __m128i by4 = _mm_loadu_si128((const void *)c->fold4), by1 = _mm_loadu_si128((const void *)c->fold1);
	__m128i lane[4];
	for (int i = 0; i < 4; i++) {
		lane[i] = _mm_loadu_si128((const void *)(p + 16 * i));
	}
	lane[0] = _mm_xor_si128(lane[0], _mm_set_epi64x(0, (long long)reg));
	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
		for (int i = 0; i < 4; i++) {
			__m128i next = _mm_loadu_si128((const void *)(p + 16 * i));
			lane[i] = _mm_xor_si128(fold(lane[i], by4), next);
		}
	}
	__m128i sum = lane[0];
	for (int i = 1; i < 4; i++) {
		sum = _mm_xor_si128(fold(sum, by1), lane[i]);
	}
	for (; n >= 16; p += 16, n -= 16) {
		sum = _mm_xor_si128(fold(sum, by1), _mm_loadu_si128((const void *)p));
	}
	uint8_t last[16];
	_mm_storeu_si128((void *)last, sum);
	return by_table(c, by_table(c, 0, last, sizeof(last)), p, n);
}

static bool can_fold(void) {
	return __builtin_cpu_supports("pclmul");
}
#else
static uint64_t by_fold(const struct crc *c, uint64_t reg, const uint8_t *p, size_t n) {
	return by_table(c, reg, p, n);
}

static bool can_fold(void) {
	return false;
}
#endif

uint64_t crc_start(enum digest_kind kind) {
	return crc_of(kind)->ones;
}

uint64_t crc_update(enum digest_kind kind, uint64_t reg, const void *p, size_t n) {
	const struct crc *c = crc_of(kind);
	return n >= FOLD_MIN && can_fold() ? by_fold(c, reg, p, n) : by_table(c, reg, p, n);
}

uint64_t crc_update_plain(enum digest_kind kind, uint64_t reg, const void *p, size_t n) {
	return by_table(crc_of(kind), reg, p, n);
}

/* a is carried over b's bytes: times x^(8 * b_len). The inversions at start and end cancel out. */
uint64_t crc_combine(enum digest_kind kind, uint64_t a, uint64_t b, uint64_t b_len) {
	const struct crc *c = crc_of(kind);
	for (int k = 3; b_len; k++, b_len >>= 1) {
		a = b_len & 1 ? multiply(c, c->power[k], a) : a;
	}
	return a ^ b;
}

uint64_t crc_value(const struct digest_value *v) {
	uint64_t crc = 0;
	for (size_t i = 0; i < v->n; i++) {
		crc = crc << 8 | v->p[i];
	}
	return crc;
}

struct digest_value crc_bytes(enum digest_kind kind, uint64_t crc) {
	struct digest_value v = { .n = digest_size(kind) };
	for (size_t i = v.n; i-- > 0; crc >>= 8) {
		v.p[i] = (uint8_t)crc;
	}
	return v;
}
