#include "policy/aws_policies.h"

#include "base/tap.h"
#include "policy/policy.h"

static void test_order(void) {
	for (size_t i = 1; i < n_aws_policies; i++) {
		CHECK(str_cmp(str_from(aws_policies[i - 1].arn), str_from(aws_policies[i].arn)) < 0);
	}
}

static void test_rows(void) {
	AUTO_ARENA a = { 0 };
	for (size_t i = 0; i < n_aws_policies; i++) {
		const struct aws_policy *p = &aws_policies[i];
		struct policy_error why;
		CHECK(aws_policy_find(str_from(p->arn)) == p);
		CHECK_STR(str_from(p->arn), str_printf(&a, "arn:aws:iam::aws:policy%s%s", p->path, p->name));
		CHECK(str_from(p->id).n == 21 && str_starts(str_from(p->id), S("ANPA")));
		CHECK(p->version > 0 && p->created > 0 && p->created <= p->changed);
		CHECK(policy_read(&a, str_from(p->document), POLICY_IDENTITY, &why) != NULL);
		CHECK_STR(why.sentence, (str){ 0 });
	}
}

static void test_find(void) {
	const struct aws_policy *p = aws_policy_find(S("arn:aws:iam::aws:policy/AdministratorAccess"));
	CHECK(p && str_is(S("AdministratorAccess"), p->name) && str_is(S("/"), p->path));
	CHECK_STR(str_from(p ? p->document : ""), S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
						    "\"Action\":\"*\",\"Resource\":\"*\"}]}"));
	CHECK(aws_policy_find(S("arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM")) != NULL);
	CHECK(!aws_policy_find(S("arn:aws:iam::aws:policy/AmazonEC2RoleforSSM")));
	CHECK(!aws_policy_find(S("arn:aws:iam::aws:policy/administratoraccess")));
	CHECK(!aws_policy_find(S("arn:aws:iam::123456789012:policy/AdministratorAccess")));
	CHECK(!aws_policy_find(S("arn:aws:iam::aws:policy/")));
	CHECK(!aws_policy_find(S("z")));
	CHECK(!aws_policy_find((str){ 0 }));
}

int main(void) {
	CHECK_INT(n_aws_policies, 94);
	test_order();
	test_rows();
	test_find();
	return tap_done();
}
