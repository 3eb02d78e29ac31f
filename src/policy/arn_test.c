#include "policy/arn.h"

#include "base/tap.h"

static const struct {
	const char *text, *account, *resource;
} good[] = {
	{ "arn:aws:iam::123456789012:user/path/alice", "123456789012", "user/path/alice" },
	{ "arn:aws:s3:::bucket/a:b", "", "bucket/a:b" },
	{ "arn:aws-cn:logs:cn-north-1:123456789012:log-group:g:*", "123456789012", "log-group:g:*" },
	{ "arn:aws:iam::aws:policy/ReadOnlyAccess", "aws", "policy/ReadOnlyAccess" },
	{ "arn:::::", "", "" },
};

static const char *const bad[] = { "", "*", "arn", "arn:aws:iam::123456789012", "arm:aws:iam::1:user/a", "::::::" };

static const char *const not_global[] = { "arn:aws-cn:iam::123456789012:user/a", "arn:aws:sts::123456789012:user/a",
					  "arn:aws:iam:us-east-1:123456789012:user/a", "user/a" };

int main(void) {
	struct arn arn;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		CHECK(arn_read(str_from(good[i].text), &arn));
		CHECK_STR(arn.account, str_from(good[i].account));
		CHECK_STR(arn.resource, str_from(good[i].resource));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(!arn_read(str_from(bad[i]), &arn));
	}
	CHECK(arn_read_global(str_from(good[0].text), "iam", &arn));
	for (size_t i = 0; i < sizeof(not_global) / sizeof(*not_global); i++) {
		CHECK(!arn_read_global(str_from(not_global[i]), "iam", &arn));
	}
	CHECK_STR(arn_account(S("arn:aws:iam::123456789012:user/alice")), S("123456789012"));
	CHECK(!arn_account(S("arn:aws:s3:::bucket")).p && !arn_account(S("arn:aws:iam::aws:policy/P")).p);
	CHECK(!arn_account(S("*")).p);
	CHECK_STR(path_name(S("user/path/alice")), S("alice"));
	CHECK_STR(path_name(S("alice")), S("alice"));
	CHECK_STR(path_name(S("/a/")), S(""));
	CHECK(is_account(S("123456789012")) && !is_account(S("12345678901")) && !is_account(S("+23456789012")) &&
	      !is_account(S("12345678901x")));
	return tap_done();
}
