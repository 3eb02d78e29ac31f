#include "iam/report.h"
#include "iam/room.h"
#include "iam/self.h"
#include "iam/sources.h"

/* Nobody has asked, so nothing is known of a request but who would make it. Each principal is therefore judged twice:
 * hopefully and strictly (see policy_guess). Allowed both times: he may. Allowed once: it depends. */
struct asking {
	struct control *c;
	struct arena *a;
	struct db *db;
	str action;
	struct resource resource;
	bool known; /* a service knows the resource */
	size_t may, may_perhaps;
};

/* A policy, guessed, and what it was. */
struct guessed {
	const struct bound *of;
	size_t *at;
};

struct guesses {
	struct bound *v, boundary, resource;
	struct guessed *was, boundary_was, resource_was;
	size_t n;
};

struct judged {
	struct verdict verdict; /* in terms of the policies as they are */
	struct guesses guesses;
};

static bool is_known(const void *arg, str key) {
	const struct identity *who = arg;
	return is_self_key(key) && !(who->who.kind == PRINCIPAL_ROLE && str_ieq(key, S("aws:userid")));
}

static bool find_key(void *arg, str key, struct values *out) {
	return self_key(arg, key, out);
}

static bool guess_one(struct arena *a, const struct bound *b, const struct guess *g, struct bound *out,
		      struct guessed *was) {
	*out = *b;
	was->of = b;
	out->policy = policy_guess(a, b->policy, g, &was->at);
	return out->policy != NULL;
}

static enum policy_kind resource_kind(const struct asking *q) {
	return q->resource.trust ? POLICY_TRUST : POLICY_RESOURCE;
}

static void guess_all(const struct asking *q, const struct identity *who, bool hopeful, struct guesses *out) {
	struct guess g = { POLICY_IDENTITY, hopeful, q->action, is_known, who };
	out->v = NEWS(q->a, struct bound, who->n_policies + 1);
	out->was = NEWS(q->a, struct guessed, who->n_policies + 1);
	for (size_t i = 0; i < who->n_policies; i++) {
		out->n += guess_one(q->a, &who->policies[i], &g, &out->v[out->n], &out->was[out->n]);
	}
	/* A boundary of which nothing is left is not the same as none. */
	if (who->boundary && !guess_one(q->a, who->boundary, &g, &out->boundary, &out->boundary_was)) {
		out->boundary.policy = policy_silent();
	}
	g.kind = resource_kind(q);
	if (q->resource.policy && !guess_one(q->a, q->resource.policy, &g, &out->resource, &out->resource_was)) {
		out->resource.policy = NULL;
	}
}

static void translate(const struct guessed *g, struct verdict *v) {
	v->by = g->of;
	v->statement = v->statement < 0 || !g->at ? v->statement : (int)g->at[v->statement];
}

static void judge(const struct asking *q, const struct identity *who, bool hopeful, struct judged *out) {
	struct self self = { q->a, &who->who, who->tags, who->n_tags };
	struct context context = { find_key, &self };
	struct guesses *g = &out->guesses;
	guess_all(q, who, hopeful, g);
	struct question question = {
		.access = { .who = &who->who,
			    .action = q->action,
			    .resource = q->resource.arn,
			    .context = &context,
			    .arena = q->a },
		.resource_account = q->resource.account,
		.identity = g->v,
		.n_identity = g->n,
		.boundary = g->boundary.policy ? &g->boundary : NULL,
		.resource = g->resource.policy ? &g->resource : NULL,
		.restricted = q->resource.restricted,
		.owner_may = q->resource.owner_may,
		.trust = q->resource.trust,
	};
	struct verdict *v = &out->verdict;
	decide(&question, v);
	if (v->by == &g->boundary) {
		translate(&g->boundary_was, v);
	} else if (v->by == &g->resource) {
		translate(&g->resource_was, v);
	} else if (v->by) {
		translate(&g->was[v->by - g->v], v);
	}
}

/* --- what it depends on --- */

struct dependence {
	const struct bound *by;
	size_t statement;
	bool denies;
	const struct unmet *lines;
	size_t n;
};

struct dependences {
	struct dependence *v;
	size_t n, cap;
};

static size_t unknown_lines(struct arena *a, const struct identity *who, const struct policy *p, size_t i,
			    struct unmet **out) {
	const struct unmet *lines;
	size_t all = statement_conditions(a, p, i, &lines), n = 0;
	*out = NEWS(a, struct unmet, all + 1);
	for (size_t k = 0; k < all; k++) {
		if (!is_known(who, lines[k].key)) {
			(*out)[n++] = lines[k];
		}
	}
	return n;
}

