#include "transfer/wild.h"

/* One step of a pattern: what one byte of the text must be. */
struct one {
	bool any, negated;
	str set; /* of brackets: what stands in them */
	char byte;
	size_t n; /* bytes of the pattern */
};

/* Where the bracket that opens the pattern closes; 0: it does not, and is a byte like others. */
static size_t closing(str pattern) {
	size_t i = 1;
	i += i < pattern.n && (pattern.p[i] == '!' || pattern.p[i] == '^');
	i += i < pattern.n && pattern.p[i] == ']';
	while (i < pattern.n && pattern.p[i] != ']') {
		i++;
	}
	return i < pattern.n ? i : 0;
}

/* A backslash before what has no meaning of its own is a byte like others. */
static bool escapes(str pattern, size_t i) {
	return pattern.p[i] == '\\' && i + 1 < pattern.n && pattern.p[i + 1] && strchr("*?[]\\", pattern.p[i + 1]);
}

static struct one one_of(str pattern) {
	char c = pattern.p[0];
	size_t end = c == '[' ? closing(pattern) : 0;
	if (end) {
		bool negated = pattern.p[1] == '!' || pattern.p[1] == '^';
		str set = { pattern.p + 1 + negated, end - 1 - negated };
		return (struct one){ .negated = negated, .set = set, .n = end + 1 };
	}
	if (escapes(pattern, 0)) {
		return (struct one){ .byte = pattern.p[1], .n = 2 };
	}
	return (struct one){ .any = c == '?', .byte = c, .n = 1 };
}

static bool in_set(str set, char c) {
	bool found = false;
	for (size_t i = 0; i < set.n; i++) {
		if (i + 2 < set.n && set.p[i + 1] == '-') {
			unsigned char from = (unsigned char)set.p[i], to = (unsigned char)set.p[i + 2];
			found = found || ((unsigned char)c >= from && (unsigned char)c <= to);
			i += 2;
		} else {
			found = found || set.p[i] == c;
		}
	}
	return found;
}

static bool fits(const struct one *one, char c, enum wild_style style) {
	if (!one->any && !one->set.p) {
		return one->byte == c;
	}
	if (style == WILD_PATH && c == '/') {
		return false;
	}
	return one->any || in_set(one->set, c) != one->negated;
}

/* Where to go on when what follows a star does not fit: one byte later. */
struct retry {
	size_t pattern, text;
	bool there, wide; /* wide: ** */
};

static bool take_star(str pattern, enum wild_style style, size_t *i, struct retry *r, size_t text) {
	if (*i >= pattern.n || pattern.p[*i] != '*') {
		return false;
	}
	size_t stars = 0;
	while (*i < pattern.n && pattern.p[*i] == '*') {
		stars++, ++*i;
	}
	*r = (struct retry){ *i, text, true, style == WILD_FLAT || stars > 1 };
	return true;
}

/* A star takes one byte more; false: it cannot. */
static bool give_more(struct retry *r, str text) {
	if (!r->there || r->text >= text.n || (!r->wide && text.p[r->text] == '/')) {
		return false;
	}
	r->text++;
	return true;
}

/* A star that stops at a slash cannot take back what a wide one before it has let go, so that one is kept besides. */
static bool go_back(struct retry *last, struct retry *wide, str text, size_t *i, size_t *j) {
	struct retry *r = give_more(last, text) ? last : give_more(wide, text) ? wide : NULL;
	if (!r) {
		return false;
	}
	*i = r->pattern;
	*j = r->text;
	*last = *r;
	return true;
}

bool wild_match(str pattern, str text, enum wild_style style) {
	struct retry last = { 0 }, wide = { 0 };
	size_t i = 0, j = 0;
	while (j < text.n || i < pattern.n) {
		if (take_star(pattern, style, &i, &last, j)) {
			wide = last.wide ? last : wide;
			continue;
		}
		struct one one = i < pattern.n ? one_of(str_skip(pattern, i)) : (struct one){ 0 };
		if (one.n && j < text.n && fits(&one, text.p[j], style)) {
			i += one.n;
			j++;
		} else if (!go_back(&last, &wide, text, &i, &j)) {
			return false;
		}
	}
	return true;
}

bool wild_is(str pattern) {
	for (size_t i = 0; i < pattern.n; i++) {
		if (escapes(pattern, i)) {
			i++;
		} else if (pattern.p[i] && strchr("*?[", pattern.p[i])) {
			return true;
		}
	}
	return false;
}

str wild_prefix(struct arena *a, str pattern) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < pattern.n && !(pattern.p[i] && strchr("*?[", pattern.p[i])); i++) {
		i += escapes(pattern, i);
		put_byte(&b, pattern.p[i]);
	}
	return str_dup(a, buf_str(&b));
}

bool filters_let(const struct filters *f, str name) {
	for (size_t i = f->n; i > 0; i--) {
		if (wild_match(f->v[i - 1].pattern, name, WILD_FLAT)) {
			return f->v[i - 1].include;
		}
	}
	return true;
}
