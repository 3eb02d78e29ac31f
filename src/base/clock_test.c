#include "base/clock.h"

#include "base/tap.h"

static void shows(int64_t ms, enum time_form form, const char *want) {
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	int64_t back;
	put_time(&b, ms, form);
	CHECK_STR(buf_str(&b), str_from(want));
	CHECK(time_parse(buf_str(&b), &back));
	CHECK_INT(back, form == TIME_ISO ? ms : ms - ms % 1000);
}

static void reads(const char *text, int64_t want) {
	int64_t got = -1;
	CHECK(time_parse(str_from(text), &got));
	CHECK_INT(got, want);
}

static void refuses(const char *text) {
	int64_t got;
	CHECK(!time_parse(str_from(text), &got));
}

static void spans(void) {
	int64_t ms;
	CHECK(duration_parse(S("90d"), &ms) && ms == (int64_t)90 * 86400000);
	CHECK(duration_parse(S("1d12h30m5s"), &ms) && ms == 131405000);
	CHECK(duration_parse(S("2w"), &ms) && ms == 1209600000);
	const char *bad[] = { "", "d", "90", "-1d", "1.5h", "0s", "9999999999999999999d", "99999999999d", "1d ", "1y" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(!duration_parse(str_from(bad[i]), &ms));
	}
}

int main(void) {
	const int64_t t = 1795564800000; /* 2026-11-25 00:00 UTC */
	shows(t + 123, TIME_ISO, "2026-11-25T00:00:00.123Z");
	shows(t, TIME_ISO_S, "2026-11-25T00:00:00Z");
	shows(t + 1999, TIME_HTTP, "Wed, 25 Nov 2026 00:00:01 GMT");
	shows(t, TIME_AMZ, "20261125T000000Z");
	shows(0, TIME_ISO, "1970-01-01T00:00:00.000Z");
	reads("2026-11-25T01:00:00+01:00", t);
	reads("2026-11-24T23:30:00.5-0030", t + 500);
	reads("2026-11-25T00:00:00.123456789Z", t + 123);
	reads("2024-02-29T00:00:00Z", 1709164800000);
	const char *bad[] = { "",
			      "2026",
			      "2026-13-01T00:00:00Z",
			      "2026-02-30T00:00:00Z",
			      "2023-02-29T00:00:00Z",
			      "2026-11-25T24:00:00Z",
			      "2026-11-25 00:00:00Z",
			      "2026-11-25T00:00:00",
			      "2026-11-25T00:00:00.Z",
			      "2026-1125T000000Z",
			      "Wed, 25 Nov 2026 00:00:00",
			      "Xyz, 25 Nov 2026 00:00:00 GMT",
			      "+026-11-25T00:00:00Z" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		refuses(bad[i]);
	}
	spans();
	clock_set_offset(86400000);
	CHECK(clock_now() - clock_real() >= 86399000);
	return tap_done();
}
