#include "iam/near.h"

#include "wire/tree.h"

/* --- a document of one part --- */

static const struct tree *statement_tree(struct arena *a, const struct policy *p, size_t i) {
	return tree_read(a, policy_statement_text(p, i));
}

static const struct tree *either(const struct tree *t, const char *name, const char *not_name) {
	const struct tree *found = tree_get(t, name);
	return found ? found : tree_get(t, not_name);
}

static void put_element(struct buf *b, const struct tree *part, const char *name, const char *instead) {
	putz(b, ",");
	if (part) {
		put_json(b, part->name);
		putz(b, ":");
		put(b, part->raw);
	} else {
		putf(b, "\"%s\":\"%s\"", name, instead);
	}
}

/* What of the statement is to be looked at; an absent part fits everything. */
struct parts {
	const struct tree *effect, *principal, *action, *resource;
	str condition; /* as JSON; absent: none */
};

static void put_statement(struct buf *b, const struct parts *s, enum policy_kind kind) {
	putf(b, "{\"Effect\":\"" STR_FMT "\"", STR_ARG(tree_text(s->effect)));
	put_element(b, s->action, "Action", kind == POLICY_TRUST ? "sts:*" : "*");
	if (kind != POLICY_IDENTITY) {
		put_element(b, s->principal, "Principal", "*");
	}
	if (kind != POLICY_TRUST) {
		put_element(b, s->resource, "Resource", "*");
	}
	if (s->condition.p) {
		putf(b, ",\"Condition\":" STR_FMT, STR_ARG(s->condition));
	}
	putz(b, "}");
}

static const struct policy *read_statements(struct arena *a, str statements, enum policy_kind kind) {
	struct policy_error why;
	return policy_read(
		a, str_printf(a, "{\"Version\":\"2012-10-17\",\"Statement\":[" STR_FMT "]}", STR_ARG(statements)), kind,
		&why);
}

static bool fits(const struct parts *s, enum policy_kind kind, const struct access *q) {
	struct buf b = { .arena = q->arena };
	put_statement(&b, s, kind);
	const struct policy *p = read_statements(q->arena, buf_str(&b), kind);
	return p && policy_says(p, q).say != SAY_NOTHING;
}

const struct policy *statement_alone(struct arena *a, const struct policy *p, size_t i, enum policy_kind kind) {
	return read_statements(a, policy_statement_text(p, i), kind);
}

/* --- conditions --- */

static size_t values_of(struct arena *a, const struct tree *list, const str **out) {
	size_t n = 0;
	str *v = NEWS(a, str, item_count(list));
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		v[n++] = t->s;
	}
	*out = v;
	return n;
}

static size_t count_lines(const struct tree *condition) {
	size_t n = 0;
	for (const struct tree *op = condition ? condition->first : NULL; op; op = op->next) {
		for (const struct tree *key = op->first; key; key = key->next) {
			n++;
		}
	}
	return n;
}

static size_t read_lines(struct arena *a, const struct tree *condition, struct unmet **out) {
	size_t n = 0;
	struct unmet *lines = NEWS(a, struct unmet, count_lines(condition) + 1);
	for (const struct tree *op = condition ? condition->first : NULL; op; op = op->next) {
		for (const struct tree *key = op->first; key; key = key->next) {
			struct unmet *u = &lines[n++];
			u->op = op->name;
			u->key = key->name;
			u->n_wanted = values_of(a, key, &u->wanted);
		}
	}
	*out = lines;
	return n;
}

size_t statement_conditions(struct arena *a, const struct policy *p, size_t i, const struct unmet **out) {
	struct unmet *lines;
	size_t n = read_lines(a, tree_get(statement_tree(a, p, i), "Condition"), &lines);
	*out = lines;
	return n;
}

static str condition_of(struct arena *a, const struct unmet *u) {
	struct buf b = { .arena = a };
	putz(&b, "{");
	put_json(&b, u->op);
	putz(&b, ":{");
	put_json(&b, u->key);
	putz(&b, ":[");
	for (size_t i = 0; i < u->n_wanted; i++) {
		putz(&b, i ? "," : "");
		put_json(&b, u->wanted[i]);
	}
	putz(&b, "]}}");
	return buf_str(&b);
}

static void see_what_it_had(struct unmet *u, const struct access *q) {
	struct values v = { 0 };
	u->has = q->context && q->context->find(q->context->arg, u->key, &v);
	u->had = v.v;
	u->n_had = u->has ? v.n : 0;
}

