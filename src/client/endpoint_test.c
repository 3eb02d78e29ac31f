#include "base/tap.h"
#include "client/endpoint.h"

static const struct {
	const char *service, *region, *url, *scope;
} hosts[] = {
	{ "iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1" },
	{ "iam", "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1" },
	{ "iam", "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1" },
	{ "sts", "eu-west-1", "https://sts.eu-west-1.amazonaws.com", "eu-west-1" },
	{ "sts", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1" },
	{ "s3", "us-east-1", "https://s3.us-east-1.amazonaws.com", "us-east-1" },
	{ "cloudwatch", "us-east-1", "https://monitoring.us-east-1.amazonaws.com", "us-east-1" },
	{ "ce", "eu-west-1", "https://ce.us-east-1.amazonaws.com", "us-east-1" },
};

static void test_hosts(void) {
	AUTO_ARENA a = { 0 };
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct endpoint e = endpoint_of(&a, service_find(hosts[i].service), str_from(hosts[i].region));
		CHECK_STR(e.url, str_from(hosts[i].url));
		CHECK_STR(e.region, str_from(hosts[i].scope));
	}
}

static void test_regions(void) {
	CHECK(region_is_plain(S("us-gov-west-1")));
	static const char *const bad[] = { "", "x.evil.example", "us-east-1/", "US-EAST-1", "a b", "a#", "\xc3\xa4" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(!region_is_plain(str_from(bad[i])));
	}
}

static void test_urls(void) {
	struct url u;
	CHECK(url_parse(S("http://127.0.0.1:4566/"), &u) && u.path.n == 0);
	CHECK_STR(u.host, S("127.0.0.1:4566"));
	CHECK(url_is_loopback(&u) && !url_is_aws(&u));
	CHECK(url_parse(S("https://vpce-1.IAM.us-east-1.vpce.AmazonAWS.com:443/a/b//"), &u) && url_is_aws(&u));
	CHECK_STR(u.origin, S("https://vpce-1.IAM.us-east-1.vpce.AmazonAWS.com:443"));
	CHECK_STR(u.path, S("/a/b"));
	CHECK(url_parse(S("http://[::1]:80"), &u) && url_is_loopback(&u));
	CHECK(url_parse(S("https://amazonaws.com.example"), &u) && !url_is_aws(&u) && !url_is_loopback(&u));
	static const char *const bad[] = { "",           "127.0.0.1:4566",      "ftp://x",
					   "http://",    "http:///x",           "http://:80",
					   "http://a@b", "http://x?y",          "http://x#",
					   "http://x y", "http://x\r\nHost: y", "https://\xc3\xa4" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(!url_parse(str_from(bad[i]), &u));
	}
}

int main(void) {
	test_hosts();
	test_regions();
	test_urls();
	return tap_done();
}
