#include "transfer/name.h"

#include "base/tap.h"

static void test_spots(void) {
	AUTO_ARENA a = { 0 };
	struct spot s;
	CHECK(spot_read(S("s3://b/k/l"), &s) && s.kind == SPOT_S3);
	CHECK_STR(s.bucket, S("b"));
	CHECK_STR(s.key, S("k/l"));
	CHECK_STR(spot_text(&a, &s), S("s3://b/k/l"));
	CHECK(spot_read(S("s3://b"), &s) && !s.key.n);
	CHECK(spot_read(S("s3://b//k"), &s) && str_is(s.key, "/k"));
	CHECK(!spot_read(S("s3://"), &s) && !spot_read(S("s3:///k"), &s) && !spot_read(S(""), &s));
	CHECK(spot_read(S("-"), &s) && s.kind == SPOT_STREAM);
	CHECK(spot_read(S("./-"), &s) && s.kind == SPOT_LOCAL);
	CHECK(spot_read(S("S3://b"), &s) && s.kind == SPOT_LOCAL);
}

static void test_joins(void) {
	AUTO_ARENA a = { 0 };
	CHECK_STR(key_join(&a, S(""), S("x")), S("x"));
	CHECK_STR(key_join(&a, S("a"), S("x")), S("a/x"));
	CHECK_STR(key_join(&a, S("a/"), S("x")), S("a/x"));
	CHECK_STR(path_join(&a, S("/"), S("x")), S("/x"));
	CHECK_STR(name_last(S("a/b")), S("b"));
	CHECK_STR(name_last(S("b")), S("b"));
	CHECK_STR(name_last(S("b/")), S(""));
	CHECK_STR(prefix_of_folder(&a, S("a")), S("a/"));
	CHECK_STR(prefix_of_folder(&a, S("a/")), S("a/"));
	CHECK_STR(prefix_of_folder(&a, S("")), S(""));
}

static void test_safety(void) {
	char longest[256];
	const char *why;
	static const char *const good[] = { "a", "a/b", ".hidden", "...", "a..b/c", "a/..b", "-", " ", "\xc3\xa4" };
	static const char *const bad[] = { "",     "/",      "/a",    "a/",  "a//b", "..",  ".",  "../a",
					   "a/..", "a/../b", "a/./b", "./a", "//a",  "a/.", "/.." };
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		CHECK(name_is_safe(str_from(good[i]), &why));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(!name_is_safe(str_from(bad[i]), &why) && why);
	}
	memset(longest, 'x', sizeof(longest));
	CHECK(name_is_safe((str){ longest, 255 }, &why));
	CHECK(!name_is_safe((str){ longest, 256 }, &why));
	CHECK(!name_is_safe((str){ "a\0b", 3 }, &why));
}

int main(void) {
	test_spots();
	test_joins();
	test_safety();
	return tap_done();
}
