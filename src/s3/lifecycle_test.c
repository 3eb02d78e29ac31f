#include "s3/lifecycle.h"

#include "base/tap.h"
#include "wire/val.h"

static struct arena arena;

/* The code that these elements inside a Rule give; absent: they are fine. */
static str code_of(const char *rules) {
	const struct op *op = op_find(service_find("s3"), "PutBucketLifecycleConfiguration", 31);
	struct val *v = val_new(&arena, shape_member(op->in, S("LifecycleConfiguration"))->shape);
	struct refusal why = { 0 };
	str body = str_printf(&arena, "<LifecycleConfiguration>%s</LifecycleConfiguration>", rules);
	if (!xml_read(&arena, v, body)) {
		return S("unreadable");
	}
	bool ok = lifecycle_check(&arena, get(v, "Rules"), &why);
	CHECK(ok == (why.fault == NULL) && (ok || why.message.n));
	return ok ? (str){ 0 } : str_from(why.fault->code);
}

static str of_rule(const char *inside) {
	return code_of(str_printf(&arena, "<Rule><ID>r</ID><Status>Enabled</Status>%s</Rule>", inside).p);
}

#define PREFIX "<Filter><Prefix>a</Prefix></Filter>"
#define EXPIRE "<Expiration><Days>1</Days></Expiration>"
#define STEP(days, class) "<Transition><Days>" days "</Days><StorageClass>" class "</StorageClass></Transition>"

static void test_rules(void) {
	CHECK(!of_rule(PREFIX EXPIRE).p);
	CHECK(!of_rule("<Prefix/>" EXPIRE).p);
	CHECK(!of_rule("<Filter/>" EXPIRE).p);
	CHECK_STR(of_rule(EXPIRE), S("MalformedXML"));
	CHECK_STR(of_rule(PREFIX), S("InvalidRequest"));
	CHECK_STR(of_rule(PREFIX "<Prefix>a</Prefix>" EXPIRE), S("InvalidRequest"));
	CHECK_STR(of_rule(PREFIX "<Expiration><Days>0</Days></Expiration>"), S("InvalidArgument"));
	CHECK_STR(of_rule(PREFIX "<Expiration><Date>2030-01-01T01:00:00Z</Date></Expiration>"), S("InvalidArgument"));
	CHECK(!of_rule(PREFIX "<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>").p);
	CHECK(!of_rule(PREFIX "<Expiration><Date>1960-01-01T00:00:00Z</Date></Expiration>").p);
	CHECK_STR(code_of(""), S("MalformedXML"));
}

static void test_steps(void) {
	CHECK(!of_rule(PREFIX STEP("30", "STANDARD_IA") STEP("90", "GLACIER")).p);
	CHECK(!of_rule(PREFIX STEP("90", "GLACIER") STEP("30", "STANDARD_IA")).p);
	CHECK_STR(of_rule(PREFIX STEP("29", "STANDARD_IA")), S("InvalidArgument"));
	CHECK_STR(of_rule(PREFIX STEP("30", "STANDARD_IA") STEP("59", "GLACIER")), S("InvalidArgument"));
	CHECK_STR(of_rule(PREFIX STEP("30", "GLACIER") STEP("90", "STANDARD_IA")), S("InvalidArgument"));
	CHECK_STR(of_rule(PREFIX STEP("1", "GLACIER") STEP("2", "GLACIER")), S("InvalidRequest"));
	CHECK_STR(of_rule(PREFIX STEP("1", "NOWHERE")), S("MalformedXML"));
	CHECK_STR(of_rule(PREFIX STEP("5", "GLACIER") EXPIRE), S("InvalidArgument"));
	CHECK(!of_rule(PREFIX STEP("2147483647", "GLACIER") STEP("0", "GLACIER_IR")).p);
	CHECK_STR(of_rule(PREFIX STEP("-5", "GLACIER")), S("InvalidArgument"));
}

static void test_ids(void) {
	const struct op *op = op_find(service_find("s3"), "PutBucketLifecycleConfiguration", 31);
	struct val *v = val_new(&arena, shape_member(op->in, S("LifecycleConfiguration"))->shape);
	struct refusal why = { 0 };
	CHECK(xml_read(&arena, v,
		       S("<LifecycleConfiguration><Rule><Prefix/><Status>Enabled</Status>" EXPIRE
			 "</Rule></LifecycleConfiguration>")));
	CHECK(lifecycle_check(&arena, get(v, "Rules"), &why));
	CHECK(get_str(get(v, "Rules")->first, "ID").n > 0);
#define NAMED(id) "<Rule><ID>" id "</ID><Prefix/><Status>Enabled</Status>" EXPIRE "</Rule>"
	CHECK(!code_of(NAMED("a") NAMED("b")).p);
	CHECK_STR(code_of(NAMED("a") NAMED("b") NAMED("a")), S("InvalidArgument"));
}

int main(void) {
	test_rules();
	test_steps();
	test_ids();
	arena_free(&arena);
	return tap_done();
}
