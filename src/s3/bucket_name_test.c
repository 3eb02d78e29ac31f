#include "s3/bucket_name.h"

#include "base/tap.h"

static const char *const good[] = {
	"abc",       "my-ml-bucket-1234567890",
	"a.b.c",     "1-2",
	"192.168.5", "192.168.5.4.3",
	"xn-x",      "a--b",
	"x.s3",      "a23456789012345678901234567890123456789012345678901234567890123",
};

static const char *const bad[] = {
	"",
	"ab",
	"a234567890123456789012345678901234567890123456789012345678901234",
	"Abc",
	"a_b",
	"a b",
	"-abc",
	"abc-",
	".abc",
	"abc.",
	"a..b",
	"192.168.5.4",
	"999.1.1.1",
	"xn--abc",
	"sthree-abc",
	"sthree-configurator-x",
	"amzn-s3-demo-bucket",
	"abc-s3alias",
	"abc--ol-s3",
	"abc.mrap",
	"abc--use1-az4--x-s3",
	"abc--table-s3",
	"a/b",
	"a\xc3\xa9z",
};

int main(void) {
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		tap_check(bucket_name_ok(str_from(good[i])), __FILE__, __LINE__, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		tap_check(!bucket_name_ok(str_from(bad[i])), __FILE__, __LINE__, bad[i]);
	}
	CHECK(!bucket_name_ok((str){ "ab\0c", 4 }));
	CHECK(!bucket_name_ok((str){ 0 }));
	CHECK(region_known(S("eu-west-1")));
	CHECK(!region_known(S("eu-west-9")));
	CHECK(!region_known(S("EU")));
	CHECK(!region_known((str){ 0 }));
	return tap_done();
}
