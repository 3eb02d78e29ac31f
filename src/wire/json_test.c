#include "base/tap.h"
#include "wire/inner.h"

static struct arena a;

static struct val *make(void) {
	return val_new(&a, op_find(service_find("ssm"), "PutParameter", 12)->in);
}

/* What is read from text, written again; "-" if it is malformed. */
static str again(str text) {
	struct val *v = make();
	struct buf b = { .arena = &a };
	if (!json_read(&a, v, text)) {
		return S("-");
	}
	json_write(&b, v);
	return buf_str(&b);
}

static void check_strings(void) {
	CHECK_STR(again(S("{\"Name\":\"a\\u00e9\\ud83d\\ude00\\n\"}")),
		  S("{\"Name\":\"a\xc3\xa9\xf0\x9f\x98\x80\\n\"}"));
	CHECK_STR(again(S("{\"Name\":\"\\ud83d\"}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"\\ude00\"}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"\\ud83d\\u0041\"}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"\xff\"}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"\xed\xa0\x80\"}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"a\nb\"}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"\\x\"}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"abc")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"\\u00")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"\"}")), S("{\"Name\":\"\"}"));
}

static void check_members(void) {
	CHECK_STR(again(S("")), S("{}"));
	CHECK_STR(again(S(" {} \n")), S("{}"));
	CHECK_STR(again(S("{\"Name\":\"a\",\"Name\":\"b\"}")), S("{\"Name\":\"b\"}"));
	CHECK_STR(again(S("{\"Name\":null,\"Overwrite\":true}")), S("{\"Overwrite\":true}"));
	CHECK_STR(again(S("{\"Unknown\":{\"a\":[1,2.5e3,null,\"x\",{}]},\"Name\":\"b\"}")), S("{\"Name\":\"b\"}"));
	CHECK_STR(again(S("{\"Unknown\":01}")), S("-"));
	CHECK_STR(again(S("{\"Unknown\":nul}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"b\",}")), S("-"));
	CHECK_STR(again(S("{\"Name\":\"b\"} x")), S("-"));
	CHECK_STR(again(S("[]")), S("-"));
	CHECK_STR(again(S("{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"},null]}")),
		  S("{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}"));
	CHECK_STR(again(S("{\"Tags\":{}}")), S("-"));
	CHECK_STR(again(S("{\"Tags\":[1]}")), S("-"));
}

static void check_kinds(void) {
	CHECK_STR(again(S("{\"Name\":5}")), S("-"));
	CHECK_STR(again(S("{\"Overwrite\":\"true\"}")), S("-"));
	CHECK_STR(again(S("{\"Overwrite\":1}")), S("-"));
	const struct op *op = op_find(service_find("sagemaker"), "CreateTrainingJob", 17);
	struct val *v = val_new(&a, op->in);
	CHECK(json_read(
		&a, v,
		S("{\"StoppingCondition\":{\"MaxRuntimeInSeconds\":3600.0},\"Environment\":{\"b\":\"1\",\"a\":\"2\","
		  "\"b\":\"3\"}}")));
	CHECK_INT(get_int(get(v, "StoppingCondition"), "MaxRuntimeInSeconds", 0), 3600);
	CHECK_STR(get_key(get(v, "Environment"), S("b"))->s, S("3"));
	CHECK_INT(val_count(get(v, "Environment")), 2);
	CHECK(!json_read(&a, val_new(&a, op->in), S("{\"StoppingCondition\":{\"MaxRuntimeInSeconds\":99999999999}}")));
	CHECK(!json_read(&a, val_new(&a, op->in), S("{\"StoppingCondition\":{\"MaxRuntimeInSeconds\":1.5}}")));
}

static void check_depth(void) {
	struct buf b = { .arena = &a };
	putz(&b, "{\"Unknown\":");
	for (int i = 0; i < 100000; i++) {
		put_byte(&b, '[');
	}
	CHECK(!json_read(&a, make(), buf_str(&b)));
}

/* Many doubled keys must not cost the square of their number. */
static void check_many(void) {
	struct buf b = { .arena = &a };
	const struct op *op = op_find(service_find("sagemaker"), "CreateTrainingJob", 17);
	putz(&b, "{\"Environment\":{\"x\":\"\"");
	for (int i = 0; i < 200000; i++) {
		putf(&b, ",\"%d\":\"\"", i % 100000);
	}
	putz(&b, "}}");
	struct val *v = val_new(&a, op->in);
	CHECK(json_read(&a, v, buf_str(&b)));
	CHECK_INT(val_count(get(v, "Environment")), 100001);
}

int main(void) {
	check_strings();
	check_members();
	check_kinds();
	check_depth();
	check_many();
	arena_free(&a);
	return tap_done();
}
