#include "base/tap.h"
#include "policy/vain.h"

#define HEAD "{\"Version\":\"2012-10-17\",\"Statement\":["
#define ALLOW "\"Effect\":\"Allow\",\"Action\":"

/* Documents, and what is found in them: "kind statement text", a line each. */
static const struct {
	const char *document, *found;
} cases[] = {
	/* of a role on EC2: the list of a bucket asked of its objects */
	{ HEAD "{" ALLOW
	       "[\"s3:GetObject\",\"s3:PutObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::my-ml-bucket/*\"]},"
	       "{" ALLOW "[\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\"],"
	       "\"Resource\":\"arn:aws:logs:*:*:*\"},{" ALLOW "[\"cloudwatch:PutMetricData\"],\"Resource\":\"*\"}]}",
	  "never 0 s3:ListBucket can never match: it is asked of a bucket, and no Resource here "
	  "is one "
	  "| Write \"arn:aws:s3:::my-ml-bucket\" beside it.\n" },
	{ HEAD "{" ALLOW
	       "[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::b\",\"arn:aws:s3:::b/*\"]}]}",
	  "" },
	{ HEAD "{" ALLOW "\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::b\"}]}",
	  "never 0 s3:GetObject can never match: it is asked of an object, and no Resource here is "
	  "one | "
	  "Write \"arn:aws:s3:::b/*\" beside it.\n" },
	{ HEAD "{\"Effect\":\"Deny\",\"Action\":\"s3:Lis*Bucket\",\"Resource\":\"arn:aws:s3:::b/x\"}]}",
	  "never 0 s3:Lis*Bucket can never match: it is asked of a bucket, and no Resource here "
	  "is one | "
	  "Write \"arn:aws:s3:::b\" beside it.\n" },
	{ HEAD "{" ALLOW "\"s3:*\",\"Resource\":\"arn:aws:s3:::b/*\"}]}", "" },
	{ HEAD "{" ALLOW "\"s3:GetObjects\",\"Resource\":\"*\"}]}",
	  "never 0 s3:GetObjects can never match: there is no such action | Did you mean s3:GetObject?\n" },
	{ HEAD "{" ALLOW "\"cloudwatch:PutLogEvents\",\"Resource\":\"*\"}]}",
	  "never 0 cloudwatch:PutLogEvents can never match: there is no such action | Did you mean "
	  "logs:PutLogEvents?\n" },
	{ HEAD "{" ALLOW "\"s3:Xyz*\",\"Resource\":\"*\"}]}",
	  "never 0 s3:Xyz* can never match: there is no such action | \n" },
	{ HEAD "{" ALLOW
	       "\"logs:PutLogEvents\",\"Resource\":\"arn:aws:logs:us-east-1:123456789012:log-group:train\"}]}",
	  "never 0 logs:PutLogEvents can never match: it is asked of a log-stream, and no "
	  "Resource here is "
	  "one | Write \"arn:aws:logs:*:*:log-group:*:log-stream:*\" beside it.\n" },
	{ HEAD "{" ALLOW "\"ec2:DescribeInstances\",\"Resource\":\"arn:aws:ec2:us-east-1:123456789012:instance/*\"}]}",
	  "never 0 ec2:DescribeInstances can never match: it is asked of no resource in particular | Give it a "
	  "statement of its "
	  "own with the Resource \"*\".\n" },
	{ HEAD "{" ALLOW "\"*\",\"Resource\":\"*\"}]}", "note 0 allows everything on everything: for learning, not for "
							"production | `aerostat iam suggest` writes the policy "
							"of what is really used.\n" },
	{ HEAD "{" ALLOW "\"iam:PassRole\",\"Resource\":\"*\"}]}",
	  "note 0 lets every role be handed to a service, one with more rights too | Name the roles in Resource, and "
	  "the "
	  "service by iam:PassedToService.\n" },
	{ HEAD "{" ALLOW "\"lambda:InvokeFunction\",\"Resource\":\"*\"}]}",
	  "note 0 the actions of lambda are not known here and were not checked | \n" },
	{ HEAD "{\"Effect\":\"Deny\",\"NotAction\":[\"iam:ListUserz\",\"iam:*\"],\"Resource\":\"*\"}]}",
	  "note 0 iam:ListUserz takes nothing away: there is no such action | Did you mean iam:ListUsers?\n" },
	/* conditions */
	{ HEAD "{" ALLOW
	       "\"s3:ListBucket\",\"Resource\":\"arn:aws:s3:::b\",\"Condition\":{\"StringLike\":{\"s3:Prefix\":"
	       "\"a/*\"},\"IpAddress\":{\"aws:sourceip\":\"10.0.0.0/8\"}}}]}",
	  "" },
	{ HEAD "{" ALLOW
	       "[\"s3:ListBucket\",\"s3:GetObject\"],\"Resource\":\"*\",\"Condition\":{\"StringLike\":{\"s3:prefix\":"
	       "\"a/*\"}}}]}",
	  "never 0 s3:GetObject can never match: its requests have no s3:prefix | Give it a statement of its own "
	  "without that "
	  "condition.\n" },
	{ HEAD "{" ALLOW
	       "\"s3:GetObject\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"s3:prefix\":\"a\"}}}]}",
	  "never 0 the statement can never match: no request for its actions has s3:prefix | \n" },
	{ HEAD "{" ALLOW
	       "\"s3:GetObject\",\"Resource\":\"*\",\"Condition\":{\"StringNotEquals\":{\"s3:prefix\":\"a\"}}}]}",
	  "note 0 the condition on s3:prefix changes nothing: no request for these actions has it | \n" },
	{ HEAD "{" ALLOW
	       "\"s3:GetObject\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgId\":\"o\","
	       "\"aws:PrincipalAcount\":\"1\",\"s3:ExistingObjectTag/team\":\"ml\"}}}]}",
	  "never 0 the statement can never match: no request for its actions has aws:PrincipalAcount | Did you mean "
	  "aws:PrincipalAccount?\n" },
	/* with principals */
	{ HEAD
	  "{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}",
	  "" },
	{ HEAD
	  "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::b\"}]}",
	  "never 0 s3:GetObject can never match: it is asked of an object, and no Resource here is "
	  "one | "
	  "Write \"arn:aws:s3:::b/*\" beside it.\n" },
};