static void look_at_conditions(const struct tree *t, enum policy_kind kind, const struct access *q, struct near *out) {
	struct unmet *lines;
	size_t n = read_lines(q->arena, tree_get(t, "Condition"), &lines), missed = 0;
	for (size_t i = 0; i < n; i++) {
		struct parts s = { .effect = tree_get(t, "Effect"), .condition = condition_of(q->arena, &lines[i]) };
		if (!fits(&s, kind, q)) {
			see_what_it_had(&lines[i], q);
			lines[missed++] = lines[i];
		}
	}
	out->unmet = lines;
	out->n_unmet = missed;
	out->condition = missed == 0;
}

void near_look(const struct policy *p, size_t i, enum policy_kind kind, const struct access *q, struct near *out) {
	const struct tree *t = statement_tree(q->arena, p, i), *effect = tree_get(t, "Effect");
	*out = (struct near){ 0 };
	if (!t || !effect) {
		return;
	}
	out->principal = kind == POLICY_IDENTITY ||
			 fits(&(struct parts){ effect, .principal = either(t, "Principal", "NotPrincipal") }, kind, q);
	out->action = fits(&(struct parts){ effect, .action = either(t, "Action", "NotAction") }, kind, q);
	out->resource = kind == POLICY_TRUST ||
			fits(&(struct parts){ effect, .resource = either(t, "Resource", "NotResource") }, kind, q);
	look_at_conditions(t, kind, q, out);
}

/* --- guesses --- */

bool statement_acts(const struct policy *p, size_t i, str action) {
	size_t n;
	bool inverse, found = false;
	const str *patterns = policy_actions(p, i, &n, &inverse);
	for (size_t k = 0; k < n && !found; k++) {
		found = glob_match_case(patterns[k], action);
	}
	return found != inverse;
}

static bool depends(struct arena *a, const struct policy *p, size_t i, const struct guess *g) {
	const struct unmet *lines;
	size_t at, n;
	if (!statement_acts(p, i, g->action) || !str_find(policy_statement_text(p, i), S("Condition"), &at)) {
		return false;
	}
	n = statement_conditions(a, p, i, &lines);
	for (size_t k = 0; k < n; k++) {
		if (!g->known(g->arg, lines[k].key)) {
			return true;
		}
	}
	return false;
}

static str known_keys(struct arena *a, const struct tree *op, const struct guess *g) {
	struct buf b = { .arena = a };
	for (const struct tree *key = op->first; key; key = key->next) {
		if (g->known(g->arg, key->name)) {
			putz(&b, b.n ? "," : "");
			put_json(&b, key->name);
			putz(&b, ":");
			put(&b, key->raw);
		}
	}
	return buf_str(&b);
}

/* Absent: nothing of it is left. */
static str known_condition(struct arena *a, const struct tree *condition, const struct guess *g) {
	struct buf b = { .arena = a };
	for (const struct tree *op = condition ? condition->first : NULL; op; op = op->next) {
		str keys = known_keys(a, op, g);
		if (keys.n) {
			putz(&b, b.n ? "," : "{");
			put_json(&b, op->name);
			putf(&b, ":{" STR_FMT "}", STR_ARG(keys));
		}
	}
	putz(&b, b.n ? "}" : "");
	return b.n ? buf_str(&b) : (str){ 0 };
}

static void put_guessed(struct buf *b, struct arena *a, const struct tree *t, const struct guess *g) {
	struct parts s = {
		.effect = tree_get(t, "Effect"),
		.principal = either(t, "Principal", "NotPrincipal"),
		.action = either(t, "Action", "NotAction"),
		.resource = either(t, "Resource", "NotResource"),
		.condition = known_condition(a, tree_get(t, "Condition"), g),
	};
	put_statement(b, &s, g->kind);
}

/* Whether anything depends; at: which statements stay. */
static bool choose(struct arena *a, const struct policy *p, const struct guess *g, size_t *at, size_t *kept) {
	bool any = false;
	*kept = 0;
	for (size_t i = 0; i < policy_statements(p); i++) {
		bool unsure = depends(a, p, i, g);
		any = any || unsure;
		if (statement_acts(p, i, g->action) && !(unsure && g->hopeful == policy_denies(p, i))) {
			at[(*kept)++] = i;
		}
	}
	return any;
}

const struct policy *policy_guess(struct arena *a, const struct policy *p, const struct guess *g, size_t **at) {
	size_t n = policy_statements(p), kept;
	struct buf b = { .arena = a };
	*at = NEWS(a, size_t, n + 1);
	if (!choose(a, p, g, *at, &kept)) {
		for (size_t i = 0; i < n; i++) {
			(*at)[i] = i;
		}
		return p;
	}
	for (size_t i = 0; i < kept; i++) {
		putz(&b, i ? "," : "");
		put_guessed(&b, a, statement_tree(a, p, (*at)[i]), g);
	}
	return kept ? read_statements(a, buf_str(&b), g->kind) : NULL;
}
