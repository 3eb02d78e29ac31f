#include "wire/inner.h"

struct reader {
	struct arena *arena;
	const char *p, *end;
	int depth;
};

/* --- writing --- */

static void put_name(struct buf *b, const struct val *v) {
	put_json(b, v->key.p ? v->key : str_from(member_wire(v->member)));
}

static void put_group(struct buf *b, const struct val *v) {
	bool list = v->shape->kind == K_LIST;
	const char *sep = "";
	put_byte(b, list ? '[' : '{');
	for (const struct val *c = v->first; c; c = c->next) {
		if (c->member->loc != L_BODY) {
			continue;
		}
		putz(b, sep);
		sep = ",";
		if (!list) {
			put_name(b, c);
			put_byte(b, ':');
		}
		json_write(b, c);
	}
	put_byte(b, list ? ']' : '}');
}

/* Stands without quotes: numbers but NaN and the infinities, booleans, times in seconds. */
static bool is_bare(const struct val *v) {
	switch (v->shape->kind) {
	case K_INT:
	case K_BOOL: return true;
	case K_DBL: return v->d - v->d == 0;
	case K_TIME: return !v->member || v->member->time == T_DEFAULT || v->member->time == T_UNIX;
	default: return false;
	}
}

void json_write(struct buf *b, const struct val *v) {
	if (is_group(v->shape)) {
		put_group(b, v);
	} else if (v->shape->kind == K_STR) {
		put_json(b, v->s);
	} else if (is_bare(v)) {
		val_put_text(b, v, T_UNIX);
	} else {
		put_byte(b, '"');
		val_put_text(b, v, T_UNIX);
		put_byte(b, '"');
	}
}

/* --- reading --- */

static int peek(struct reader *r) {
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n')) {
		r->p++;
	}
	return r->p < r->end ? (unsigned char)*r->p : -1;
}

static bool accept(struct reader *r, char c) {
	if (peek(r) != c) {
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

static bool read_hex4(struct reader *r, uint32_t *out) {
	uint64_t code;
	if (r->end - r->p < 4 || !str_hex((str){ r->p, 4 }, &code)) {
		return false;
	}
	r->p += 4;
	*out = (uint32_t)code;
	return true;
}

/* What stands after \u: a character, or the two halves of one. Half a pair is no character. */
static bool read_unicode(struct reader *r, struct buf *b) {
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

static bool read_escape(struct reader *r, struct buf *b) {
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

static bool read_string(struct reader *r, str *out) {
	struct buf b = { .arena = r->arena };
	bool escaped = false;
	if (!accept(r, '"')) {
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
	return str_utf8(*out) && accept(r, '"');
}

static size_t digits(str s) {
	size_t n = 0;
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9') {
		n++;
	}
	return n;
}

/* RFC 8259's grammar of numbers. */
static bool is_number(str s, bool *whole) {
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

static str read_word(struct reader *r) {
	peek(r);
	const char *start = r->p;
	while (r->p < r->end && *r->p && !strchr(",]}: \t\r\n\"[{", *r->p)) {
		r->p++;
	}
	return (str){ start, (size_t)(r->p - start) };
}

/* A value without quotes. v NULL: only looked at. */
static bool read_bare(struct reader *r, struct val *v) {
	bool whole = false;
	int64_t i;
	double d;
	str word = read_word(r);
	if (str_is(word, "true") || str_is(word, "false")) {
		if (v) {
			v->i = word.n == 4;
		}
		return !v || v->shape->kind == K_BOOL;
	}
	if (!is_number(word, &whole)) {
		return !v && str_is(word, "null");
	}
	if (!v) {
		return true;
	}
	return whole && str_int(word, &i) ? val_store_int(v, i) : str_dbl(word, &d) && val_store_dbl(v, d);
}

static bool read_quoted(struct reader *r, struct val *v) {
	str s;
	if (!read_string(r, &s)) {
		return false;
	}
	enum kind k = v ? v->shape->kind : K_STR;
	if (k == K_DBL) {
		return (str_is(s, "NaN") || str_ends(s, S("Infinity"))) && val_from_text(r->arena, v, s);
	}
	return !v || (k != K_INT && k != K_BOOL && val_from_text(r->arena, v, s));
}

static bool is_null(struct reader *r) {
	if (peek(r) != 'n' || r->end - r->p < 4 || memcmp(r->p, "null", 4) != 0) {
		return false;
	}
	r->p += 4;
	return true;
}

static const struct member *find_wire(const struct shape *sh, str name) {
	for (size_t i = 0; i < sh->n; i++) {
		if (str_is(name, member_wire(&sh->m[i]))) {
			return &sh->m[i];
		}
	}
	return NULL;
}

static bool read_value(struct reader *r, struct val *v);

static bool read_field(struct reader *r, struct val *v) {
	str name;
	if (!read_string(r, &name) || !accept(r, ':')) {
		return false;
	}
	if (is_null(r)) {
		return true;
	}
	if (!v) {
		return read_value(r, NULL);
	}
	if (v->shape->kind == K_MAP) {
		return read_value(r, add_key(r->arena, v, name));
	}
	const struct member *m = find_wire(v->shape, name);
	return read_value(r, m ? val_place(r->arena, v, m) : NULL);
}

static bool read_item(struct reader *r, struct val *v, bool list) {
	if (!list) {
		return read_field(r, v);
	}
	return is_null(r) || read_value(r, v ? append(r->arena, v) : NULL);
}

static bool read_group(struct reader *r, struct val *v) {
	bool list = peek(r) == '[';
	char close = list ? ']' : '}';
	if (v && (!is_group(v->shape) || list != (v->shape->kind == K_LIST))) {
		return false;
	}
	r->p++;
	if (accept(r, close)) {
		return true;
	}
	do {
		if (!read_item(r, v, list)) {
			return false;
		}
	} while (accept(r, ','));
	if (v && v->shape->kind == K_MAP) {
		map_dedupe(r->arena, v);
	}
	return accept(r, close);
}

/* v is NULL for a member that this API does not know: it is read over, as AWS does. */
static bool read_value(struct reader *r, struct val *v) {
	if (++r->depth > DEPTH_MAX) {
		return false;
	}
	int c = peek(r);
	bool ok = c == '{' || c == '[' ? read_group(r, v) : c == '"' ? read_quoted(r, v) : read_bare(r, v);
	r->depth--;
	return ok;
}

bool json_read(struct arena *a, struct val *v, str body) {
	struct reader r = { .arena = a, .p = body.p, .end = body.p + body.n };
	if (peek(&r) == -1) {
		return true;
	}
	return (is_null(&r) || read_value(&r, v)) && peek(&r) == -1;
}