static void add_dependence(struct arena *a, struct dependences *d, const struct dependence *one) {
	if (d->n == d->cap) {
		struct dependence *old = d->v;
		d->cap = d->cap ? d->cap * 2 : 8;
		d->v = NEWS(a, struct dependence, d->cap);
		for (size_t i = 0; i < d->n; i++) {
			d->v[i] = old[i];
		}
	}
	d->v[d->n++] = *one;
}

static void look_for(const struct asking *q, const struct identity *who, const struct bound *b, enum policy_kind kind,
		     struct dependences *out) {
	struct self self = { q->a, &who->who, who->tags, who->n_tags };
	struct context context = { find_key, &self };
	struct access access = {
		.who = &who->who, .action = q->action, .resource = q->resource.arn, .context = &context, .arena = q->a
	};
	for (size_t i = 0; b && i < policy_statements(b->policy); i++) {
		struct near near;
		struct unmet *lines;
		size_t n = statement_acts(b->policy, i, q->action) ? unknown_lines(q->a, who, b->policy, i, &lines) : 0;
		if (!n) {
			continue;
		}
		near_look(b->policy, i, kind, &access, &near);
		if (near.principal && near.action && near.resource) {
			add_dependence(q->a, out, &(struct dependence){ b, i, policy_denies(b->policy, i), lines, n });
		}
	}
}

static struct dependences depends_on(const struct asking *q, const struct identity *who) {
	struct dependences d = { 0 };
	for (size_t i = 0; i < who->n_policies; i++) {
		look_for(q, who, &who->policies[i], POLICY_IDENTITY, &d);
	}
	look_for(q, who, who->boundary, POLICY_IDENTITY, &d);
	look_for(q, who, q->resource.policy, resource_kind(q), &d);
	return d;
}

/* --- the answer --- */

static const char *kind_of(const struct principal *who) {
	static const char *const kinds[] = {
		[PRINCIPAL_ANONYMOUS] = "anonymous",
		[PRINCIPAL_ROOT] = "root",
		[PRINCIPAL_USER] = "user",
		[PRINCIPAL_ROLE] = "role",
	};
	return kinds[who->kind];
}

static str shown_arn(const struct principal *who) {
	return who->entity_arn.n ? who->entity_arn : who->arn;
}

static void put_principal(const struct asking *q, const struct identity *who, const struct verdict *v,
			  const struct dependences *d) {
	struct buf *b = &q->c->out;
	put_comma(b);
	putz(b, "{");
	put_field(b, "arn", shown_arn(&who->who));
	put_field(b, "kind", str_from(kind_of(&who->who)));
	put_field(b, "access", d ? S("conditional") : S("allowed"));
	put_field(b, "layer", str_from(layer_name(v->layer)));
	put_source(b, v->by, v->statement);
	put_open(b, "conditions", '[');
	for (size_t i = 0; d && i < d->n; i++) {
		put_comma(b);
		putz(b, "{");
		put_field(b, "effect", d->v[i].denies ? S("Deny") : S("Allow"));
		put_source(b, d->v[i].by, (int)d->v[i].statement);
		put_unmet(b, "lines", d->v[i].lines, d->v[i].n, false);
		putz(b, "}");
	}
	putz(b, "]}");
}

static void say_principal(const struct asking *q, const struct identity *who, const struct verdict *v,
			  const struct dependences *d) {
	struct buf *b = &q->c->out;
	putf(b, STR_FMT "\n  ", STR_ARG(shown_arn(&who->who)));
	if (v->layer == LAYER_ROOT) {
		putz(b, "as root of the account\n");
	} else {
		putf(b, STR_FMT "\n", STR_ARG(verdict_words(q->a, v, q->action)));
	}
	for (size_t i = 0; d && i < d->n; i++) {
		for (size_t k = 0; k < d->v[i].n; k++) {
			putz(b, k ? " and " : d->v[i].denies ? "  but not when " : "  only when ");
			say_wanted(b, &d->v[i].lines[k]);
		}
		putz(b, " (");
		put(b, bound_words(b->arena, d->v[i].by, d->v[i].statement));
		putz(b, ")\n");
	}
}

static void tell(struct asking *q, const struct identity *who) {
	struct judged hopeful = { 0 }, strict = { 0 };
	if (!who) {
		return;
	}
	judge(q, who, true, &hopeful);
	if (!hopeful.verdict.allowed) {
		return;
	}
	judge(q, who, false, &strict);
	bool sure = strict.verdict.allowed;
	const struct verdict *v = sure ? &strict.verdict : &hopeful.verdict;
	struct dependences d = sure ? (struct dependences){ 0 } : depends_on(q, who);
	q->may += sure;
	q->may_perhaps += !sure;
	if (q->c->text) {
		say_principal(q, who, v, sure ? NULL : &d);
	} else {
		put_principal(q, who, v, sure ? NULL : &d);
	}
}

