#include "core/seal.h"

#include "base/tap.h"
#include "core/gzip.h"

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

static void seals(struct arena *a) {
	struct seal one = { { 0 } }, two = { { 0 } };
	char dir[] = "/tmp/aerostat-seal-XXXXXX";
	str secret;
	CHECK(mkdtemp(dir) != NULL);
	const char *path = str_printf(a, "%s/key", dir).p, *other = str_printf(a, "%s/other", dir).p;
	CHECK_INT(seal_open(&one, path), 0);
	str sealed = seal_close(&one, a, S("the secret"));
	CHECK(seal_read(&one, a, sealed, &secret));
	CHECK_STR(secret, S("the secret"));
	CHECK(!str_eq(sealed, seal_close(&one, a, S("the secret"))));
	CHECK_INT(seal_open(&two, path), 0);
	CHECK(seal_read(&two, a, sealed, &secret));
	CHECK_INT(seal_open(&two, other), 0);
	CHECK(!seal_read(&two, a, sealed, &secret));
	char *bent = str_z(a, sealed);
	bent[sealed.n - 1] ^= 1;
	CHECK(!seal_read(&one, a, (str){ bent, sealed.n }, &secret));
	CHECK(!seal_read(&one, a, S("short"), &secret));
	unlink(path);
	unlink(other);
	rmdir(dir);
}

static str packed(struct arena *a, str plain) {
	z_stream z = { 0 };
	uint8_t *in = arena_alloc(a, plain.n + 1), *out = arena_alloc(a, plain.n + 1024);
	memcpy(in, plain.p, plain.n);
	deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	z.next_in = in;
	z.avail_in = (uInt)plain.n;
	z.next_out = out;
	z.avail_out = (uInt)plain.n + 1024;
	deflate(&z, Z_FINISH);
	str s = { (const char *)out, z.total_out };
	deflateEnd(&z);
	return s;
}

static void unpacks(struct arena *a) {
	str plain = { arena_alloc(a, 1000000), 1000000 }, out;
	str small = packed(a, plain);
	CHECK(gzip_decode(a, small, 1000000, &out) && str_eq(out, plain));
	CHECK(!gzip_decode(a, small, 999999, &out));
	CHECK(!gzip_decode(a, (str){ small.p, small.n - 1 }, 1000000, &out));
	CHECK(!gzip_decode(a, S("no gzip"), 1000000, &out));
	CHECK(!gzip_decode(a, S(""), 1000000, &out));
	CHECK(!gzip_decode(a, str_printf(a, STR_FMT "x", 0, ""), 1000000, &out));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	seals(&a);
	unpacks(&a);
	return tap_done();
}
