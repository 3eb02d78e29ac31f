/* What hangs where: whom a managed policy is used by, and which policies let somebody use a service. */
#include "iam/room.h"

/* --- ListEntitiesForPolicy --- */

static const struct {
	enum entity_kind kind;
	const char *list;
} holders[] = {
	{ ENTITY_GROUP, "PolicyGroups" },
	{ ENTITY_USER, "PolicyUsers" },
	{ ENTITY_ROLE, "PolicyRoles" },
};

enum { N_HOLDERS = sizeof(holders) / sizeof(*holders) };

static const char *list_of(enum entity_kind kind) {
	size_t i = 0;
	while (holders[i].kind != kind) {
		i++;
	}
	return holders[i].list;
}

static void show_holder(struct call *c, const struct entity *e) {
	const struct words *w = words_of(e->kind);
	struct val *v = append(c->arena, get(c->out, list_of(e->kind)));
	set_str(c->arena, v, w->name, e->name);
	set_str(c->arena, v, w->id, e->id);
}

static bool is_wanted(struct call *c, const struct entity *e) {
	str filter = get_str(c->in, "EntityFilter");
	return (!filter.n || str_is(filter, words_of(e->kind)->title)) &&
	       str_starts(e->path, get_str(c->in, "PathPrefix"));
}

static void show_holders(struct call *c, const struct page *page, struct query *q) {
	struct entity e, last = { 0 };
	int64_t n = 0;
	bool more = false;
	while (!more && query_step(q)) {
		entity_read(c->arena, q, &e);
		if (!is_wanted(c, &e)) {
			continue;
		}
		more = n++ == page->max;
		if (!more) {
			show_holder(c, &e);
			last = e;
		}
	}
	page_end(c, more, last.id);
}

static bool list_entities_for_policy(struct call *c) {
	struct entity policy;
	struct page page;
	str arn = get_str(c->in, "PolicyArn"), how = get_str(c->in, "PolicyUsageFilter");
	if (!page_of_input(c, &page) || !must_find_managed(c, call_db(c), arn, &policy)) {
		return false;
	}
	for (size_t i = 0; i < N_HOLDERS; i++) {
		set(c->arena, c->out, holders[i].list);
	}
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT " ENTITY_COLUMNS " FROM"
				" (SELECT entity AS id FROM attachment WHERE policy = ?1 AND ?4"
				"  UNION SELECT id FROM entity WHERE boundary = ?1 AND ?5) h"
				" JOIN entity e ON e.id = h.id WHERE e.account = ?2 AND e.id > ?3 ORDER BY e.id",
				"tttii", arn, c->who.account, page.after, (int64_t)!str_is(how, "PermissionsBoundary"),
				(int64_t)!str_is(how, "PermissionsPolicy"));
	show_holders(c, &page, q);
	return true;
}

/* --- ListPoliciesGrantingServiceAccess --- */

/* Whose policies are looked at, and where those that grant are shown. */
struct search {
	struct call *c;
	struct db *db;
	str service;
	struct val *list;
};

/* Does the part of an action's pattern before the colon take in the service? */
static bool names_service(str pattern, str service) {
	str prefix, rest;
	bool whole = str_cut(pattern, ':', &prefix, &rest);
	return whole ? str_ieq(prefix, service) : str_is(pattern, "*");
}

/* Of a NotAction: all actions of the service are left out by one of the patterns. */
static bool leaves_out(str pattern, str service) {
	return str_is(pattern, "*") || (names_service(pattern, service) && str_ends(pattern, S(":*")));
}

static bool statement_grants(const struct policy *p, size_t i, str service) {
	size_t n;
	bool not ;
	const str *actions = policy_actions(p, i, &n, &not );
	for (size_t j = 0; j < n; j++) {
		if (not ? leaves_out(actions[j], service) : names_service(actions[j], service)) {
			return !not ;
		}
	}
	return not ;
}

