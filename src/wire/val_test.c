#include "base/tap.h"
#include "wire/inner.h"

static struct arena a;

static const struct shape *in_of(const char *service, const char *op) {
	return op_find(service_find(service), op, strlen(op))->in;
}
static const struct shape *out_of(const char *service, const char *op) {
	return op_find(service_find(service), op, strlen(op))->out;
}

static void check_members(void) {
	struct val *v = val_new(&a, in_of("iam", "CreateRole"));
	CHECK(!get(v, "RoleName") && !get(NULL, "RoleName"));
	CHECK(!get_str(v, "RoleName").p);
	CHECK_INT(get_int(v, "MaxSessionDuration", 7), 7);
	set_str(&a, v, "RoleName", S("one"));
	set_str(&a, v, "Path", (str){ 0 });
	CHECK(!get(v, "Path"));
	set_str(&a, v, "RoleName", S("two"));
	set_int(&a, v, "MaxSessionDuration", 3600);
	CHECK_STR(get_str(v, "RoleName"), S("two"));
	CHECK_INT(val_count(v), 2);
	struct val *tags = set(&a, v, "Tags");
	set_str(&a, append(&a, tags), "Key", S("k"));
	CHECK_INT(val_count(set(&a, v, "Tags")), 0);
	CHECK(!shape_member(v->shape, S("rolename")));
}

static void check_copy(void) {
	struct val *from = val_new(&a, in_of("s3", "PutBucketTagging")),
		   *to = val_new(&a, out_of("s3", "GetBucketTagging"));
	struct val *tag = append(&a, set(&a, set(&a, from, "Tagging"), "TagSet"));
	set_str(&a, tag, "Key", S("k"));
	set_str(&a, tag, "Value", S(""));
	val_copy(&a, to, get(from, "Tagging"));
	CHECK_STR(get_str(get(to, "TagSet")->first, "Key"), S("k"));
	CHECK_STR(get_str(get(to, "TagSet")->first, "Value"), S(""));
	struct val *other = val_new(&a, in_of("iam", "CreateRole"));
	val_copy(&a, other, to);
	CHECK_INT(val_count(other), 0);
}

static void check_maps(void) {
	struct val *v = set(&a, val_new(&a, in_of("s3", "PutObject")), "Metadata");
	add_key(&a, v, S("b"))->s = S("1");
	add_key(&a, v, S("a"))->s = S("2");
	add_key(&a, v, S("b"))->s = S("3");
	map_dedupe(&a, v);
	CHECK_INT(val_count(v), 2);
	CHECK_STR(v->first->key, S("a"));
	CHECK_STR(get_key(v, S("b"))->s, S("3"));
	CHECK(!get_key(v, S("c")) && !get_key(NULL, S("c")));
}

static bool takes(enum kind kind, str text, struct val *out) {
	static struct shape shape;
	shape = (struct shape){ .name = "T", .kind = kind };
	*out = (struct val){ .shape = &shape };
	return val_from_text(&a, out, text);
}

static void check_numbers(void) {
	struct val v;
	CHECK(takes(K_INT, S("-2147483648"), &v) && v.i == INT32_MIN);
	CHECK(!takes(K_INT, S("2147483648"), &v) && !takes(K_INT, S("1.5"), &v) && !takes(K_INT, S(""), &v));
	CHECK(takes(K_INT, S("1e3"), &v) && v.i == 1000);
	CHECK(takes(K_DBL, S("-1.5e-3"), &v) && v.d < 0);
	CHECK(takes(K_DBL, S("-Infinity"), &v) && v.d < -1e308);
	CHECK(takes(K_DBL, S("NaN"), &v) && v.d - v.d != 0);
	CHECK(!takes(K_DBL, S("nan"), &v) && !takes(K_DBL, S("inf"), &v) && !takes(K_DBL, S("0x10"), &v));
	CHECK(takes(K_BOOL, S("True"), &v) && v.i == 1);
	CHECK(takes(K_BOOL, S("false"), &v) && v.i == 0 && !takes(K_BOOL, S("yes"), &v));
	CHECK(takes(K_BLOB, S("aGk="), &v) && str_is(v.s, "hi") && !takes(K_BLOB, S("aGk"), &v));
}

static void check_times(void) {
	struct val v;
	CHECK(takes(K_TIME, S("2026-11-25T00:00:00.250Z"), &v) && v.i == 1795564800250);
	CHECK(takes(K_TIME, S("2026-11-25"), &v) && v.i == 1795564800000);
	CHECK(takes(K_TIME, S("Wed, 25 Nov 2026 00:00:00 GMT"), &v) && v.i == 1795564800000);
	CHECK(takes(K_TIME, S("1795564800.25"), &v) && v.i == 1795564800250);
	CHECK(takes(K_TIME, S("-1"), &v) && v.i == -1000);
	CHECK(!takes(K_TIME, S("1e300"), &v) && !takes(K_TIME, S("soon"), &v) && !takes(K_TIME, S("2026-13-01"), &v));
}

static void check_text(void) {
	struct buf b = { .arena = &a };
	struct val v;
	takes(K_DBL, S("0.1"), &v);
	val_put_text(&b, &v, T_ISO);
	takes(K_DBL, S("100"), &v);
	put_byte(&b, ' ');
	val_put_text(&b, &v, T_ISO);
	takes(K_TIME, S("-1.5"), &v);
	put_byte(&b, ' ');
	val_put_text(&b, &v, T_UNIX);
	CHECK_STR(buf_str(&b), S("0.1 100 -1.500"));
	CHECK_STR(text_clean(&a, S("a\x01\xff\xc3\xa9\xef\xbf\xbf\n")),
		  S("a\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\n"));
	struct buf h = { .arena = &a };
	put_header(&h, S("X"), S("a\r\nSet-Cookie: b"));
	CHECK_STR(buf_str(&h), S("X: a  Set-Cookie: b\r\n"));
}

int main(void) {
	check_members();
	check_copy();
	check_maps();
	check_numbers();
	check_times();
	check_text();
	arena_free(&a);
	return tap_done();
}