static void tell_root(struct asking *q, str account) {
	struct identity *root = NEW(q->a, struct identity);
	root->who = (struct principal){
		.kind = PRINCIPAL_ROOT,
		.account = account,
		.arn = str_printf(q->a, "arn:aws:iam::" STR_FMT ":root", STR_ARG(account)),
		.id = account,
	};
	tell(q, root);
}

/* Whoever sends a request that is not signed. */
static void tell_anonymous(struct asking *q) {
	struct identity *anonymous = NEW(q->a, struct identity);
	anonymous->who = (struct principal){ .kind = PRINCIPAL_ANONYMOUS, .arn = S("anonymous") };
	tell(q, anonymous);
}

/* One account after the other, root first, then users and roles by name. */
static void tell_all(struct asking *q, str account) {
	struct entity e;
	if (!account.p) {
		tell_anonymous(q);
	}
	AUTO_QUERY accounts =
		db_query(q->db, "SELECT id FROM account WHERE ?1 IS NULL OR id = ?1 ORDER BY id", "t", account);
	while (query_step(accounts)) {
		tell_root(q, query_dup(q->a, accounts, 0));
	}
	AUTO_QUERY entities = db_query(q->db,
				       "SELECT " ENTITY_COLUMNS " FROM entity e WHERE (?1 IS NULL OR e.account = ?1)"
				       " AND e.kind IN (?2, ?3) ORDER BY e.account, e.kind, e.low",
				       "tii", account, (int64_t)ENTITY_USER, (int64_t)ENTITY_ROLE);
	while (query_step(entities)) {
		struct arena_mark mark = arena_mark(q->a);
		entity_read(q->a, entities, &e);
		tell(q, identity_of(q->db, q->a, e.id));
		arena_reset(q->a, mark);
	}
}

static void find_resource(struct asking *q, str arn) {
	q->known = resource_find(q->c->cloud->faces, q->db, q->a,
				 &(struct access){ .action = q->action, .resource = arn }, &q->resource);
	if (!q->resource.account.n) {
		q->resource.account = q->c->cloud->account;
	}
}

static void begin(const struct asking *q) {
	struct buf *b = &q->c->out;
	if (q->c->text) {
		return;
	}
	putz(b, "{");
	put_field(b, "action", q->action);
	put_field(b, "resource", q->resource.arn);
	put_field(b, "owner", q->resource.account);
	put_flag(b, "known", q->known);
	put_open(b, "principals", '[');
}

static void end(const struct asking *q) {
	struct buf *b = &q->c->out;
	if (!q->c->text) {
		putz(b, "]}\n");
		return;
	}
	putf(b, "%zu may " STR_FMT " on " STR_FMT, q->may, STR_ARG(q->action), STR_ARG(q->resource.arn));
	putf(b, q->may_perhaps ? ", %zu more under conditions.\n" : ".\n", q->may_perhaps);
	if (!q->known) {
		putf(b,
		     "No service here has that resource: it was taken for one of account " STR_FMT
		     " without a policy of its own.\n",
		     STR_ARG(q->resource.account));
	}
}

void control_who_can(struct control *c) {
	AUTO_ARENA work = { 0 };
	struct asking q = { .c = c, .a = &work };
	str arn, account = query_get(c->x->arena, &c->x->head, "account");
	if (!must_have(c, "action", "Which action? Say action=s3:GetObject.", &q.action) ||
	    !must_have(c, "resource", "Which resource? Say resource= and its ARN.", &arn)) {
		return;
	}
	if (!memchr(q.action.p, ':', q.action.n) || memchr(q.action.p, '*', q.action.n)) {
		control_say_no(c, 400, "An action is written like s3:GetObject, without wildcards.");
		return;
	}
	if (!str_starts(arn, S("arn:")) && !str_is(arn, "*")) {
		control_say_no(c, 400, "A resource is written as its ARN, or *.");
		return;
	}
	q.db = store_reader(c->cloud->store);
	find_resource(&q, arn);
	begin(&q);
	tell_all(&q, account.n ? account : (str){ 0 });
	end(&q);
	int rc = db_error(q.db);
	store_reader_done(c->cloud->store, q.db);
	if (rc) {
		control_say_no(c, 500, "The store could not be read: %s.", strerror(-rc));
	}
}
