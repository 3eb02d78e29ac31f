#include "s3/meta.h"

#include "base/tap.h"

static void check_pairs(struct arena *a) {
	str name, value, pairs = S("a\0001\0b\0\0c\0003\0");
	str rest = pairs;
	CHECK(pair_next(&rest, &name, &value));
	CHECK_STR(name, S("a"));
	CHECK_STR(value, S("1"));
	CHECK(pair_next(&rest, &name, &value));
	CHECK_STR(name, S("b"));
	CHECK(value.p && value.n == 0);
	CHECK(pair_next(&rest, &name, &value) && str_is(value, "3"));
	CHECK(!pair_next(&rest, &name, &value));
	rest = S("half\0");
	CHECK(!pair_next(&rest, &name, &value));
	CHECK_STR(meta_get(pairs, "c"), S("3"));
	CHECK(!meta_get(pairs, "d").p);
	CHECK_STR(pairs_with(a, pairs, S("b"), S("2")), S("a\0001\0c\0003\0b\0002\0"));
	CHECK_STR(pairs_with(a, pairs, S("c"), (str){ 0 }), S("a\0001\0b\0\0"));
	CHECK_STR(pairs_with(a, (str){ 0 }, S("x"), S("y")), S("x\0y\0"));
	CHECK_INT(tags_count(pairs), 3);
	CHECK_INT(tags_count((str){ 0 }), 0);
}

static void check_etags(void) {
	CHECK(etag_listed(S("*"), S("abc")));
	CHECK(etag_listed(S(" * "), S("abc")));
	CHECK(etag_listed(S("abc"), S("abc")));
	CHECK(etag_listed(S("\"abc\""), S("abc")));
	CHECK(etag_listed(S("W/\"abc\""), S("abc")));
	CHECK(etag_listed(S("\"x\", W/\"y\" , \"abc\""), S("abc")));
	CHECK(!etag_listed(S("\"x\",\"y\""), S("abc")));
	CHECK(!etag_listed(S(""), S("abc")));
	CHECK(!etag_listed(S(","), S("abc")));
	CHECK(!etag_listed(S("\"abc"), S("abc")));
	CHECK(!etag_listed(S("\"*\""), S("abc")));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	check_pairs(&a);
	check_etags();
	CHECK_INT(sum_kind(S("crc64nvme")), DIGEST_CRC64NVME);
	CHECK_INT(sum_kind(S("MD4")), -1);
	CHECK_STR(str_from(sum_name(DIGEST_SHA256)), S("SHA256"));
	CHECK_STR(etag_quoted(&a, S("x")), S("\"x\""));
	return tap_done();
}
