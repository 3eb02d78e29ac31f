#include "base/tap.h"
#include "wire/inner.h"

static struct arena a;

static struct val *read(const char *op, str bytes) {
	const struct service *s = service_find("cloudwatch");
	struct val *v = val_new(&a, op_find(s, op, strlen(op))->in);
	return cbor_read(&a, v, bytes) ? v : NULL;
}

static void check_forms(void) {
	struct val *v = read("PutMetricAlarm", S("\xbf\x69"
						 "AlarmName\x7f\x61"
						 "a\x62"
						 "bc\xff\x69Threshold\xf9\x3e\x00\xff"));
	CHECK(v);
	CHECK_STR(get_str(v, "AlarmName"), S("abc"));
	CHECK(get_dbl(v, "Threshold", 0) > 1.49 && get_dbl(v, "Threshold", 0) < 1.51);
	v = read("PutMetricAlarm", S("\xa1\x69Threshold\xfa\x40\x20\x00\x00"));
	CHECK(v && get_dbl(v, "Threshold", 0) > 2.49);
	v = read("PutMetricAlarm", S("\xa1\x69Threshold\x18\x64"));
	CHECK(v && get_dbl(v, "Threshold", 0) > 99.9);
	v = read("PutMetricAlarm", S("\xa2\x69Threshold\xf6\x67Unknown\x9f\x01\xa1\x61x\xc2\x41\x00\xff"));
	CHECK(v && val_count(v) == 0);
	v = read("PutMetricAlarm", S("\xa2\x69"
				     "AlarmName\x61"
				     "a\x69"
				     "AlarmName\x61"
				     "b"));
	CHECK_STR(get_str(v, "AlarmName"), S("b"));
	v = read("GetMetricStatistics", S("\xa1\x69StartTime\xc1\x1a\x6b\x06\x20\x80"));
	CHECK_INT(get_int(v, "StartTime", 0), 1795563648000);
	CHECK(read("PutMetricAlarm", S("")));
}

static void check_malformed(void) {
	CHECK(!read("PutMetricAlarm", S("\xa1\x69"
					"AlarmName")));
	CHECK(!read("PutMetricAlarm", S("\xa1\x69"
					"AlarmName\x61\xff")));
	CHECK(!read("PutMetricAlarm", S("\xa1\x69"
					"AlarmName\x01")));
	CHECK(!read("PutMetricAlarm", S("\xbb\xff\xff\xff\xff\xff\xff\xff\xff")));
	CHECK(!read("PutMetricAlarm", S("\xa1\x69"
					"AlarmName\x7b\xff\xff\xff\xff\xff\xff\xff\xff")));
	CHECK(!read("PutMetricAlarm", S("\xa0\xa0")));
	CHECK(!read("PutMetricAlarm", S("\xff")));
	CHECK(!read("PutMetricAlarm", S("\x80")));
	CHECK(!read("PutMetricAlarm", S("\xa1\x01\x01")));
	CHECK(!read("PutMetricAlarm", S("\xa1\x66Period\x1b\xff\xff\xff\xff\xff\xff\xff\xff")));
	CHECK(!read("PutMetricAlarm", S("\xa1\x66Period\x3f")));
	char deep[5000];
	memset(deep, 0x81, sizeof(deep));
	memcpy(deep, "\xa1\x61x", 3);
	CHECK(!read("PutMetricAlarm", (str){ deep, sizeof(deep) }));
	memset(deep + 3, 0xc1, sizeof(deep) - 3);
	CHECK(!read("PutMetricAlarm", (str){ deep, sizeof(deep) }));
}

int main(void) {
	check_forms();
	check_malformed();
	arena_free(&a);
	return tap_done();
}
