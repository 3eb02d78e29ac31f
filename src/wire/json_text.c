#include "wire/json_text.h"

int json_peek(struct json_text *r) {
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n')) {
		r->p++;
	}
	return r->p < r->end ? (unsigned char)*r->p : -1;
}

bool json_accept(struct json_text *r, char c) {
	if (json_peek(r) != c) {
		return false;
	}
	r->p++;
	return true;
}

static void put_utf8(struct buf *b, uint32_t c) {
	if (c < 0x80) {
		put_byte(b, (int)c);
	} else if (c < 0x800) {
		put_byte(b, (int)(0xc0 | c >> 6));
		put_byte(b, (int)(0x80 | (c & 63)));
	} else {
		if (c < 0x10000) {
			put_byte(b, (int)(0xe0 | c >> 12));
		} else {
			put_byte(b, (int)(0xf0 | c >> 18));
			put_byte(b, (int)(0x80 | (c >> 12 & 63)));
		}
		put_byte(b, (int)(0x80 | (c >> 6 & 63)));
		put_byte(b, (int)(0x80 | (c & 63)));
	}
}

static bool read_hex4(struct json_text *r, uint32_t *out) {
	uint64_t code;
	if (r->end - r->p < 4 || !str_hex((str){ r->p, 4 }, &code)) {
		return false;
	}
	r->p += 4;
	*out = (uint32_t)code;
	return true;
}

/* What stands after \u: a character, or the two halves of one. Half a pair is no character. */
static bool read_unicode(struct json_text *r, struct buf *b) {
	uint32_t c, low;
	if (!read_hex4(r, &c) || (c >= 0xdc00 && c <= 0xdfff)) {
		return false;
	}
	if (c >= 0xd800 && c < 0xdc00) {
		if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u') {
			return false;
		}
		r->p += 2;
		if (!read_hex4(r, &low) || low < 0xdc00 || low > 0xdfff) {
			return false;
		}
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(b, c);
	return true;
}

static bool read_escape(struct json_text *r, struct buf *b) {
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (r->p >= r->end) {
		return false;
	}
	char c = *r->p++;
	const char *at = c ? strchr(from, c) : NULL;
	if (at) {
		put_byte(b, to[at - from]);
		return true;
	}
	return c == 'u' && read_unicode(r, b);
}

bool json_string(struct json_text *r, str *out) {
	struct buf b = { .arena = r->arena };
	bool escaped = false;
	if (!json_accept(r, '"')) {
		return false;
	}
	const char *start = r->p;
	while (r->p < r->end && *r->p != '"') {
		unsigned char c = (unsigned char)*r->p;
		if (c < 0x20) {
			return false;
		}
		if (c != '\\') {
			r->p++;
			continue;
		}
		escaped = true;
		put(&b, (str){ start, (size_t)(r->p++ - start) });
		if (!read_escape(r, &b)) {
			return false;
		}
		start = r->p;
	}
	str rest = { start, (size_t)(r->p - start) };
	if (escaped) {
		put(&b, rest);
	}
	*out = escaped ? buf_str(&b) : rest;
	return str_utf8(*out) && json_accept(r, '"');
}

static size_t digits(str s) {
	size_t n = 0;
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9') {
		n++;
	}
	return n;
}

/* RFC 8259's grammar of numbers. */
bool json_number(str s, bool *whole) {
	s = str_skip(s, s.n && s.p[0] == '-');
	size_t n = digits(s);
	if (n == 0 || (n > 1 && s.p[0] == '0')) {
		return false;
	}
	s = str_skip(s, n);
	*whole = s.n == 0;
	if (s.n && s.p[0] == '.') {
		n = digits(str_skip(s, 1));
		if (n == 0) {
			return false;
		}
		s = str_skip(s, n + 1);
	}
	if (s.n && (s.p[0] | 0x20) == 'e') {
		s = str_skip(s, s.n > 1 && (s.p[1] == '+' || s.p[1] == '-') ? 2 : 1);
		n = digits(s);
		return n > 0 && n == s.n;
	}
	return s.n == 0;
}

str json_word(struct json_text *r) {
	json_peek(r);
	const char *start = r->p;
	while (r->p < r->end && *r->p && !strchr(",]}: \t\r\n\"[{", *r->p)) {
		r->p++;
	}
	return (str){ start, (size_t)(r->p - start) };
}
