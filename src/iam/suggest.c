#include "core/decision.h"
#include "iam/least.h"
#include "iam/report.h"
#include "iam/room.h"

/* What somebody was allowed in the time that is asked about. */
struct record {
	struct arena *a;
	str principal; /* as it was asked for */
	struct entity entity; /* id absent: root, or a single session */
	int64_t since;
	struct used *v;
	size_t n, cap;
	size_t refused, cut;
};

struct suggesting {
	struct control *c;
	struct db *db;
	struct record record;
	size_t decisions;
	str document;
	bool verify;
};

/* --- the record --- */

static bool is_his(const struct record *r, const struct decision *d) {
	return r->entity.id.n ? str_eq(d->entity_id, r->entity.id) : str_eq(d->principal, r->principal);
}

static void add_used(struct record *r, const struct decision *d) {
	if (r->n == r->cap) {
		const struct used *old = r->v;
		r->cap = r->cap ? r->cap * 2 : 256;
		r->v = NEWS(r->a, struct used, r->cap);
		for (size_t i = 0; i < r->n; i++) {
			r->v[i] = old[i];
		}
	}
	r->v[r->n++] = (struct used){ str_dup(r->a, d->action), str_dup(r->a, d->resource) };
}

/* A resource whose ARN was cut would be another one. */
static bool take(void *arg, const struct decision *d) {
	struct record *r = arg;
	if (d->at < r->since || !is_his(r, d)) {
		return true;
	}
	if (!d->allowed) {
		r->refused++;
	} else if (d->cut) {
		r->cut++;
	} else {
		add_used(r, d);
	}
	return true;
}

/* --- is it enough? --- */

static bool allowed_by(const struct policy *p, const struct used *u, struct arena *a) {
	struct principal nobody = { 0 };
	struct access q = { .who = &nobody, .action = u->action, .resource = u->resource, .arena = a };
	return policy_says(p, &q).say == SAY_ALLOW;
}

static size_t replay(struct suggesting *s) {
	struct policy_error why;
	const struct record *r = &s->record;
	const struct policy *p = policy_read(r->a, s->document, POLICY_IDENTITY, &why);
	struct buf *b = &s->c->out;
	size_t refused = 0;
	if (!s->c->text) {
		put_open(b, "refused", '[');
	}
	for (size_t i = 0; i < r->n; i++) {
		if (p && allowed_by(p, &r->v[i], r->a)) {
			continue;
		}
		refused++;
		if (s->c->text) {
			putf(b, "It would not allow " STR_FMT " on ", STR_ARG(r->v[i].action));
			put_visible(b, r->v[i].resource);
			putz(b, ".\n");
			continue;
		}
		put_comma(b);
		putz(b, "{");
		put_field(b, "action", r->v[i].action);
		put_field(b, "resource", r->v[i].resource);
		putz(b, "}");
	}
	putz(b, s->c->text ? "" : "]");
	return refused;
}

/* --- what is granted and never used --- */

static bool nothing_known(const void *arg, str key) {
	(void)arg;
	(void)key;
	return false;
}

/* A statement of which some actions, or all, were never used. */
struct idle {
	const struct bound *by;
	size_t statement;
	const str *never;
	size_t n_never;
	const str *used; /* by these actions it was */
	size_t n_used;
	bool inverse; /* never: the whole NotAction */
};

/* The actions of the record that the statement allows, whatever its conditions; the record is sorted by them. */
static size_t used_actions(const struct record *r, const struct bound *by, size_t statement, str *out) {
	size_t n = 0, *at;
	struct guess g = { .kind = POLICY_IDENTITY, .hopeful = true, .known = nothing_known };
	const struct policy *alone = statement_alone(r->a, by->policy, statement, POLICY_IDENTITY), *p = NULL;
	for (size_t i = 0; alone && i < r->n; i++) {
		if (!str_eq(g.action, r->v[i].action)) {
			g.action = r->v[i].action;
			p = policy_guess(r->a, alone, &g, &at);
		}
		if (p && (!n || !str_eq(out[n - 1], g.action)) && allowed_by(p, &r->v[i], r->a)) {
			out[n++] = g.action;
		}
	}
	return n;
}

static bool matches_any(str pattern, const str *actions, size_t n) {
	for (size_t i = 0; i < n; i++) {
		if (glob_match_case(pattern, actions[i])) {
			return true;
		}
	}
	return false;
}

static bool find_idle(const struct record *r, const struct bound *by, size_t statement, struct idle *out) {
	size_t n, n_never = 0;
	bool inverse;
	const str *patterns = policy_actions(by->policy, statement, &n, &inverse);
	str *used = NEWS(r->a, str, r->n + 1), *never = NEWS(r->a, str, n + 1);
	size_t n_used = used_actions(r, by, statement, used);
	for (size_t i = 0; i < n; i++) {
		if (inverse ? n_used == 0 : !matches_any(patterns[i], used, n_used)) {
			never[n_never++] = patterns[i];
		}
	}
	*out = (struct idle){ by, statement, never, n_never, used, n_used, inverse };
	return n_never > 0;
}

