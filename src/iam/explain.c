#include "iam/asked.h"

struct explaining {
	struct control *c;
	struct db *db;
	str request;
	size_t n; /* decisions of it so far */
};

/* --- as JSON --- */

static const char *const parts[] = {
	[PART_NONE] = "none",         [PART_PRINCIPAL] = "principal", [PART_ACTION] = "action",
	[PART_RESOURCE] = "resource", [PART_CONDITION] = "condition",
};

static void put_miss(struct buf *b, const struct miss *m) {
	put_comma(b);
	putz(b, "{");
	put_field(b, "missing", str_from(parts[m->part]));
	put_source(b, m->by, (int)m->statement);
	if (m->patterns) {
		put_list(b, m->inverse ? "allBut" : "patterns", m->patterns, m->n_patterns);
	}
	if (m->part == PART_CONDITION) {
		put_unmet(b, "unmet", m->unmet, m->n_unmet, true);
	}
	put_field(b, "hint", m->hint);
	putz(b, "}");
}

static void put_cures(struct buf *b, const struct asked *q) {
	struct cure cures[2];
	size_t n = asked_cures(q, cures);
	put_open(b, "cures", '[');
	for (size_t i = 0; i < n; i++) {
		put_comma(b);
		putz(b, "{");
		put_field(b, "where", cures[i].where);
		put_raw(b, "statement", cures[i].statement);
		putz(b, "}");
	}
	putz(b, "]");
}

static void put_decision(struct buf *b, const struct asked *q) {
	size_t statement;
	const struct miss *misses;
	const struct bound *by = asked_by(q, &statement);
	size_t n = asked_misses(q, &misses);
	put_comma(b);
	decision_write(b, q->d);
	b->n--; /* its last brace: the object goes on */
	if (by) {
		put_open(b, "decidedBy", '{');
		put_source(b, by, (int)statement);
		putz(b, "}");
	}
	put_cures(b, q);
	put_open(b, "nearMisses", '[');
	for (size_t i = 0; i < n; i++) {
		put_miss(b, &misses[i]);
	}
	putz(b, "]}");
}

/* --- in sentences --- */

static void say_keys(struct buf *b, const struct decision *d) {
	str rest = d->keys, key, value, last = { 0 };
	while (decision_key(&rest, &key, &value)) {
		if (str_eq(key, last)) {
			putz(b, ", ");
		} else {
			putf(b, "%s" STR_FMT " ", last.n ? "; " : "  asked with ", STR_ARG(key));
		}
		put_visible(b, !value.p ? S("missing") : value.n ? value : S("(empty)"));
		last = key;
	}
	putz(b, last.n ? "\n" : "");
}

static void say_decided(struct buf *b, const struct asked *q) {
	size_t statement;
	const struct decision *d = q->d;
	const struct bound *by = asked_by(q, &statement);
	if (by) {
		say_statement(b, policy_statement_text(by->policy, statement));
	} else if (d->statement >= 0) {
		putz(b, "  That statement is no more, or no longer as it was, or came with the session.\n");
	}
	if (d->explicit_deny) {
		putz(b, "  It would have to go, or not to match: no other policy overrules a deny.\n");
	}
	if (d->layer == LAYER_BLOCK) {
		putz(b, "  The bucket's public access block would have to leave public policies alone "
			"(RestrictPublicBuckets), or its policy not to be public.\n");
	}
}

static void say_cures(struct buf *b, const struct asked *q) {
	struct cure cures[2];
	size_t n = asked_cures(q, cures);
	for (size_t i = 0; i < n; i++) {
		putf(b, "  %s in " STR_FMT ":\n", i ? "and" : "This would allow it,", STR_ARG(cures[i].where));
		say_statement(b, cures[i].statement);
	}
	if (n && q->d->cut) {
		putz(b, "  (The resource's ARN was too long for the record: its end is missing.)\n");
	}
}

