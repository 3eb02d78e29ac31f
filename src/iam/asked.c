#include "iam/asked.h"

#include "policy/actions.h"

/* --- what was asked --- */

/* Values of one key follow each other. A key without a value was asked for and not there. */
static bool recorded_key(void *arg, str key, struct values *out) {
	const struct asked *q = arg;
	str rest = q->d->keys, name, value;
	size_t n = 0;
	bool there = false;
	str *v = NEWS(q->access.arena, str, q->d->keys.n / 2 + 1);
	while (decision_key(&rest, &name, &value)) {
		if (str_ieq(name, key) && value.p) {
			there = true;
			v[n++] = value;
		}
	}
	*out = (struct values){ .v = v, .n = n, .many = n > 1 };
	return there;
}

static void read_who(struct asked *q) {
	const struct decision *d = q->d;
	if (d->entity_id.n) {
		q->identity = identity_of(q->db, q->access.arena, d->entity_id);
	}
	if (q->identity) {
		q->who = q->identity->who;
	} else if (str_ends(d->principal, S(":root"))) {
		q->who.kind = PRINCIPAL_ROOT;
	} else if (d->principal.n) {
		q->who.kind = PRINCIPAL_USER;
	}
	q->who.arn = d->principal;
	q->who.account = d->account;
}

void asked_read(struct asked *q, struct control *c, struct db *db, const struct decision *d, struct arena *work) {
	*q = (struct asked){ .c = c, .db = db, .d = d, .access.arena = work };
	read_who(q);
	q->context = (struct context){ recorded_key, q };
	q->access = (struct access){
		.who = &q->who, .action = d->action, .resource = d->resource, .context = &q->context, .arena = work
	};
	resource_find(c->cloud->faces, db, work, &q->access, &q->resource);
	if (d->resource_account.n) {
		q->resource.account = d->resource_account;
	}
	q->crossing = d->resource_account.n && d->account.n && !str_eq(d->resource_account, d->account);
}

static bool is_it(const struct bound *b, const struct decision *d) {
	size_t i = (size_t)d->statement;
	return b && str_eq(b->name, d->policy) && str_eq(b->from, d->from) && d->statement >= 0 &&
	       i < policy_statements(b->policy) && str_eq(policy_sid(b->policy, i), d->sid) &&
	       policy_denies(b->policy, i) == d->explicit_deny;
}

const struct bound *asked_by(const struct asked *q, size_t *statement) {
	const struct identity *who = q->identity;
	*statement = (size_t)(q->d->statement < 0 ? 0 : q->d->statement);
	for (size_t i = 0; who && i < who->n_policies; i++) {
		if (is_it(&who->policies[i], q->d)) {
			return &who->policies[i];
		}
	}
	if (who && is_it(who->boundary, q->d)) {
		return who->boundary;
	}
	return is_it(q->resource.policy, q->d) ? q->resource.policy : NULL;
}

/* --- cures --- */

static str who_to_name(const struct asked *q) {
	return q->who.entity_arn.n ? q->who.entity_arn : q->d->principal;
}

/* A bucket has the policy of all that is in it. */
static str holder(str arn) {
	str bucket, key;
	return str_starts(arn, S("arn:aws:s3:::")) && str_cut(arn, '/', &bucket, &key) ? bucket : arn;
}

static str statement_for(const struct asked *q, bool principal) {
	struct buf b = { .arena = q->access.arena };
	putz(&b, "{");
	put_field(&b, "Effect", S("Allow"));
	if (principal && q->d->principal.n) {
		put_open(&b, "Principal", '{');
		put_field(&b, "AWS", who_to_name(q));
		putz(&b, "}");
	} else if (principal) {
		put_field(&b, "Principal", S("*"));
	}
	put_field(&b, "Action", q->d->action);
	if (!q->resource.trust || !principal) {
		put_field(&b, "Resource", q->d->resource);
	}
	putz(&b, "}");
	return buf_str(&b);
}

static struct cure at_resource(const struct asked *q) {
	str arn = holder(q->d->resource);
	const char *what = q->resource.trust                     ? "the trust policy of "
			   : str_starts(arn, S("arn:aws:s3:::")) ? "the bucket policy of "
								 : "the policy of ";
	return (struct cure){ str_printf(q->access.arena, "%s" STR_FMT, what, STR_ARG(arn)), statement_for(q, true) };
}

static struct cure at_caller(const struct asked *q) {
	struct arena *a = q->access.arena;
	const struct bound *boundary = q->identity ? q->identity->boundary : NULL;
	str where = str_printf(a, "an identity policy of " STR_FMT, STR_ARG(who_to_name(q)));
	if (q->d->layer == LAYER_BOUNDARY) {
		where = boundary ? str_printf(a, "the permissions boundary " STR_FMT, STR_ARG(boundary->name))
				 : S("the permissions boundary");
	}
	if (q->d->layer == LAYER_SESSION) {
		where = S("the policy that the session was made with");
	}
	return (struct cure){ where, statement_for(q, false) };
}

static bool resource_allows(const struct asked *q) {
	return q->resource.policy && policy_says(q->resource.policy->policy, &q->access).say == SAY_ALLOW;
}

size_t asked_cures(const struct asked *q, struct cure out[2]) {
	size_t n = 0;
	if (q->d->allowed || q->d->explicit_deny || q->d->layer == LAYER_BLOCK) {
		return 0;
	}
	if (q->d->layer == LAYER_RESOURCE || q->d->layer == LAYER_ACL || !q->d->principal.n) {
		out[n++] = at_resource(q);
		return n;
	}
	out[n++] = at_caller(q);
	if (q->crossing && !resource_allows(q)) {
		out[n++] = at_resource(q);
	}
	return n;
}

