#include "s3/post_policy.h"

#include "base/clock.h"
#include "s3/meta.h"
#include "wire/tree.h"

static const struct fault invalid_policy = { "InvalidPolicyDocument", 400 };

struct judging {
	struct call *c;
	const struct form *f;
	struct post_limits *limits;
	bool covered[FORM_FIELDS];
};

struct condition {
	bool starts; /* else it must be equal */
	str name, value;
};

static bool invalid(struct call *c, const char *why) {
	return fail(c, &invalid_policy, "Invalid Policy: %s", why);
}

static bool failed(struct call *c, const struct condition *k) {
	struct buf b = { .arena = c->arena };
	putf(&b, "[\"%s\", ", k->starts ? "starts-with" : "eq");
	put_json(&b, str_printf(c->arena, "$" STR_FMT, STR_ARG(k->name)));
	putz(&b, ", ");
	put_json(&b, k->value);
	putz(&b, "]");
	str text = buf_str(&b);
	return fail(c, &access_denied, "Invalid according to Policy: Policy Condition failed: " STR_FMT, STR_ARG(text));
}

/* Every field of that name must hold; a field that is not there is empty. */
static bool holds(struct judging *j, const struct condition *k) {
	bool there = false;
	str name = str_lower(j->c->arena, k->name);
	for (size_t i = 0; i < j->f->n_fields; i++) {
		const struct form_field *field = &j->f->fields[i];
		if (!str_eq(field->name, name)) {
			continue;
		}
		there = j->covered[i] = true;
		if (k->starts ? !str_starts(field->value, k->value) : !str_eq(field->value, k->value)) {
			return failed(j->c, k);
		}
	}
	return there || (k->starts && !k->value.n) ? true : failed(j->c, k);
}

static bool simple(struct judging *j, const struct tree *t) {
	if (!t->first || t->first->next) {
		return invalid(j->c,
			       "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
	}
	if (t->first->kind != TREE_STRING) {
		return invalid(j->c, "Invalid Simple-Condition: value must be a string.");
	}
	return holds(j, &(struct condition){ .name = t->first->name, .value = t->first->s });
}

static bool number(const struct tree *t, int64_t *out) {
	return (t->kind == TREE_NUMBER || t->kind == TREE_STRING) && str_uint(t->s, out);
}

static bool range(struct judging *j, const struct tree *a, const struct tree *b) {
	int64_t min, max;
	if (!number(a, &min) || !number(b, &max)) {
		return invalid(j->c, "Invalid content-length-range: the bounds must be whole numbers of bytes.");
	}
	j->limits->min = min > j->limits->min ? min : j->limits->min;
	j->limits->max = max < j->limits->max ? max : j->limits->max;
	return true;
}

static bool listed(struct judging *j, const struct tree *t) {
	const struct tree *a = t->first, *b = a ? a->next : NULL, *v = b ? b->next : NULL;
	if (!v || v->next || a->kind != TREE_STRING) {
		return invalid(j->c, "Invalid Condition: a condition has an operation and two arguments.");
	}
	if (str_ieq(a->s, S("content-length-range"))) {
		return range(j, b, v);
	}
	struct condition k = { .starts = str_ieq(a->s, S("starts-with")), .name = str_skip(b->s, 1), .value = v->s };
	if (!k.starts && !str_ieq(a->s, S("eq"))) {
		return fail(j->c, &invalid_policy,
			    "Invalid Policy: Invalid Condition: unknown operation '" STR_FMT "'.", STR_ARG(a->s));
	}
	if (b->kind != TREE_STRING || !str_starts(b->s, S("$")) || v->kind != TREE_STRING) {
		return invalid(j->c,
			       "Invalid Condition: the first argument is a field with a $ before it, the second a "
			       "string.");
	}
	return holds(j, &k);
}

/* Fields that say who signs, or that are to be passed over. */
static bool exempt(str name) {
	static const char *const names[] = { "policy", "x-amz-signature", "signature", "awsaccesskeyid" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (str_is(name, names[i])) {
			return true;
		}
	}
	return str_starts(name, S("x-ignore-"));
}

static bool all_covered(struct judging *j) {
	struct buf b = { .arena = j->c->arena };
	for (size_t i = 0; i < j->f->n_fields; i++) {
		str name = j->f->fields[i].name;
		if (!j->covered[i] && !exempt(name)) {
			putz(&b, b.n ? ", " : "");
			put(&b, name);
		}
	}
	return b.n ? fail(j->c, &access_denied, "Invalid according to Policy: Extra input fields: " STR_FMT,
			  STR_ARG(buf_str(&b)))
		   : true;
}

static bool in_time(struct call *c, const struct tree *policy) {
	const struct tree *t = tree_get(policy, "expiration");
	int64_t until;
	if (!t) {
		return invalid(c, "Policy missing expiration.");
	}
	if (!time_parse(tree_text(t), &until)) {
		return fail(c, &invalid_policy, "Invalid Policy: Invalid 'expiration' value: '" STR_FMT "'",
			    STR_ARG(t->s));
	}
	return until > clock_real() ? true : fail(c, &access_denied, "Invalid according to Policy: Policy expired.");
}

static bool judge(struct judging *j, const struct tree *list) {
	for (const struct tree *t = list->first; t; t = t->next) {
		if (t->kind != TREE_OBJECT && t->kind != TREE_LIST) {
			return invalid(j->c, "Invalid Condition: a condition is an object or a list.");
		}
		if (t->kind == TREE_OBJECT ? !simple(j, t) : !listed(j, t)) {
			return false;
		}
	}
	return all_covered(j);
}

bool post_policy_holds(struct call *c, str document, const struct form *f, struct post_limits *limits) {
	struct judging *j = NEW(c->arena, struct judging);
	str text;
	*j = (struct judging){ .c = c, .f = f, .limits = limits };
	const struct tree *policy = base64_decode(c->arena, document, &text) ? tree_read(c->arena, text) : NULL;
	if (!policy || policy->kind != TREE_OBJECT) {
		return invalid(c, "Invalid JSON.");
	}
	const struct tree *list = tree_get(policy, "conditions");
	if (!in_time(c, policy)) {
		return false;
	}
	return list && list->kind == TREE_LIST ? judge(j, list) : invalid(c, "Policy missing conditions.");
}
