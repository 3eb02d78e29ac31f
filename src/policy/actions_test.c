#include "base/tap.h"
#include "policy/actions.h"

static void test_tables(void) {
	size_t from;
	CHECK(n_actions > 2500 && n_action_resources > 300);
	for (size_t i = 0; i < n_actions; i++) {
		str service, name;
		str_cut(str_from(actions[i].name), ':', &service, &name);
		if (action_find(service, name) != &actions[i]) {
			CHECK_STR(name, S("an action that is found"));
		}
		str types = str_from(actions[i].types), type;
		while (word_next(&types, &type)) {
			if (!action_resource_find(&actions[i], type)) {
				CHECK_STR(type, S("a type of the service"));
			}
		}
	}
	CHECK(action_find(S("S3"), S("getOBJECT")) && !action_find(S("s3"), S("GetObjects")));
	CHECK(!action_find(S(""), S("")) && !action_find(S("s3"), S("")));
	CHECK(service_actions(S("s3"), &from) > 150 && str_starts(str_from(actions[from].name), S("s3:")));
	CHECK_INT(service_actions(S("nowhere"), &from), 0);
	CHECK_STR(str_from(condition_key_find(S("S3:Prefix"))->type), S("String"));
	CHECK_STR(str_from(access_level_name(action_find(S("iam"), S("PassRole"))->level)), S("Write"));
}

/* An action, a pattern of a Resource element, and whether they can ever meet. */
static const struct {
	const char *action, *pattern;
	bool meet;
} cases[] = {
	{ "ListBucket", "arn:aws:s3:::b", true },
	{ "ListBucket", "arn:aws:s3:::b/*", false },
	{ "ListBucket", "arn:aws:s3:::b*", true },
	{ "ListBucket", "arn:aws:s3:::*", true },
	{ "ListBucket", "arn:aws:s3:::*/", false },
	{ "ListBucket", "arn:aws:s3:::?", true },
	{ "ListBucket", "arn:aws:s3:::${aws:username}", true },
	{ "ListBucket", "arn:aws:s3:::b/${aws:username}", false },
	{ "ListBucket", "arn:aws:s3:us-east-1:123456789012:accesspoint/a", true },
	{ "ListBucket", "*", true },
	{ "ListBucket", "**", true },
	{ "ListBucket", "arn:aws:s3:::", false },
	{ "ListBucket", "arn:aws:ec2:*:*:*", false },
	{ "GetObject", "arn:aws:s3:::b", false },
	{ "GetObject", "arn:aws:s3:::b/", true },
	{ "GetObject", "arn:aws:s3:::b/*", true },
	{ "GetObject", "arn:aws:s3:::b/a:b/c", true },
	{ "GetObject", "arn:aws:s3:::*", true },
	{ "GetObject", "arn:aws:s3:::b?x", true },
	{ "GetObject", "arn:aws:s3::*", true },
	{ "GetObject", "arn:*:s3:::b", false },
	{ "GetObject", "arn:aws:s3:::b/${aws:userid}/*", true },
	{ "GetObject", "s3:::b/x", false },
	{ "ListAllMyBuckets", "arn:aws:s3:::*", true },
	{ "ListAllMyBuckets", "arn:aws:s3:::b", false },
};

static void test_meet(void) {
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct action *a = action_find(S("s3"), str_from(cases[i].action));
		bool meet = action_may_match(a, str_from(cases[i].pattern));
		tap_check(meet == cases[i].meet, __FILE__, __LINE__, cases[i].pattern);
	}
	const struct action *put = action_find(S("logs"), S("PutLogEvents"));
	CHECK(action_may_match(put, S("arn:aws:logs:*:*:*")) &&
	      action_may_match(put, S("arn:aws:logs:*:*:log-group:/a/b:*")));
	CHECK(!action_may_match(put, S("arn:aws:s3:::*")) && !action_may_match(put, S("arn:aws:logs:*:*:log-group:x")));
	CHECK(action_may_match(action_find(S("iam"), S("PassRole")), S("arn:aws:iam::*:role/a/b/c")));
	CHECK(action_may_match(action_find(S("cloudwatch"), S("PutMetricData")), S("*")));
}

static void test_keys(void) {
	const struct action *get = action_find(S("s3"), S("GetObject")), *list = action_find(S("s3"), S("ListBucket"));
	CHECK(action_has_key(list, S("s3:prefix")) && action_has_key(list, S("S3:PREFIX")));
	CHECK(!action_has_key(get, S("s3:prefix")));
	CHECK(action_has_key(get, S("s3:ExistingObjectTag/team")) && !action_has_key(get, S("s3:ExistingObjectTag/")));
	CHECK(action_has_key(action_find(S("iam"), S("PassRole")), S("iam:PassedToService")));
}

int main(void) {
	test_tables();
	test_meet();
	test_keys();
	return tap_done();
}
