#include "base/clock.h"
#include "wire/inner.h"

#include <math.h>

static bool special_dbl(str s, double *d) {
	if (str_is(s, "NaN")) {
		*d = (double)NAN;
	} else if (str_is(s, "Infinity")) {
		*d = (double)INFINITY;
	} else if (str_is(s, "-Infinity")) {
		*d = -(double)INFINITY;
	} else {
		return false;
	}
	return true;
}

/* A number as all wires write it; strtod would take more (inf, nan, leading blanks). */
static bool number(str s, double *d) {
	bool digits = s.n > 0;
	for (size_t i = 0; i < s.n; i++) {
		digits = digits && ((s.p[i] >= '0' && s.p[i] <= '9') || memchr("+-.eE", s.p[i], 5));
	}
	return digits && str_dbl(s, d);
}

/* A date alone is its midnight. */
static bool time_text(struct arena *a, struct val *v, str s) {
	double d;
	if (number(s, &d)) {
		return val_store_dbl(v, d);
	}
	bool date = s.n == 10 && s.p[4] == '-' && s.p[7] == '-';
	return time_parse(date ? str_printf(a, STR_FMT "T00:00:00Z", STR_ARG(s)) : s, &v->i);
}

bool val_from_text(struct arena *a, struct val *v, str text) {
	int64_t i;
	double d;
	if (v->shape->kind != K_STR && v->shape->kind != K_BLOB) {
		text = str_trim(text);
	}
	switch (v->shape->kind) {
	case K_STR: v->s = text.p ? text : S(""); return true;
	case K_BLOB: return base64_decode(a, text, &v->s);
	case K_INT: return str_int(text, &i) ? val_store_int(v, i) : number(text, &d) && val_store_dbl(v, d);
	case K_DBL: return special_dbl(text, &v->d) || number(text, &v->d);
	case K_BOOL: v->i = str_ieq(text, S("true")); return v->i || str_ieq(text, S("false"));
	case K_TIME: return time_text(a, v, text);
	default: return text.n == 0;
	}
}

/* The shortest of the usual precisions that reads back alike. */
static void put_dbl(struct buf *b, double d) {
	char tmp[40];
	if (isnan(d) || isinf(d)) {
		putz(b, isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		double back;
		snprintf(tmp, sizeof(tmp), "%.*g", digits, d);
		if (digits == 17 || (str_dbl(str_from(tmp), &back) && memcmp(&back, &d, sizeof(d)) == 0)) {
			break;
		}
	}
	putz(b, tmp);
}

static void put_epoch(struct buf *b, int64_t ms) {
	uint64_t u = ms < 0 ? ~(uint64_t)ms + 1 : (uint64_t)ms;
	putz(b, ms < 0 ? "-" : "");
	put_int(b, (int64_t)(u / 1000));
	if (u % 1000) {
		putf(b, ".%03d", (int)(u % 1000));
	}
}

static void put_when(struct buf *b, int64_t ms, enum time_format f) {
	switch (f) {
	case T_UNIX: put_epoch(b, ms); break;
	case T_RFC822: put_time(b, ms, TIME_HTTP); break;
	case T_DEFAULT:
	case T_ISO: put_time(b, ms, TIME_ISO); break;
	}
}

void val_put_text(struct buf *b, const struct val *v, enum time_format dflt) {
	switch (v->shape->kind) {
	case K_STR: put(b, v->s); break;
	case K_BLOB: put_base64(b, v->s); break;
	case K_INT: put_int(b, v->i); break;
	case K_DBL: put_dbl(b, v->d); break;
	case K_BOOL: putz(b, v->i ? "true" : "false"); break;
	case K_TIME: put_when(b, v->i, v->member && v->member->time ? v->member->time : dflt); break;
	default: break;
	}
}

/* How long the well-formed character at the start of s is; 0 if there is none. */
static size_t character(str s) {
	for (size_t n = 1; n <= 4 && n <= s.n; n++) {
		if (str_utf8((str){ s.p, n })) {
			return n;
		}
	}
	return 0;
}

str text_clean(struct arena *a, str s) {
	struct buf b = { .arena = a };
	for (size_t n; s.n; s = str_skip(s, n)) {
		unsigned char c = (unsigned char)s.p[0];
		n = c < 0x80 ? 1 : character(s);
		bool noncharacter = n == 3 && c == 0xef && (uint8_t)s.p[1] == 0xbf && (uint8_t)s.p[2] >= 0xbe;
		if (n == 0 || noncharacter || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
			putz(&b, "\xef\xbf\xbd");
			n = n ? n : 1;
		} else {
			put(&b, (str){ s.p, n });
		}
	}
	return buf_str(&b);
}

void put_header(struct buf *b, str name, str value) {
	put(b, name);
	putz(b, ": ");
	char *p = buf_room(b, value.n + 1);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		p[i] = (c < 0x20 && c != '\t') || c == 0x7f ? ' ' : value.p[i];
	}
	b->n += value.n;
	putz(b, "\r\n");
}