static void say_unmet(struct buf *b, const struct miss *m) {
	for (size_t i = 0; i < m->n_unmet; i++) {
		const struct unmet *u = &m->unmet[i];
		putz(b, i ? "; and only when " : "fits but for its condition: only when ");
		say_wanted(b, u);
		putz(b, u->has ? ", and it was " : ", and the request has no such key");
		if (u->has) {
			say_values(b, u->had, u->n_had, " and ");
		}
	}
}

static void say_miss(struct buf *b, const struct miss *m) {
	static const char *const misfits[] = {
		[PART_NONE] = "fits as policies are now: something has changed since",
		[PART_PRINCIPAL] = "fits but for the principal: it names others",
		[PART_ACTION] = "fits but for the action: it has ",
		[PART_RESOURCE] = "fits but for the resource: it has ",
		[PART_CONDITION] = "",
	};
	putz(b, "  Near: ");
	put(b, bound_words(b->arena, m->by, m->statement));
	putf(b, " %s", misfits[m->part]);
	if (m->patterns) {
		putz(b, m->inverse ? "all but " : "");
		say_values(b, m->patterns, m->n_patterns, " and ");
	}
	if (m->part == PART_CONDITION) {
		say_unmet(b, m);
	}
	putz(b, ".");
	if (m->hint.p) {
		put_byte(b, ' ');
		put_visible(b, m->hint);
	}
	putz(b, "\n");
	say_statement(b, policy_statement_text(m->by->policy, m->statement));
}

static void say_decision(struct buf *b, const struct asked *q) {
	const struct miss *misses;
	size_t n = asked_misses(q, &misses);
	decision_tell(b, q->d);
	say_decided(b, q);
	say_keys(b, q->d);
	say_cures(b, q);
	for (size_t i = 0; i < n; i++) {
		say_miss(b, &misses[i]);
	}
}

/* --- the command --- */

static bool explain_one(void *arg, const struct decision *d) {
	struct explaining *e = arg;
	AUTO_ARENA work = { 0 };
	struct asked q;
	if (!str_eq(d->request_id, e->request)) {
		return true;
	}
	e->n++;
	asked_read(&q, e->c, e->db, d, &work);
	if (e->c->text) {
		say_decision(&e->c->out, &q);
	} else {
		put_decision(&e->c->out, &q);
	}
	return true;
}

struct last {
	struct arena *arena;
	str request; /* of the newest refusal */
};

static bool keep_refusal(void *arg, const struct decision *d) {
	struct last *last = arg;
	if (!d->allowed && !str_eq(last->request, d->request_id)) {
		last->request = str_dup(last->arena, d->request_id);
	}
	return true;
}

/* The request that is asked about, or the last one that was refused. */
static bool which(struct control *c, str *request) {
	*request = query_get(c->x->arena, &c->x->head, "request");
	if (request->n) {
		return true;
	}
	AUTO_ARENA seen = { 0 };
	struct last last = { .arena = &seen };
	decision_each(keep_refusal, &last);
	*request = str_dup(c->x->arena, last.request);
	if (!request->n) {
		control_say_no(c, 404, "No request was refused, as far as the record goes back.");
	}
	return request->n > 0;
}

void control_explain(struct control *c) {
	struct explaining e = { .c = c };
	if (!which(c, &e.request)) {
		return;
	}
	if (!c->text) {
		putz(&c->out, "{");
		put_field(&c->out, "requestId", e.request);
		put_open(&c->out, "decisions", '[');
	}
	e.db = store_reader(c->cloud->store);
	decision_each(explain_one, &e);
	int rc = db_error(e.db);
	store_reader_done(c->cloud->store, e.db);
	putz(&c->out, c->text ? "" : "]}\n");
	if (rc) {
		control_say_no(c, 500, "The store could not be read: %s.", strerror(-rc));
	} else if (!e.n) {
		control_say_no(c, 404,
			       "Nothing was decided for request " STR_FMT
			       ", or it is too long ago: the newest %d decisions are kept.",
			       STR_ARG(e.request), DECISIONS_KEPT);
	}
}

const struct command iam_commands[] = {
	{ "GET", "/iam/explain", control_explain },
	{ "GET", "/iam/who-can", control_who_can },
	{ "GET", "/iam/suggest", control_suggest },
	{ 0 },
};