static str found_in(struct arena *a, str text) {
	struct findings f = { .arena = a };
	struct policy_error why;
	struct buf b = { .arena = a };
	enum policy_kind kind = policy_kind_of(text);
	const struct policy *p = policy_read(a, text, kind, &why);
	if (!p) {
		return why.sentence;
	}
	policy_vain(&f, p, kind);
	for (const struct finding *x = f.first; x; x = x->next) {
		putf(&b, "%s %d " STR_FMT " | " STR_FMT "\n", finding_name(x->kind), x->statement, STR_ARG(x->text),
		     STR_ARG(x->cure));
	}
	return buf_str(&b);
}

static void test_buckets(void) {
	AUTO_ARENA a = { 0 };
	struct policy_error why;
	str *list;
	const struct policy *p =
		policy_read(&a,
			    S(HEAD "{" ALLOW "\"s3:*\",\"Resource\":[\"arn:aws:s3:::b\","
				   "\"arn:aws:s3:::b/*\",\"arn:aws:s3:::c*\",\"arn:aws:s3:::${aws:userid}/x\","
				   "\"arn:aws:ec2:*:*:*\",\"*\",\"arn:aws:s3:::d/e\"]}]}"),
			    POLICY_IDENTITY, &why);
	size_t n = policy_buckets(&a, p, &list);
	CHECK_INT(n, 2);
	CHECK_STR(list[0], S("b"));
	CHECK_STR(list[1], S("d"));
}

int main(void) {
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_ARENA a = { 0 };
		CHECK_STR(found_in(&a, str_from(cases[i].document)), str_from(cases[i].found));
	}
	test_buckets();
	return tap_done();
}
