#include "iam/sources.h"

#include "policy/arn.h"

static void add(struct sources *s, struct arena *a, const struct bound *b, str document) {
	struct policy_error why;
	struct bound bound = *b;
	bound.policy = document.p ? policy_read(a, document, POLICY_IDENTITY, &why) : NULL;
	if (bound.policy) {
		s->v[s->n++] = bound;
	}
}

static size_t count_of(struct db *db, str id) {
	AUTO_QUERY q = db_query(db,
				"SELECT (SELECT count(*) FROM attachment WHERE entity = ?1) +"
				" (SELECT count(*) FROM inline_policy WHERE entity = ?1)",
				"t", id);
	return query_step(q) ? (size_t)query_int(q, 0) : 0;
}

struct sources sources_of_group(struct db *db, struct arena *a, const struct entity *group) {
	str from = entity_arn(a, group);
	struct sources s = { .v = NEWS(a, struct bound, count_of(db, group->id) + 1) };
	AUTO_QUERY managed =
		db_query(db, "SELECT policy FROM attachment WHERE entity = ? ORDER BY policy", "t", group->id);
	while (query_step(managed)) {
		str arn = query_dup(a, managed, 0);
		add(&s, a, &(struct bound){ .name = arn, .from = from }, managed_document(db, a, arn, 0));
	}
	AUTO_QUERY embedded =
		db_query(db, "SELECT name, document FROM inline_policy WHERE entity = ? ORDER BY name", "t", group->id);
	while (query_step(embedded)) {
		add(&s, a, &(struct bound){ .name = query_dup(a, embedded, 0), .from = from },
		    query_dup(a, embedded, 1));
	}
	return s;
}

str source_text(struct db *db, struct arena *a, const struct bound *b) {
	struct entity e;
	if (str_starts(b->name, S("arn:"))) {
		return managed_document(db, a, b->name, 0);
	}
	if (!entity_of_arn(db, a, b->from, &e)) {
		return (str){ 0 };
	}
	AUTO_QUERY q =
		db_query(db, "SELECT document FROM inline_policy WHERE entity = ? AND name = ?", "tt", e.id, b->name);
	return query_step(q) ? query_dup(a, q, 0) : (str){ 0 };
}

static bool blank(char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* From one byte of the text to a later one. */
static void go_on(struct place *p, str text, size_t *at, size_t to) {
	for (; *at < to; ++*at) {
		p->line += text.p[*at] == '\n';
		p->column = text.p[*at] == '\n' ? 1 : p->column + 1;
	}
}

const struct span *statement_places(struct arena *a, str text, const struct policy *p) {
	struct span *all = NEWS(a, struct span, policy_statements(p) + 1);
	struct place now = { 1, 1 };
	size_t at = 0, from, next;
	for (size_t i = 0; i < policy_statements(p); i++) {
		str statement = policy_statement_text(p, i);
		if (!statement.n || !str_find(str_skip(text, at), statement, &next)) {
			return NULL;
		}
		next += at;
		for (from = next; from > at && (blank(text.p[from - 1]) || text.p[from - 1] == ',');) {
			from--;
		}
		go_on(&now, text, &at, from);
		all[i].start = now;
		go_on(&now, text, &at, next + statement.n);
		all[i].end = now;
	}
	return all;
}

static bool entity_resource(struct db *db, struct arena *a, const struct access *q, struct resource *out) {
	struct entity e;
	struct policy_error why;
	if (!entity_of_arn(db, a, q->resource, &e)) {
		return false;
	}
	out->account = e.account;
	if (e.kind == ENTITY_ROLE && str_starts(q->action, S("sts:"))) {
		struct bound *trust = NEW(a, struct bound);
		str shown = principals_shown(db, a, e.trust);
		*trust = (struct bound){ policy_read(a, shown, POLICY_TRUST, &why), S("trust policy"), q->resource };
		out->policy = trust->policy ? trust : NULL;
		out->trust = true;
	}
	return true;
}

bool resource_find(const struct face *const *faces, struct db *db, struct arena *a, const struct access *q,
		   struct resource *out) {
	*out = (struct resource){ 0 };
	bool known = entity_resource(db, a, q, out);
	for (; *faces && !known; faces++) {
		known = (*faces)->policy_of && (*faces)->policy_of(db, a, q->resource, out);
	}
	out->arn = q->resource;
	if (!known) {
		*out = (struct resource){ .arn = q->resource, .account = arn_account(q->resource) };
	}
	return known;
}
