#include "iam/least.h"

#include "base/tap.h"

static str keys(struct arena *a, struct used *u, size_t n, const char *fmt) {
	for (size_t i = 0; i < n; i++) {
		u[i].action = S("s3:GetObject");
		u[i].resource = str_printf(a, "arn:aws:s3:::b/%s%03d", fmt, (int)i);
	}
	return least_policy(a, u, n);
}

static void test_few(struct arena *a) {
	struct used u[] = {
		{ S("s3:PutObject"), S("arn:aws:s3:::b/k") },
		{ S("s3:GetObject"), S("arn:aws:s3:::b/k") },
		{ S("s3:ListBucket"), S("arn:aws:s3:::b") },
		{ S("s3:GetObject"), S("arn:aws:s3:::b/k") },
		{ S("iam:GetUser"), S("arn:aws:iam::123456789012:user/u") },
	};
	CHECK_STR(
		least_policy(a, u, 5),
		S("{\"Version\":\"2012-10-17\",\"Statement\":["
		  "{\"Effect\":\"Allow\",\"Action\":\"iam:GetUser\",\"Resource\":\"arn:aws:iam::123456789012:user/u\"},"
		  "{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"arn:aws:s3:::b\"},"
		  "{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],"
		  "\"Resource\":\"arn:aws:s3:::b/k\"}]}"));
	CHECK(!least_policy(a, u, 0).p);
}

static void test_marks(struct arena *a) {
	struct used u[] = { { S("s3:GetObject"), S("arn:aws:s3:::b/a*b?c${d}") } };
	CHECK_STR(least_policy(a, u, 1),
		  S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\","
		    "\"Resource\":\"arn:aws:s3:::b/a${*}b${?}c${$}{d}\"}]}"));
	struct used all[] = { { S("s3:ListAllMyBuckets"), S("*") }, { S("s3:ListAllMyBuckets"), S("arn:aws:s3:::b") } };
	CHECK_STR(
		least_policy(a, all, 2),
		S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:ListAllMyBuckets\","
		  "\"Resource\":\"*\"}]}"));
}

static void test_folders(struct arena *a) {
	struct used u[200];
	CHECK_STR(keys(a, u, 200, "data/train/"),
		  S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\","
		    "\"Resource\":\"arn:aws:s3:::b/data/train/*\"}]}"));
	CHECK_STR(keys(a, u, 200, ""),
		  S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\","
		    "\"Resource\":\"arn:aws:s3:::b/*\"}]}"));
	for (int i = 0; i < 200; i++) {
		u[i] = (struct used){ S("s3:GetObject"),
				      str_printf(a, "arn:aws:s3:::b/%s/%d", i % 2 ? "left" : "right", i) };
	}
	CHECK_STR(least_policy(a, u, 200),
		  S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\","
		    "\"Resource\":[\"arn:aws:s3:::b/left/*\",\"arn:aws:s3:::b/right/*\"]}]}"));
}

static void test_long(struct arena *a) {
	static struct used u[400];
	for (int i = 0; i < 400; i++) {
		str dir = str_printf(a, "%0100d", i / 4);
		u[i] = (struct used){ str_printf(a, "s3:Do%d", i / 40),
				      str_printf(a, "arn:aws:s3:::b/x/" STR_FMT "/%d", STR_ARG(dir), i) };
	}
	CHECK(least_policy(a, u, 400).n <= LEAST_MAX);
	u[0] = (struct used){ S("s3:A"), S("arn:aws:s3:::b/d/") };
	for (int i = 1; i < 9; i++) {
		u[i] = (struct used){ S("s3:A"), str_printf(a, "arn:aws:s3:::b/d/%s%d", i % 2 ? "/" : "", i) };
	}
	CHECK_STR(least_policy(a, u, 9),
		  S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:A\","
		    "\"Resource\":\"arn:aws:s3:::b/d/*\"}]}"));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	test_few(&a);
	test_marks(&a);
	test_folders(&a);
	test_long(&a);
	return tap_done();
}
