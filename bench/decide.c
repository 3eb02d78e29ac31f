/* decide: microseconds of one decision of src/policy, over policies of 1, 10 and 100 statements of the shapes that
 * users write (a few actions of one service, a bucket or two, now and then a condition or a variable); the statement
 * that allows is the last one. Prints one line each. */
#include "policy/decide.h"
#include "base/clock.h"

#include <stdio.h>

enum { ROUNDS = 200, DECISIONS = 1000 };

static const char *const shapes[] = {
	"\"Action\":[\"ec2:Describe*\",\"ec2:RunInstances\",\"ec2:StopInstances\"],\"Resource\":\"*\"",
	"\"Action\":[\"s3:ListBucket\",\"s3:GetBucketLocation\"],\"Resource\":\"arn:aws:s3:::my-ml-bucket\"",
	"\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":\"arn:aws:logs:*:*:log-group:/aws/"
	"*\"",
	"\"Action\":\"s3:*Object\",\"Resource\":[\"arn:aws:s3:::other-bucket/*\",\"arn:aws:s3:::third/*/data/*\"]",
	"\"Action\":\"iam:PassRole\",\"Resource\":\"arn:aws:iam::*:role/*\",\"Condition\":{\"StringEquals\":"
	"{\"iam:PassedToService\":\"sagemaker.amazonaws.com\"}}",
	"\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":\"arn:aws:s3:::home/${aws:username}/*\"",
	"\"Action\":[\"sagemaker:Create*\",\"sagemaker:Describe*\"],\"Resource\":\"*\"",
	"\"Action\":\"s3:GetObject\",\"Resource\":\"*\",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/"
	"8\"}}",
};

static bool find(void *arg, str key, struct values *out) {
	static const str name = { "carlos", 6 }, ip = { "203.0.113.9", 11 };
	(void)arg;
	*out = (struct values){ str_ieq(key, S("aws:username")) ? &name : &ip, 1, false };
	return str_ieq(key, S("aws:username")) || str_ieq(key, S("aws:SourceIp"));
}

static const struct policy *make(struct arena *a, int n) {
	struct policy_error why;
	struct buf b = { .arena = a };
	putz(&b, "{\"Version\":\"2012-10-17\",\"Statement\":[");
	for (int i = 1; i < n; i++) {
		putf(&b, "{\"Effect\":\"Allow\",%s},", shapes[(size_t)i % (sizeof(shapes) / sizeof(*shapes))]);
	}
	putz(&b, "{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":"
		 "\"arn:aws:s3:::my-ml-bucket/*\"}]}");
	return policy_read(a, buf_str(&b), POLICY_IDENTITY, &why);
}

/* The best of several rounds: what else runs on the machine only adds to it. */
static double measure(struct arena *a, const struct question *q) {
	double best = 1e9;
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = clock_monotonic();
		for (int k = 0; k < DECISIONS; k++) {
			struct arena_mark m = arena_mark(a);
			struct verdict v;
			decide(q, &v);
			arena_reset(a, m);
			if (!v.allowed) {
				fputs("decide: denied\n", stderr);
			}
		}
		double us = (double)(clock_monotonic() - start) / DECISIONS;
		best = us < best ? us : best;
	}
	return best;
}

int main(void) {
	AUTO_ARENA a = { 0 };
	static const struct principal who = { .kind = PRINCIPAL_USER,
					      .account = { "123456789012", 12 },
					      .arn = { "arn:aws:iam::123456789012:user/carlos", 37 } };
	struct context context = { find, NULL };
	for (int n = 1; n <= 100; n *= 10) {
		struct bound b = { .policy = make(&a, n) };
		struct question q = { .access = { &who, S("s3:GetObject"), S("arn:aws:s3:::my-ml-bucket/data/a.csv"),
						  &context, &a, false },
				      .identity = &b,
				      .n_identity = 1 };
		printf("a decision over %d statement%s: %.2f us\n", n, n > 1 ? "s" : "", measure(&a, &q));
	}
	return 0;
}
