#include "wire/tree.h"

enum { DEPTH_MAX = 64 };

struct tree_reader {
	struct arena *arena;
	const char *p, *end;
	int depth;
};

static bool read_value(struct tree_reader *r, struct tree *t);

static int peek(struct tree_reader *r) {
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n')) {
		r->p++;
	}
	return r->p < r->end ? (unsigned char)*r->p : -1;
}

static bool accept(struct tree_reader *r, char ch) {
	if (peek(r) != ch) {
		return false;
	}
	r->p++;
	return true;
}

/* --- strings --- */

static bool read_hex4(struct tree_reader *r, uint32_t *out) {
	*out = 0;
	for (int i = 0; i < 4; i++) {
		char ch = r->p < r->end ? *r->p++ : 0;
		int digit = ch >= '0' && ch <= '9'   ? ch - '0'
			    : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10
			    : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10
						     : -1;
		if (digit < 0) {
			return false;
		}
		*out = *out << 4 | (uint32_t)digit;
	}
	return true;
}

static void put_character(struct buf *b, uint32_t ch) {
	if (ch < 0x80) {
		put_byte(b, (int)ch);
		return;
	}
	if (ch < 0x800) {
		put_byte(b, (int)(0xc0 | ch >> 6));
	} else if (ch < 0x10000) {
		put_byte(b, (int)(0xe0 | ch >> 12));
		put_byte(b, (int)(0x80 | (ch >> 6 & 0x3f)));
	} else {
		put_byte(b, (int)(0xf0 | ch >> 18));
		put_byte(b, (int)(0x80 | (ch >> 12 & 0x3f)));
		put_byte(b, (int)(0x80 | (ch >> 6 & 0x3f)));
	}
	put_byte(b, (int)(0x80 | (ch & 0x3f)));
}

/* After \u: one character, of one or two units. */
static bool read_unicode(struct tree_reader *r, struct buf *b) {
	uint32_t ch, low;
	if (!read_hex4(r, &ch) || (ch >= 0xdc00 && ch < 0xe000)) {
		return false;
	}
	if (ch >= 0xd800 && ch < 0xdc00) {
		if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u') {
			return false;
		}
		r->p += 2;
		if (!read_hex4(r, &low) || low < 0xdc00 || low >= 0xe000) {
			return false;
		}
		ch = 0x10000 + ((ch - 0xd800) << 10) + (low - 0xdc00);
	}
	put_character(b, ch);
	return true;
}

static bool read_escape(struct tree_reader *r, struct buf *b) {
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char ch = r->p < r->end ? *r->p++ : 0;
	if (ch == 'u') {
		return read_unicode(r, b);
	}
	const char *at = ch ? strchr(from, ch) : NULL;
	if (!at) {
		return false;
	}
	put_byte(b, to[at - from]);
	return true;
}

static bool read_string(struct tree_reader *r, str *out) {
	struct buf b = { .arena = r->arena };
	if (!accept(r, '"')) {
		return false;
	}
	while (r->p < r->end && *r->p != '"') {
		if ((unsigned char)*r->p < 0x20) {
			return false;
		}
		if (*r->p == '\\') {
			r->p++;
			if (!read_escape(r, &b)) {
				return false;
			}
		} else {
			put_byte(&b, *r->p++);
		}
	}
	*out = buf_str(&b);
	return r->p++ < r->end && str_utf8(*out);
}

/* --- the rest --- */

static bool read_word(struct tree_reader *r, struct tree *t, str word, enum tree_kind kind) {
	if ((size_t)(r->end - r->p) < word.n || memcmp(r->p, word.p, word.n) != 0) {
		return false;
	}
	t->kind = kind;
	t->s = word;
	r->p += word.n;
	return true;
}

static bool digits(struct tree_reader *r) {
	const char *start = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9') {
		r->p++;
	}
	return r->p > start;
}

static bool read_number(struct tree_reader *r, struct tree *t) {
	const char *start = r->p;
	r->p += *r->p == '-';
	bool zero = r->p < r->end && *r->p == '0';
	const char *whole = r->p;
	if (!digits(r) || (zero && r->p - whole > 1)) {
		return false;
	}
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (!digits(r)) {
			return false;
		}
	}
	if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
		r->p++;
		r->p += r->p < r->end && (*r->p == '+' || *r->p == '-');
		if (!digits(r)) {
			return false;
		}
	}
	t->kind = TREE_NUMBER;
	t->s = (str){ start, (size_t)(r->p - start) };
	return true;
}

static bool has_name(const struct tree *group, const struct tree *last, str name) {
	for (const struct tree *k = group->first; k && k != last; k = k->next) {
		if (str_eq(k->name, name)) {
			return true;
		}
	}
	return false;
}

static bool read_child(struct tree_reader *r, struct tree *group, struct tree *child) {
	if (group->kind == TREE_LIST) {
		return read_value(r, child);
	}
	return read_string(r, &child->name) && !has_name(group, child, child->name) && accept(r, ':') &&
	       read_value(r, child);
}

static bool read_group(struct tree_reader *r, struct tree *t, enum tree_kind kind) {
	char close = kind == TREE_LIST ? ']' : '}';
	struct tree **at = &t->first;
	r->p++;
	t->kind = kind;
	if (accept(r, close)) {
		return true;
	}
	do {
		*at = NEW(r->arena, struct tree);
		if (!read_child(r, t, *at)) {
			return false;
		}
		at = &(*at)->next;
	} while (accept(r, ','));
	return accept(r, close);
}

static bool read_value(struct tree_reader *r, struct tree *t) {
	int ch = peek(r);
	if (ch == '{' || ch == '[') {
		bool ok = ++r->depth <= DEPTH_MAX && read_group(r, t, ch == '[' ? TREE_LIST : TREE_OBJECT);
		r->depth--;
		return ok;
	}
	switch (ch) {
	case '"': t->kind = TREE_STRING; return read_string(r, &t->s);
	case 't': return read_word(r, t, S("true"), TREE_BOOL);
	case 'f': return read_word(r, t, S("false"), TREE_BOOL);
	case 'n': return read_word(r, t, S("null"), TREE_NULL);
	default: return ch >= 0 && (ch == '-' || (ch >= '0' && ch <= '9')) && read_number(r, t);
	}
}

struct tree *tree_read(struct arena *a, str text) {
	struct tree_reader r = { .arena = a, .p = text.p, .end = text.p + text.n };
	struct tree *t = NEW(a, struct tree);
	return text.n && read_value(&r, t) && peek(&r) < 0 ? t : NULL;
}

const struct tree *tree_get(const struct tree *t, const char *name) {
	for (const struct tree *k = t && t->kind == TREE_OBJECT ? t->first : NULL; k; k = k->next) {
		if (str_is(k->name, name)) {
			return k;
		}
	}
	return NULL;
}

str tree_text(const struct tree *t) {
	return t && t->kind == TREE_STRING ? t->s : (str){ 0 };
}