static bool document_grants(struct arena *a, str document, str service) {
	struct policy_error why;
	const struct policy *p = policy_read(a, document, POLICY_IDENTITY, &why);
	for (size_t i = 0; p && i < policy_statements(p); i++) {
		if (!policy_denies(p, i) && statement_grants(p, i, service)) {
			return true;
		}
	}
	return false;
}

static void search_attached(const struct search *s, const struct entity *e) {
	struct arena *a = s->c->arena;
	struct policies found = { 0 };
	attached_of(s->db, a, e->id, &found);
	for (size_t i = 0; i < found.n; i++) {
		str arn = entity_arn(a, &found.p[i].policy);
		if (document_grants(a, managed_document(s->db, a, arn, 0), s->service)) {
			struct val *v = append(a, s->list);
			set_str(a, v, "PolicyName", found.p[i].policy.name);
			set_str(a, v, "PolicyType", S("MANAGED"));
			set_str(a, v, "PolicyArn", arn);
		}
	}
}

static void search_inline(const struct search *s, const struct entity *e) {
	static const char *const types[] = { [ENTITY_USER] = "USER", [ENTITY_GROUP] = "GROUP", [ENTITY_ROLE] = "ROLE" };
	struct arena *a = s->c->arena;
	AUTO_QUERY q =
		db_query(s->db, "SELECT name, document FROM inline_policy WHERE entity = ? ORDER BY name", "t", e->id);
	while (query_step(q)) {
		if (document_grants(a, query_dup(a, q, 1), s->service)) {
			struct val *v = append(a, s->list);
			set_str(a, v, "PolicyName", query_dup(a, q, 0));
			set_str(a, v, "PolicyType", S("INLINE"));
			set_str(a, v, "EntityType", str_from(types[e->kind]));
			set_str(a, v, "EntityName", e->name);
		}
	}
}

/* Of a user also what its groups give it. */
static void search_entity(const struct search *s, const struct entity *e) {
	struct entity group;
	search_attached(s, e);
	search_inline(s, e);
	AUTO_QUERY q = db_query(s->db,
				"SELECT " ENTITY_COLUMNS " FROM membership m JOIN entity e ON e.id = m.holder"
				" WHERE m.member = ? AND e.kind = ? ORDER BY e.low",
				"ti", e->id, (int64_t)ENTITY_GROUP);
	while (query_step(q)) {
		entity_read(s->c->arena, q, &group);
		search_attached(s, &group);
		search_inline(s, &group);
	}
}

static bool on_arn(struct call *c) {
	struct entity *e = NEW(c->arena, struct entity);
	str arn = get_str(c->in, "Arn");
	bool found = entity_of_arn(call_db(c), c->arena, arn, e) && e->kind <= ENTITY_ROLE &&
		     str_eq(e->account, c->who.account);
	c->subject = found ? e : NULL;
	c->resource = (struct resource){ .arn = arn, .subject = c->subject, .tag = found ? entity_tag : NULL };
	return true;
}

static bool list_granting(struct call *c) {
	const struct entity *e = c->subject;
	if (!e) {
		return fail(c, &no_such_entity, "ARN " STR_FMT " cannot be found.", STR_ARG(get_str(c->in, "Arn")));
	}
	struct val *all = set(c->arena, c->out, "PoliciesGrantingServiceAccess");
	for (const struct val *v = get(c->in, "ServiceNamespaces")->first; v; v = v->next) {
		struct val *entry = append(c->arena, all);
		set_str(c->arena, entry, "ServiceNamespace", v->s);
		struct search s = { c, call_db(c), v->s, set(c->arena, entry, "Policies") };
		search_entity(&s, e);
	}
	set_int(c->arena, c->out, "IsTruncated", false);
	return true;
}

const struct route iam_granting_routes[] = {
	{ .op = "ListEntitiesForPolicy", .run = list_entities_for_policy, .on = on_policy },
	{ .op = "ListPoliciesGrantingServiceAccess", .run = list_granting, .on = on_arn },
	{ 0 },
};
