/* The constraints that the models put on values, and AWS's sentences about those that are broken. */
#include "wire/inner.h"
#include "wire/pattern.h"

enum { VALUE_MAX = 4096, COMPLAINTS_MAX = 100 };

enum rule { RULE_MAX, RULE_MIN, RULE_PATTERN, RULE_VALUES, RULES };

/* Where in the request a value stands. */
struct where {
	const struct where *up;
	const struct member *m; /* a member; or: */
	size_t index; /* an element, from 1; or: */
	str key; /* a map's value */
};

struct check {
	struct arena *arena;
	struct buf out;
	int n;
};

/* As AWS writes it: tags.1.member.key */
static void put_where(struct buf *b, const struct where *w) {
	if (!w || (!w->m && !w->up)) {
		return;
	}
	put_where(b, w->up);
	if (w->up && (w->up->m || w->up->up)) {
		put_byte(b, '.');
	}
	if (w->m) {
		char first = w->m->name[0];
		put_byte(b, first >= 'A' && first <= 'Z' ? first | 0x20 : first);
		putz(b, w->m->name + 1);
	} else if (w->index) {
		putf(b, "%zu.member", w->index);
	} else {
		put(b, text_clean(b->arena, w->key));
		putz(b, ".member");
	}
}

static void put_value(struct buf *b, const struct val *v, size_t end) {
	if (b->n >= end) {
		return;
	}
	if (!is_group(v->shape)) {
		struct buf text = { .arena = b->arena };
		val_put_text(&text, v, T_ISO);
		str s = buf_str(&text);
		s.n = s.n < VALUE_MAX ? s.n : VALUE_MAX;
		put(b, text_clean(b->arena, s));
		return;
	}
	put_byte(b, v->shape->kind == K_LIST ? '[' : '{');
	for (const struct val *c = v->first; c && b->n < end; c = c->next) {
		putz(b, c == v->first ? "" : ", ");
		if (v->shape->kind != K_LIST) {
			put(b, v->shape->kind == K_MAP ? text_clean(b->arena, c->key) : str_from(c->member->name));
			put_byte(b, '=');
		}
		put_value(b, c, end);
	}
	put_byte(b, v->shape->kind == K_LIST ? ']' : '}');
}

/* Begins a sentence; v NULL: the member is missing. */
static struct buf *complain(struct check *c, const struct val *v, const struct where *at) {
	struct buf *b = &c->out;
	putz(b, c->n++ ? "; " : "");
	if (!v) {
		putz(b, "Value null at '");
	} else if (v->shape->flags & SH_SENSITIVE) {
		putz(b, "Value at '");
	} else {
		putz(b, "Value '");
		put_value(b, v, b->n + VALUE_MAX);
		putz(b, "' at '");
	}
	put_where(b, at);
	putz(b, "' failed to satisfy constraint: ");
	return b;
}

static bool is_number(const struct shape *s) {
	return s->kind == K_INT || s->kind == K_DBL;
}

static bool has_rule(const struct shape *s, enum rule rule) {
	switch (rule) {
	case RULE_MAX: return s->has_max;
	case RULE_MIN: return s->has_min;
	case RULE_PATTERN: return s->pattern && s->kind == K_STR;
	case RULE_VALUES: return s->values;
	default: return false;
	}
}

static void put_rule(struct buf *b, const struct shape *s, enum rule rule) {
	const char *what = is_number(s) ? "value" : "length";
	switch (rule) {
	case RULE_MAX: putf(b, "Member must have %s less than or equal to %lld", what, (long long)s->max); break;
	case RULE_MIN: putf(b, "Member must have %s greater than or equal to %lld", what, (long long)s->min); break;
	case RULE_PATTERN: putf(b, "Member must satisfy regular expression pattern: %s", s->pattern); break;
	default:
		putz(b, "Member must satisfy enum value set: ");
		for (const char *const *e = s->values; *e; e++) {
			putf(b, "%s%s", e == s->values ? "[" : ", ", *e);
		}
		put_byte(b, ']');
	}
}

/* Characters, not bytes. */
static int64_t length(const struct val *v) {
	int64_t n = 0;
	if (is_group(v->shape)) {
		return (int64_t)val_count(v);
	}
	if (v->shape->kind == K_BLOB) {
		return (int64_t)v->s.n;
	}
	for (size_t i = 0; i < v->s.n; i++) {
		n += ((uint8_t)v->s.p[i] & 0xc0) != 0x80;
	}
	return n;
}