/* --- near misses --- */

struct misses {
	struct miss *v;
	size_t n;
};

/* False: more than one part does not fit. */
static bool only_part(const struct near *n, enum part *out) {
	const bool fits[] = {
		[PART_NONE] = true,
		[PART_PRINCIPAL] = n->principal,
		[PART_ACTION] = n->action,
		[PART_RESOURCE] = n->resource,
		[PART_CONDITION] = n->condition,
	};
	*out = PART_NONE;
	for (enum part p = PART_PRINCIPAL; p <= PART_CONDITION; p++) {
		if (!fits[p] && *out != PART_NONE) {
			return false;
		}
		*out = fits[p] ? *out : p;
	}
	return true;
}

/* A statement about another service is not near. */
static bool same_service(const struct miss *m, str action) {
	str service, rest;
	str_cut(action, ':', &service, &rest);
	for (size_t i = 0; i < m->n_patterns; i++) {
		str head, tail;
		str_cut(m->patterns[i], ':', &head, &tail);
		if (str_ieq(head, service)) {
			return true;
		}
	}
	return false;
}

static str hint_for(const struct asked *q, str pattern) {
	struct arena *a = q->access.arena;
	str action = q->d->action, resource = q->d->resource, service, name;
	bool inside = pattern.n > resource.n && str_starts(pattern, resource) && pattern.p[resource.n] == '/';
	if (inside && !memchr(resource.p, '/', resource.n)) {
		return str_printf(a, STR_FMT " is asked for the bucket itself, " STR_FMT ", not for what is in it.",
				  STR_ARG(action), STR_ARG(resource));
	}
	if (str_starts(resource, S("arn:aws:s3:::")) && str_eq(holder(resource), pattern)) {
		return str_printf(a, STR_FMT " is asked for what is in the bucket, " STR_FMT "/*, not for the bucket.",
				  STR_ARG(action), STR_ARG(pattern));
	}
	str_cut(action, ':', &service, &name);
	const struct action *known = action_find(service, name);
	if (known && known->types && !action_may_match(known, pattern)) {
		return str_printf(a, "No resource that " STR_FMT " is asked for can match " STR_FMT ".",
				  STR_ARG(action), STR_ARG(pattern));
	}
	return (str){ 0 };
}

static bool was_asked_for(const struct asked *q, str key) {
	str rest = q->d->keys, name, value;
	while (decision_key(&rest, &name, &value)) {
		if (str_ieq(name, key)) {
			return true;
		}
	}
	return false;
}

/* Policies are read no further than is needed, so the record does not have every key: what it has not may have been
 * right, unless nothing else is wrong. */
static void forgive_unknown(const struct asked *q, struct near *n) {
	size_t known = 0;
	struct unmet *unmet = NEWS(q->access.arena, struct unmet, n->n_unmet + 1);
	for (size_t i = 0; i < n->n_unmet; i++) {
		if (was_asked_for(q, n->unmet[i].key)) {
			unmet[known++] = n->unmet[i];
		}
	}
	if (known || !(n->principal && n->action && n->resource)) {
		n->unmet = unmet;
		n->n_unmet = known;
		n->condition = known == 0;
	}
}

static void look_at(const struct asked *q, const struct bound *b, enum policy_kind kind, struct misses *out) {
	for (size_t i = 0; i < policy_statements(b->policy); i++) {
		struct miss m = { .by = b, .statement = i };
		struct near near;
		near_look(b->policy, i, kind, &q->access, &near);
		forgive_unknown(q, &near);
		if (policy_denies(b->policy, i) || !only_part(&near, &m.part)) {
			continue;
		}
		if (m.part == PART_ACTION) {
			m.patterns = policy_actions(b->policy, i, &m.n_patterns, &m.inverse);
		} else if (m.part == PART_RESOURCE) {
			m.patterns = policy_resources(b->policy, i, &m.n_patterns, &m.inverse);
		}
		if (m.part == PART_ACTION && !same_service(&m, q->d->action)) {
			continue;
		}
		for (size_t k = 0; m.part == PART_RESOURCE && k < m.n_patterns && !m.hint.p && !m.inverse; k++) {
			m.hint = hint_for(q, m.patterns[k]);
		}
		m.unmet = near.unmet;
		m.n_unmet = near.n_unmet;
		out->v[out->n++] = m;
	}
}

static size_t statements_of(const struct bound *b) {
	return b ? policy_statements(b->policy) : 0;
}

size_t asked_misses(const struct asked *q, const struct miss **out) {
	const struct identity *who = q->identity;
	enum layer layer = q->d->layer;
	size_t n = statements_of(q->resource.policy) + statements_of(who ? who->boundary : NULL);
	for (size_t i = 0; who && i < who->n_policies; i++) {
		n += statements_of(&who->policies[i]);
	}
	struct misses m = { .v = NEWS(q->access.arena, struct miss, n + 1) };
	*out = m.v;
	if (q->d->allowed || q->d->explicit_deny) {
		return 0;
	}
	for (size_t i = 0; layer == LAYER_IDENTITY && who && i < who->n_policies; i++) {
		look_at(q, &who->policies[i], POLICY_IDENTITY, &m);
	}
	if (layer == LAYER_BOUNDARY && who && who->boundary) {
		look_at(q, who->boundary, POLICY_IDENTITY, &m);
	}
	if (q->resource.policy && (layer == LAYER_RESOURCE || (layer == LAYER_IDENTITY && q->crossing))) {
		look_at(q, q->resource.policy, q->resource.trust ? POLICY_TRUST : POLICY_RESOURCE, &m);
	}
	return m.n;
}
