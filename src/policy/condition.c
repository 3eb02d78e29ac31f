#include "policy/room.h"

static bool take_prefix(str *s, str prefix) {
	bool has = str_starts(*s, prefix);
	*s = str_skip(*s, has ? prefix.n : 0);
	return has;
}

static bool take_suffix(str *s, str suffix) {
	bool has = str_ends(*s, suffix);
	s->n -= has ? suffix.n : 0;
	return has;
}

bool condition_read(str name, struct condition *c) {
	c->of = take_prefix(&name, S("ForAllValues:"))  ? OF_ALL
		: take_prefix(&name, S("ForAnyValue:")) ? OF_ANY
							: OF_ONE;
	if (str_is(name, "Null")) {
		return true;
	}
	c->if_exists = take_suffix(&name, S("IfExists"));
	c->op = operator_find(name);
	return c->op;
}

/* Is the key absent, as one of the values wants it? */
static bool null_holds(const struct condition *c, bool absent) {
	bool want;
	for (size_t i = 0; i < c->n; i++) {
		if (bool_read(c->operands[i].word.text, &want) && want == absent) {
			return true;
		}
	}
	return false;
}

/* One value of the request: any of the condition's, or none of them if it is negated. */
static bool value_holds(const struct condition *c, const struct access *q, str value) {
	for (size_t i = 0; i < c->n; i++) {
		if (c->operands[i].good && c->op->matches(&c->operands[i], q, value)) {
			return !c->op->negated;
		}
	}
	return c->op->negated;
}

bool condition_holds(const struct condition *c, const struct access *q) {
	struct values v;
	bool found = values_find(q, c->key, &v);
	if (!c->op) {
		return null_holds(c, !found);
	}
	if (c->of != OF_ONE && (!found || (v.n == 1 && v.v[0].n == 0))) {
		return c->of == OF_ALL; /* an empty set, as which one empty text counts; whatever IfExists says */
	}
	if (!found) {
		return c->if_exists || c->op->negated;
	}
	/* Several values without a set operator: a negated one must hold for all of them, as for none of a list. */
	bool all = c->of == OF_ALL || (c->of == OF_ONE && c->op->negated);
	for (size_t i = 0; i < v.n; i++) {
		if (value_holds(c, q, v.v[i]) != all) {
			return !all;
		}
	}
	return all;
}