static bool in_values(const struct val *v) {
	for (const char *const *e = v->shape->values; *e; e++) {
		if (str_is(v->s, *e)) {
			return true;
		}
	}
	return false;
}

static bool too_much(const struct val *v) {
	return v->shape->kind == K_DBL ? v->d > (double)v->shape->max
				       : (v->shape->kind == K_INT ? v->i : length(v)) > v->shape->max;
}
static bool too_little(const struct val *v) {
	return v->shape->kind == K_DBL ? v->d < (double)v->shape->min
				       : (v->shape->kind == K_INT ? v->i : length(v)) < v->shape->min;
}

static bool breaks(const struct val *v, enum rule rule) {
	if (!has_rule(v->shape, rule)) {
		return false;
	}
	switch (rule) {
	case RULE_MAX: return too_much(v);
	case RULE_MIN: return too_little(v);
	/* What is too long is said once, and costs no match. */
	case RULE_PATTERN: return !(v->shape->has_max && too_much(v)) && !pattern_matches(v->shape->pattern, v->s);
	default: return !in_values(v);
	}
}

static bool breaks_any(const struct val *v) {
	for (enum rule rule = RULE_MAX; rule < RULES; rule++) {
		if (breaks(v, rule)) {
			return true;
		}
	}
	return false;
}

/* All the rules of the elements of a list or map, as one constraint on the whole. */
static void complain_whole(struct check *c, const struct val *v, const struct where *at, const struct shape *of,
			   const char *what) {
	struct buf *b = complain(c, v, at);
	const char *sep = "";
	putf(b, "%s must satisfy constraint: [", what);
	for (enum rule rule = RULE_MAX; rule < RULES; rule++) {
		if (has_rule(of, rule)) {
			putz(b, sep);
			put_rule(b, of, rule);
			sep = ", ";
		}
	}
	put_byte(b, ']');
}

static void check_value(struct check *c, const struct val *v, const struct where *at);

/* Of plain elements the list is blamed, once; groups are looked into. */
static void check_elements(struct check *c, const struct val *v, const struct where *at) {
	bool map = v->shape->kind == K_MAP, blamed = false;
	size_t index = 0;
	for (const struct val *e = v->first; e && c->n < COMPLAINTS_MAX; e = e->next) {
		struct where here = { .up = at, .index = map ? 0 : ++index, .key = e->key };
		if (is_group(e->shape)) {
			check_value(c, e, &here);
		} else if (!blamed && breaks_any(e)) {
			complain_whole(c, v, at, e->shape, map ? "Map value" : "Member");
			blamed = true;
		}
	}
}

static void check_keys(struct check *c, const struct val *v, const struct where *at) {
	for (const struct val *e = v->first; e; e = e->next) {
		struct val key = { .shape = v->shape->m[0].shape, .s = e->key };
		if (breaks_any(&key)) {
			complain_whole(c, v, at, key.shape, "Map keys");
			return;
		}
	}
}

static void check_members(struct check *c, const struct val *v, const struct where *at) {
	for (size_t i = 0; i < v->shape->n && c->n < COMPLAINTS_MAX; i++) {
		const struct member *m = &v->shape->m[i];
		const struct val *child = val_child(v, m);
		struct where here = { .up = at, .m = m };
		if (child) {
			check_value(c, child, &here);
		} else if ((m->flags & M_REQUIRED) && !(m->shape->flags & (SH_STREAMING | SH_EVENTSTREAM))) {
			putz(complain(c, NULL, &here), "Member must not be null");
		}
	}
}

static void check_value(struct check *c, const struct val *v, const struct where *at) {
	for (enum rule rule = RULE_MAX; rule < RULES && c->n < COMPLAINTS_MAX; rule++) {
		if (breaks(v, rule)) {
			put_rule(complain(c, v, at), v->shape, rule);
		}
	}
	if (v->shape->kind == K_STRUCT) {
		check_members(c, v, at);
	} else if (is_group(v->shape)) {
		if (v->shape->kind == K_MAP) {
			check_keys(c, v, at);
		}
		check_elements(c, v, at);
	}
}

str val_check(struct arena *a, const struct val *v) {
	struct check c = { .arena = a, .out = { .arena = a } };
	struct where top = { 0 };
	check_value(&c, v, &top);
	if (c.n == 0) {
		return (str){ 0 };
	}
	return str_printf(a, "%d validation error%s detected: " STR_FMT, c.n, c.n == 1 ? "" : "s",
			  STR_ARG(buf_str(&c.out)));
}