static void tell_idle(struct control *c, const struct idle *i) {
	struct buf *b = &c->out;
	if (c->text) {
		putz(b, "Never used of ");
		put(b, bound_words(b->arena, i->by, i->statement));
		putz(b, i->inverse ? ": anything but " : ": ");
		say_values(b, i->never, i->n_never, " and ");
		putz(b, ".\n");
		return;
	}
	put_comma(b);
	putz(b, "{");
	put_source(b, i->by, (int)i->statement);
	put_list(b, i->inverse ? "neverButFor" : "never", i->never, i->n_never);
	put_list(b, "used", i->used, i->n_used);
	putz(b, "}");
}

static void tell_idles(struct suggesting *s) {
	const struct record *r = &s->record;
	const struct identity *who = r->entity.id.n ? identity_of(s->db, r->a, r->entity.id) : NULL;
	struct idle idle;
	if (!s->c->text) {
		put_open(&s->c->out, "unused", '[');
	}
	for (size_t i = 0; who && i < who->n_policies; i++) {
		for (size_t k = 0; k < policy_statements(who->policies[i].policy); k++) {
			if (!policy_denies(who->policies[i].policy, k) && find_idle(r, &who->policies[i], k, &idle)) {
				tell_idle(s->c, &idle);
			}
		}
	}
	putz(&s->c->out, s->c->text ? "" : "]");
}

/* --- the answer --- */

static void verify(struct suggesting *s) {
	struct buf *b = &s->c->out;
	if (!s->c->text) {
		put_open(b, "verified", '{');
		size_t refused = replay(s);
		put_flag(b, "all", refused == 0);
		putz(b, "}");
		tell_idles(s);
		return;
	}
	putz(b, "\n");
	if (!replay(s)) {
		putf(b, "It allows all that was allowed (decisions in the record: %zu).\n", s->decisions);
	}
	tell_idles(s);
}

static void tell(struct suggesting *s) {
	struct buf *b = &s->c->out;
	const struct record *r = &s->record;
	if (s->c->text) {
		put_pretty(b, s->document);
	} else {
		putz(b, "{");
		put_field(b, "principal", r->principal);
		putf(b, ",\"decisions\":%zu,\"refused\":%zu,\"leftOut\":%zu,\"characters\":%zu", s->decisions,
		     r->refused, r->cut, s->document.n);
		put_raw(b, "policy", s->document);
	}
	if (s->verify) {
		verify(s);
	}
	if (s->c->text && r->cut) {
		putf(b, "\nLeft out, for their ARNs were too long for the record: %zu.\n", r->cut);
	}
	putz(b, s->c->text ? "" : "}\n");
}

static bool read_since(struct control *c, struct record *r) {
	int64_t ms;
	str since = query_get(c->x->arena, &c->x->head, "since");
	if (!since.p) {
		return true;
	}
	if (duration_parse(since, &ms)) {
		r->since = clock_now() - ms;
		return true;
	}
	if (time_parse(since, &r->since)) {
		return true;
	}
	control_say_no(c, 400, "Since when? Say a span like 2h or 7d, or a time like 2027-01-31T12:00:00Z.");
	return false;
}

/* Root has no entity, and a single session is whom its ARN names. */
static bool find_principal(struct suggesting *s) {
	struct record *r = &s->record;
	bool plain = str_ends(r->principal, S(":root")) || str_starts(r->principal, S("arn:aws:sts::"));
	if (plain) {
		return true;
	}
	if (entity_of_arn(s->db, r->a, r->principal, &r->entity) &&
	    (r->entity.kind == ENTITY_USER || r->entity.kind == ENTITY_ROLE)) {
		return true;
	}
	control_say_no(s->c, 404, "There is no user or role " STR_FMT ".", STR_ARG(r->principal));
	return false;
}

static void suggest(struct suggesting *s) {
	struct record *r = &s->record;
	if (!find_principal(s)) {
		return;
	}
	decision_each(take, r);
	s->decisions = r->n;
	s->document = least_policy(r->a, r->v, r->n);
	if (s->document.p) {
		tell(s);
		return;
	}
	control_say_no(s->c, 404,
		       "The record holds nothing that " STR_FMT
		       " was allowed in that time (the newest %d decisions are kept).",
		       STR_ARG(r->principal), DECISIONS_KEPT);
}

void control_suggest(struct control *c) {
	AUTO_ARENA work = { 0 };
	struct suggesting s = { .c = c, .record.a = &work, .verify = query_has(c->x->arena, &c->x->head, "verify") };
	if (!must_have(c, "principal", "Of whom? Say principal= and the ARN of a user or role.", &s.record.principal) ||
	    !read_since(c, &s.record)) {
		return;
	}
	s.db = store_reader(c->cloud->store);
	suggest(&s);
	int rc = db_error(s.db);
	store_reader_done(c->cloud->store, s.db);
	if (rc) {
		control_say_no(c, 500, "The store could not be read: %s.", strerror(-rc));
	}
}
