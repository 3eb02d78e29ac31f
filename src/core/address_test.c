#include "core/address.h"

#include "base/tap.h"

static void is(const char *host, const char *service, const char *region, const char *bucket) {
	AUTO_ARENA a = { 0 };
	struct address got = address_of_host(&a, str_from(host));
	CHECK_STR(got.service, str_from(service));
	CHECK_STR(got.region, str_from(region));
	CHECK_STR(got.bucket, str_from(bucket));
}

int main(void) {
	is("127.0.0.1:4566", "", "", "");
	is("[::1]:4566", "", "", "");
	is("localhost:4566", "", "", "");
	is("example.com", "", "", "");
	is("s3.amazonaws.com", "s3", "", "");
	is("S3.us-east-1.amazonaws.com:443", "s3", "us-east-1", "");
	is("my.bucket.s3.amazonaws.com", "s3", "", "my.bucket");
	is("b.s3.eu-west-1.amazonaws.com.", "s3", "eu-west-1", "b");
	is("b.s3-eu-west-1.amazonaws.com", "s3", "eu-west-1", "b");
	is("b.s3.dualstack.eu-west-1.amazonaws.com", "s3", "eu-west-1", "b");
	is("s3-fips.us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1", "");
	is("b.s3.cn-north-1.amazonaws.com.cn", "s3", "cn-north-1", "b");
	is("sts.amazonaws.com", "sts", "", "");
	is("monitoring.us-east-1.amazonaws.com", "monitoring", "us-east-1", "");
	is("api.ecr.us-east-1.amazonaws.com", "api.ecr", "us-east-1", "");
	is("runtime.sagemaker.us-east-1.amazonaws.com", "runtime.sagemaker", "us-east-1", "");
	is("api-fips.sagemaker.us-east-1.amazonaws.com", "api.sagemaker", "us-east-1", "");
	is("streaming-logs.us-east-1.amazonaws.com", "streaming-logs", "us-east-1", "");
	is("123456789012.s3-control.us-east-1.amazonaws.com", "s3-control", "us-east-1", "");
	is("b.s3-accelerate.dualstack.amazonaws.com", "s3", "", "b");
	is("s3-external-1.amazonaws.com", "s3", "", "");
	is("sts.eu-west-1.api.aws", "sts", "eu-west-1", "");
	is("eu-west-1.signin.aws.amazon.com", "signin", "", "");
	is("amazonaws.com", "", "", "");
	is("b.localhost:4566", "s3", "", "b");
	is("b.s3.localhost", "s3", "", "b");
	is("b.s3.us-west-2.localhost", "s3", "us-west-2", "b");
	CHECK(host_is_aws(S("s3.amazonaws.com")) && host_is_aws(S("sts.eu-west-1.amazonaws.com.")));
	CHECK(host_is_aws(S("aws.amazon.com")) && host_is_aws(S("a.b.api.aws")));
	CHECK(!host_is_aws(S("evil-amazonaws.com")) && !host_is_aws(S("amazonaws.com.evil.example")));
	CHECK(!host_is_aws(S("localhost")) && !host_is_aws(S("127.0.0.1")) && !host_is_aws(S("")));
	CHECK(region_plausible(S("ap-southeast-2")));
	CHECK(!region_plausible(S("us-east-10")) && !region_plausible(S("west-1")) && !region_plausible(S("")));
	return tap_done();
}
