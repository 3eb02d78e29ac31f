#include "base/buf.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char lower(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool str_ieq(str a, str b) {
	if (a.n != b.n || (a.n && ((a.p[0] ^ b.p[0]) & ~0x20))) {
		return false;
	}
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i])) {
			return false;
		}
	}
	return true;
}

int str_cmp(str a, str b) {
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, str prefix) {
	return s.n >= prefix.n && str_eq((str){ s.p, prefix.n }, prefix);
}

bool str_ends(str s, str suffix) {
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

bool str_find(str s, str what, size_t *at) {
	const char *p = s.n && what.n ? memmem(s.p, s.n, what.p, what.n) : NULL;
	*at = p ? (size_t)(p - s.p) : 0;
	return p || what.n == 0;
}

bool str_cut(str s, char sep, str *head, str *tail) {
	const char *at = s.n ? memchr(s.p, sep, s.n) : NULL;
	if (!at) {
		*head = s;
		*tail = (str){ 0 };
		return false;
	}
	size_t n = (size_t)(at - s.p);
	*head = (str){ s.p, n };
	*tail = (str){ at + 1, s.n - n - 1 };
	return true;
}

str str_trim(str s) {
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s = str_skip(s, 1);
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
		s.n--;
	}
	return s;
}

str str_skip(str s, size_t n) {
	return n ? (str){ s.p + n, s.n - n } : s;
}

str str_lower(struct arena *a, str s) {
	char *p = arena_raw(a, s.n + 1);
	p[s.n] = '\0';
	for (size_t i = 0; i < s.n; i++) {
		p[i] = lower(s.p[i]);
	}
	return (str){ p, s.n };
}

/* How many bytes the sequence has whose first byte is c, and the bits of c that count; 0 if c cannot start one. */
static size_t sequence(unsigned char c, uint32_t *bits) {
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	*bits = n < 2 ? c : c & (0x7fu >> n);
	return n;
}

bool str_utf8(str s) {
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	for (size_t i = 0; i < s.n;) {
		uint32_t code;
		size_t n = sequence((unsigned char)s.p[i], &code);
		if (n == 0 || n > s.n - i) {
			return false;
		}
		for (size_t k = 1; k < n; k++) {
			unsigned char c = (unsigned char)s.p[i + k];
			if ((c & 0xc0) != 0x80) {
				return false;
			}
			code = code << 6 | (c & 0x3f);
		}
		if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
			return false;
		}
		i += n;
	}
	return true;
}

str str_dup(struct arena *a, str s) {
	char *p = arena_raw(a, s.n + 1);
	p[s.n] = '\0';
	if (s.n) {
		memcpy(p, s.p, s.n);
	}
	return (str){ s.p ? p : NULL, s.n };
}

char *str_z(struct arena *a, str s) {
	char *p = arena_raw(a, s.n + 1);
	p[s.n] = '\0';
	if (s.n) {
		memcpy(p, s.p, s.n);
	}
	return p;
}

str str_vprintf(struct arena *a, const char *fmt, va_list ap) {
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	size_t size = n > 0 ? (size_t)n : 0;
	char *p = arena_raw(a, size + 1);
	vsnprintf(p, size + 1, fmt, again);
	va_end(again);
	return (str){ p, size };
}

str str_printf(struct arena *a, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	str s = str_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

bool str_uint(str s, int64_t *out) {
	uint64_t v = 0;
	if (s.n == 0) {
		return false;
	}
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(s.p[i] - '0');
		if (d > 9 || v > (uint64_t)INT64_MAX / 10) {
			return false;
		}
		v = v * 10 + d;
	}
	if (v > INT64_MAX) {
		return false;
	}
	*out = (int64_t)v;
	return true;
}

bool str_int(str s, int64_t *out) {
	bool minus = s.n > 1 && s.p[0] == '-';
	if (str_is(s, "-9223372036854775808")) {
		*out = INT64_MIN;
		return true;
	}
	if (!str_uint(str_skip(s, minus || (s.n > 1 && s.p[0] == '+')), out)) {
		return false;
	}
	*out = minus ? -*out : *out;
	return true;
}

bool str_dbl(str s, double *out) {
	char tmp[400], *end;
	if (s.n == 0 || s.n >= sizeof(tmp) || isspace((unsigned char)s.p[0]) || memchr(s.p, 0, s.n)) {
		return false;
	}
	memcpy(tmp, s.p, s.n);
	tmp[s.n] = '\0';
	*out = strtod(tmp, &end);
	return *end == '\0' && !memchr(s.p, 'x', s.n) && !memchr(s.p, 'X', s.n);
}

int hex_value(char c) {
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

bool str_hex(str s, uint64_t *out) {
	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_value(s.p[i]);
		if (d < 0) {
			return false;
		}
		*out = *out << 4 | (uint64_t)d;
	}
	return s.n > 0 && s.n <= 16;
}

static int base64_digit(char c) {
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'             ? 62
	       : c == '/'             ? 63
				      : -1;
}

bool base64_decode(struct arena *a, str s, str *out) {
	if (s.n % 4) {
		return false;
	}
	size_t pad = s.n == 0 ? 0 : s.p[s.n - 1] != '=' ? 0 : s.p[s.n - 2] != '=' ? 1 : 2;
	char *p = arena_raw(a, s.n / 4 * 3 + 1);
	size_t n = 0;
	uint32_t w = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = i >= s.n - pad ? 0 : base64_digit(s.p[i]);
		if (d < 0) {
			return false;
		}
		w = w << 6 | (uint32_t)d;
		if (i % 4 == 3) {
			p[n++] = (char)(w >> 16 & 255);
			p[n++] = (char)(w >> 8 & 255);
			p[n++] = (char)(w & 255);
		}
	}
	*out = (str){ p, n - pad };
	return (w & ((1u << 8 * pad) - 1)) == 0;
}

bool hex_decode(struct arena *a, str s, str *out) {
	char *p = arena_alloc(a, s.n / 2 + 1);
	for (size_t i = 0; i + 1 < s.n; i += 2) {
		int hi = hex_value(s.p[i]), lo = hex_value(s.p[i + 1]);
		if (hi < 0 || lo < 0) {
			return false;
		}
		p[i / 2] = (char)(hi << 4 | lo);
	}
	*out = (str){ p, s.n / 2 };
	return s.n % 2 == 0;
}

static str decode(struct arena *a, str s, char plus) {
	char *d = arena_raw(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		int hi = s.p[i] == '%' && i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
		int lo = hi >= 0 ? hex_value(s.p[i + 2]) : -1;
		if (lo >= 0) {
			d[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			d[n++] = s.p[i] == '+' ? plus : s.p[i];
		}
	}
	d[n] = '\0';
	return (str){ s.p ? d : NULL, n };
}

str url_decode(struct arena *a, str s) {
	return decode(a, s, '+');
}
str url_decode_form(struct arena *a, str s) {
	return decode(a, s, ' ');
}
