#include "base/tap.h"
#include "wire/inner.h"

static struct arena a;

static struct val *read(const char *service, const char *op, str form) {
	const struct service *s = service_find(service);
	struct val *v = val_new(&a, op_find(s, op, strlen(op))->in);
	return query_read(&a, v, form, s->protos & P_EC2 ? P_EC2 : P_QUERY) ? v : NULL;
}

static void check_lists(void) {
	struct val *v =
		read("iam", "CreateRole",
		     S("Action=CreateRole&RoleName=r+x%2B&Tags.member.10.Key=j&Tags.member.2.Key=b&Tags.member.2."
		       "Value=&Tags.member.1.Key=a"));
	CHECK_STR(get_str(v, "RoleName"), S("r x+"));
	struct val *tags = get(v, "Tags");
	CHECK_INT(val_count(tags), 3);
	CHECK_STR(get_str(tags->first, "Key"), S("a"));
	CHECK_STR(get_str(tags->first->next, "Value"), S(""));
	CHECK_STR(get_str(tags->last, "Key"), S("j"));
	v = read("iam", "CreateRole", S("Tags.1.Key=a&Tags.2.Key=b"));
	CHECK_INT(val_count(get(v, "Tags")), 2);
	v = read("iam", "CreateRole", S("Tags="));
	CHECK(get(v, "Tags") && val_count(get(v, "Tags")) == 0);
	v = read("ec2", "RunInstances",
		 S("InstanceType=t3.micro&SecurityGroupId.1=sg-1&SecurityGroupId.2=sg-2&TagSpecification."
		   "1.Tag.1.Key=Name&MinCount=1"));
	CHECK_INT(val_count(get(v, "SecurityGroupIds")), 2);
	CHECK_INT(val_count(get(get(v, "TagSpecifications")->first, "Tags")), 1);
	CHECK_INT(get_int(v, "MinCount", 0), 1);
	v = read("iam", "CreateRole", S("Tags.member.01.Key=a&Tags.member.x.Key=b&Tags.member.99999999999.Key=c"));
	CHECK_INT(val_count(get(v, "Tags")), 0);
}

static void check_maps(void) {
	struct val *v = read("sns", "CreateTopic",
			     S("Name=t&Attributes.entry.2.key=b&Attributes.entry.2.value=2&Attributes."
			       "entry.1.key=a&Attributes.entry.1.value=1"));
	CHECK_STR(get_key(get(v, "Attributes"), S("a"))->s, S("1"));
	CHECK_INT(val_count(get(v, "Attributes")), 2);
	CHECK(!read("sns", "CreateTopic", S("Attributes.entry.1.value=2")));
	CHECK(!read("sns", "CreateTopic", S("Attributes.entry.1.key=2")));
}

static void check_odd(void) {
	CHECK(read("iam", "CreateRole", S("")));
	CHECK(read("iam", "CreateRole", S("&&=&=x&Unknown.1=2&RoleName.1=x")));
	CHECK_STR(get_str(read("iam", "CreateRole", S("RoleName=a&RoleName=b")), "RoleName"), S("b"));
	CHECK(!read("iam", "CreateRole", S("RoleName=%ff")));
	CHECK(!read("iam", "CreateRole", S("MaxSessionDuration=many")));
	CHECK_INT(get_int(read("ec2", "RunInstances", S("DryRun=True")), "DryRun", 0), 1);
}

int main(void) {
	check_lists();
	check_maps();
	check_odd();
	arena_free(&a);
	return tap_done();
}
