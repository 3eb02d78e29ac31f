#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t offset_ms;

int64_t clock_real(void) {
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_monotonic(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now(void) {
	return clock_real() + atomic_load_explicit(&offset_ms, memory_order_relaxed);
}
int64_t clock_offset(void) {
	return atomic_load(&offset_ms);
}
void clock_set_offset(int64_t ms) {
	atomic_store(&offset_ms, ms);
}

static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static void digits(char **p, int64_t v, int n) {
	for (int i = n - 1; i >= 0; i--, v /= 10) {
		(*p)[i] = (char)('0' + v % 10);
	}
	*p += n;
}

static void text(char **p, const char *s, size_t n) {
	memcpy(*p, s, n);
	*p += n;
}

static void put_http(char **p, const struct tm *t) {
	text(p, days + 3 * t->tm_wday, 3);
	text(p, ", ", 2);
	digits(p, t->tm_mday, 2);
	text(p, " ", 1);
	text(p, months + 3 * t->tm_mon, 3);
	text(p, " ", 1);
	digits(p, t->tm_year + 1900, 4);
	text(p, " ", 1);
}

static void put_hms(char **p, const struct tm *t, const char *sep) {
	digits(p, t->tm_hour, 2);
	text(p, sep, strlen(sep));
	digits(p, t->tm_min, 2);
	text(p, sep, strlen(sep));
	digits(p, t->tm_sec, 2);
}

void put_time(struct buf *b, int64_t ms, enum time_form form) {
	int64_t fraction = ((ms % 1000) + 1000) % 1000;
	time_t seconds = (time_t)((ms - fraction) / 1000);
	struct tm t;
	char *start = buf_room(b, 40), *p = start;
	if (!gmtime_r(&seconds, &t) || t.tm_year > 9999 - 1900 || t.tm_year < -1900) {
		t = (struct tm){
			.tm_year = 9999 - 1900, .tm_mon = 11, .tm_mday = 31, .tm_hour = 23, .tm_min = 59, .tm_sec = 59
		};
	}
	if (form == TIME_HTTP) {
		put_http(&p, &t);
		put_hms(&p, &t, ":");
		text(&p, " GMT", 4);
	} else {
		const char *dash = form == TIME_AMZ ? "" : "-";
		digits(&p, t.tm_year + 1900, 4);
		text(&p, dash, strlen(dash));
		digits(&p, t.tm_mon + 1, 2);
		text(&p, dash, strlen(dash));
		digits(&p, t.tm_mday, 2);
		text(&p, "T", 1);
		put_hms(&p, &t, form == TIME_AMZ ? "" : ":");
		if (form == TIME_ISO) {
			text(&p, ".", 1);
			digits(&p, fraction, 3);
		}
		text(&p, "Z", 1);
	}
	b->n += (size_t)(p - start);
}

/* Takes n digits off s. */
static bool take_digits(str *s, size_t n, int *out) {
	int64_t v;
	if (s->n < n || !str_uint((str){ s->p, n }, &v)) {
		return false;
	}
	*out = (int)v;
	*s = str_skip(*s, n);
	return true;
}

static bool take(str *s, const char *z) {
	if (!str_starts(*s, str_from(z))) {
		return false;
	}
	*s = str_skip(*s, strlen(z));
	return true;
}

static bool take_name(str *s, const char *names, int count, int *out) {
	for (int i = 0; i < count; i++) {
		if (str_starts(*s, (str){ names + 3 * i, 3 })) {
			*out = i;
			*s = str_skip(*s, 3);
			return true;
		}
	}
	return false;
}

static bool to_ms(const struct tm *t, int64_t *ms) {
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = t->tm_year + 1900;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (t->tm_mon < 0 || t->tm_mon > 11 || t->tm_mday < 1 || t->tm_hour > 23 || t->tm_min > 59 || t->tm_sec > 60) {
		return false;
	}
	if (t->tm_mday > lengths[t->tm_mon] || (t->tm_mon == 1 && t->tm_mday == 29 && !leap)) {
		return false;
	}
	struct tm copy = *t;
	*ms = (int64_t)timegm(&copy) * 1000;
	return true;
}

static bool parse_http(str s, int64_t *ms) {
	struct tm t = { 0 };
	int day;
	if (!take_name(&s, days, 7, &day) || !take(&s, ", ") || !take_digits(&s, 2, &t.tm_mday) || !take(&s, " ") ||
	    !take_name(&s, months, 12, &t.tm_mon) || !take(&s, " ") || !take_digits(&s, 4, &t.tm_year)) {
		return false;
	}
	if (!take(&s, " ") || !take_digits(&s, 2, &t.tm_hour) || !take(&s, ":") || !take_digits(&s, 2, &t.tm_min) ||
	    !take(&s, ":") || !take_digits(&s, 2, &t.tm_sec)) {
		return false;
	}
	t.tm_year -= 1900;
	return (str_is(s, " GMT") || str_is(s, " UTC") || str_is(s, " +0000")) && to_ms(&t, ms);
}

static bool parse_fraction(str *s, int64_t *ms) {
	int64_t scale = 100;
	size_t n = 0;
	*ms = 0;
	if (!take(s, ".")) {
		return true;
	}
	for (; s->n && s->p[0] >= '0' && s->p[0] <= '9'; n++, scale /= 10) {
		*ms += (s->p[0] - '0') * scale;
		*s = str_skip(*s, 1);
	}
	return n > 0 && n <= 9;
}

static bool parse_zone(str s, int64_t *ms) {
	int hours, minutes, sign = str_starts(s, S("-")) ? -1 : 1;
	*ms = 0;
	if (str_is(s, "Z")) {
		return true;
	}
	if (!(take(&s, "+") || take(&s, "-")) || !take_digits(&s, 2, &hours)) {
		return false;
	}
	take(&s, ":");
	if (!take_digits(&s, 2, &minutes) || s.n || hours > 23 || minutes > 59) {
		return false;
	}
	*ms = sign * (int64_t)(hours * 60 + minutes) * 60000;
	return true;
}

bool time_parse(str s, int64_t *ms) {
	struct tm t = { 0 };
	int64_t fraction, zone;
	if (parse_http(s, ms)) {
		return true;
	}
	if (!take_digits(&s, 4, &t.tm_year)) {
		return false;
	}
	const char *dash = take(&s, "-") ? "-" : "";
	if (!take_digits(&s, 2, &t.tm_mon) || !take(&s, dash) || !take_digits(&s, 2, &t.tm_mday) || !take(&s, "T")) {
		return false;
	}
	const char *colon = dash[0] ? ":" : "";
	if (!take_digits(&s, 2, &t.tm_hour) || !take(&s, colon) || !take_digits(&s, 2, &t.tm_min) || !take(&s, colon) ||
	    !take_digits(&s, 2, &t.tm_sec)) {
		return false;
	}
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	if (!parse_fraction(&s, &fraction) || !parse_zone(s, &zone) || !to_ms(&t, ms)) {
		return false;
	}
	*ms += fraction - zone;
	return true;
}

static int64_t unit_ms(char c) {
	switch (c) {
	case 's': return 1000;
	case 'm': return 60 * 1000;
	case 'h': return 3600 * 1000;
	case 'd': return 86400 * 1000;
	case 'w': return 7 * 86400 * 1000;
	default: return 0;
	}
}

bool duration_parse(str s, int64_t *ms) {
	const int64_t most = (int64_t)1000 * 366 * 86400 * 1000;
	*ms = 0;
	while (s.n) {
		size_t n = 0;
		int64_t count;
		while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9') {
			n++;
		}
		int64_t unit = n < s.n ? unit_ms(s.p[n]) : 0;
		if (!unit || !str_uint((str){ s.p, n }, &count) || count > most / unit) {
			return false;
		}
		*ms += count * unit;
		s = str_skip(s, n + 1);
	}
	return *ms > 0 && *ms <= most;
}
