#include "auth/payload.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct source {
	str left;
	size_t step;
} source;

ssize_t exchange_read(struct exchange *x, void *p, size_t n) {
	size_t got = n < source.left.n ? n : source.left.n;
	got = got < source.step ? got : source.step;
	(void)x;
	if (got) {
		memcpy(p, source.left.p, got);
		source.left = str_skip(source.left, got);
	}
	return (ssize_t)got;
}

/* The content, or its refusal's code, read in pieces of step. */
static str content(struct arena *a, struct exchange *x, const struct auth *auth, size_t step) {
	struct payload p;
	struct refusal why;
	struct buf b = { .arena = a };
	ssize_t n;
	if (!payload_open(a, &p, x, auth, &why)) {
		return str_from(why.fault->code);
	}
	while ((n = payload_read(a, &p, buf_room(&b, step), step)) > 0) {
		b.n += (size_t)n;
	}
	if (n == 0 && p.length >= 0 && (int64_t)b.n != p.length) {
		__builtin_trap();
	}
	return n < 0 ? str_from(p.refusal.fault->code) : buf_str(&b);
}

/* However a framed body is cut into reads, the same comes out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	AUTO_ARENA a = { 0 };
	if (size < 4) {
		return 0;
	}
	str body = { (const char *)data + 4, size - 4 };
	str length = str_printf(&a, "%u", data[1]);
	struct header headers[] = { { S("x-amz-decoded-content-length"), length },
				    { S("x-amz-trailer"), data[2] % 2 ? S("a,x-amz-checksum-crc32") : S("") } };
	struct exchange x = { .arena = &a };
	x.head = (struct head){ .method = S("PUT"), .chunked = true, .headers = headers, .n = 2 };
	struct auth auth = { .way = AUTH_V4_HEADER, .payload = (enum payload_kind)(2 + data[0] % 3) };
	auth.seed = S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	source = (struct source){ body, 100000 };
	str whole = content(&a, &x, &auth, 5000);
	source = (struct source){ body, 1u + data[3] % 9 };
	str cut = content(&a, &x, &auth, 1u + data[2] % 50);
	if (!str_eq(whole, cut)) {
		__builtin_trap();
	}
	return 0;
}
