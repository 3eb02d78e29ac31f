#include "s3/policy.h"

#include "base/tap.h"

static struct arena arena;

static str message_of(const char *text) {
	struct refusal why = { 0 };
	bool ok = policy_check(&arena, str_from(text), S("my-bucket"), &why);
	return ok ? (str){ 0 } : why.message;
}

#define STATEMENT(more) "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\"," more "}}"
#define RESOURCE(r) STATEMENT("\"Action\":\"s3:*\",\"Resource\":\"" r "\"")

static void test_resources(void) {
	static const char *const good[] = { "*", "arn:aws:s3:::my-bucket", "arn:aws:s3:::my-bucket/a*",
					    "arn:aws:s3:::my-*", "arn:aws:s3:::*b?cket*/x" };
	static const char *const bad[] = { "",
					   "my-bucket",
					   "arn:aws:s3:::my-bucke",
					   "arn:aws:s3:::my-bucketx",
					   "arn:aws:s3:::other*",
					   "arn:aws:sns:::my-bucket",
					   "arn:aws:s3:::/my-bucket" };
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		str text = str_printf(&arena, RESOURCE("%s"), good[i]);
		tap_check(!message_of(text.p).p, __FILE__, __LINE__, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		str text = str_printf(&arena, RESOURCE("%s"), bad[i]);
		tap_str(message_of(text.p), S("Policy has invalid resource"), __FILE__, __LINE__, bad[i]);
	}
}

static void test_actions(void) {
#define BOTH(action, resource)                                                                                         \
	STATEMENT("\"Action\":\"" action "\",\"Resource\":\"arn:aws:s3:::my-bucket" resource "\"")
	CHECK(!message_of(BOTH("s3:ListBucket", "")).p);
	CHECK(!message_of(BOTH("s3:GetObject", "/*")).p);
	CHECK(!message_of(BOTH("s3:GetBucketObjectLockConfiguration", "")).p);
	CHECK(!message_of(BOTH("s3:Get*", "")).p);
	CHECK(!message_of(BOTH("s3:GetObject", "*")).p);
	CHECK(message_of(BOTH("s3:ListBucket", "/*")).p);
	CHECK(message_of(BOTH("s3:GetObject", "")).p);
	CHECK(message_of(BOTH("s3:AbortMultipartUpload", "")).p);
	CHECK(message_of(BOTH("iam:*", "")).p);
}

static void test_public(void) {
	static const char *const open[] = { "*", "A?", "${aws:userid}", "AIDA${aws:PrincipalTag/x, ''}" };
	CHECK(policy_public(&arena, S(RESOURCE("*"))));
	CHECK(policy_public(&arena, S("{\"Statement\":[{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"1\"}}]}")));
	CHECK(!policy_public(&arena, S("{\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\"}]}")));
	CHECK(!policy_public(&arena, S("{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Condition\":"
				       "{\"StringEquals\":{\"AWS:SourceVpc\":\"vpc-1\"}}}]}")));
	CHECK(policy_public(&arena, S("{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Condition\":"
				      "{\"StringNotEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}}]}")));
	CHECK(!policy_public(&arena, S("not json")));
	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
		CHECK(policy_public(&arena, str_printf(&arena,
						       "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
						       "\"Condition\":{\"StringEquals\":{\"aws:userid\":\"%s\"}}}]}",
						       open[i])));
	}
}

int main(void) {
	CHECK_STR(message_of("{}"), S("Missing required field Statement"));
	test_resources();
	test_actions();
	test_public();
	arena_free(&arena);
	return tap_done();
}
