#include "iam/room.h"

#include "base/clock.h"
#include "policy/arn.h"
#include "policy/aws_policies.h"

#include <errno.h>

static const struct fault access_denied = { "AccessDenied", 403 };

/* --- finding --- */

struct entity entity_of_aws(const struct aws_policy *p) {
	return (struct entity){
		.kind = ENTITY_POLICY,
		.id = str_from(p->id),
		.account = S("aws"),
		.name = str_from(p->name),
		.path = str_from(p->path),
		.created = p->created,
		.changed = p->changed,
		.version = p->version,
		.next_version = p->version + 1,
	};
}

bool managed_find(struct db *db, struct arena *a, str arn, struct entity *out) {
	const struct aws_policy *p = aws_policy_find(arn);
	if (p) {
		*out = entity_of_aws(p);
		return true;
	}
	return entity_of_arn(db, a, arn, out) && out->kind == ENTITY_POLICY;
}

static bool is_policy_arn(str text) {
	struct arn arn;
	return arn_read_global(text, "iam", &arn) && arn.account.n && str_starts(arn.resource, S("policy/"));
}

static bool is_visible(struct call *c, const struct entity *policy) {
	return str_is(policy->account, "aws") || str_eq(policy->account, c->who.account);
}

static bool find_visible(struct call *c, struct db *db, str arn, struct entity *out) {
	return managed_find(db, c->arena, arn, out) && is_visible(c, out);
}

static bool bad_arn(struct call *c, str arn) {
	return fail(c, &invalid_input, "ARN " STR_FMT " is not valid.", STR_ARG(arn));
}

bool must_find_managed(struct call *c, struct db *db, str arn, struct entity *out) {
	return find_visible(c, db, arn, out) || (is_policy_arn(arn) ? no_such(c, ENTITY_POLICY, arn) : bad_arn(c, arn));
}

bool must_find_attachable(struct call *c, struct db *db, str arn, struct entity *out) {
	if (find_visible(c, db, arn, out)) {
		return true;
	}
	return is_policy_arn(arn) ? fail(c, &no_such_entity, "Policy " STR_FMT " does not exist or is not attachable.",
					 STR_ARG(arn))
				  : bad_arn(c, arn);
}

bool must_find_own(struct call *c, struct db *db, struct entity *out) {
	if (!must_find_managed(c, db, get_str(c->in, "PolicyArn"), out)) {
		return false;
	}
	return str_eq(out->account, c->who.account) ? true
						    : fail(c, &access_denied, "Policy is outside your own account.");
}

struct usage_count managed_usage(struct call *c, struct db *db, const struct entity *policy) {
	str arn = entity_arn(c->arena, policy);
	AUTO_QUERY q = db_query(db,
				"SELECT (SELECT count(*) FROM attachment a JOIN entity e ON e.id = a.entity"
				" WHERE a.policy = ?1 AND e.account = ?2),"
				" (SELECT count(*) FROM entity WHERE boundary = ?1 AND account = ?2)",
				"tt", arn, c->who.account);
	return query_step(q) ? (struct usage_count){ query_int(q, 0), query_int(q, 1) } : (struct usage_count){ 0 };
}

/* --- one policy --- */

struct making {
	struct call *c;
	struct entity e;
};

static int run_create(struct db *db, void *arg) {
	struct making *m = arg;
	struct call *c = m->c;
	const struct words *w = words_of(ENTITY_POLICY);
	if (entity_count(db, c->who.account, ENTITY_POLICY) >= w->max) {
		over_quota(c, w->quota, w->max);
		return 1;
	}
	int rc = entity_insert(db, &m->e);
	if (rc == -EEXIST) {
		fail(c, &entity_already_exists,
		     "A policy called " STR_FMT " already exists. Duplicate names are not allowed.",
		     STR_ARG(m->e.name));
		return 1;
	}
	db_run(db, "INSERT INTO policy_version VALUES(?, 1, ?, ?)", "tti", m->e.id, get_str(c->in, "PolicyDocument"),
	       m->e.created);
	return rc;
}

static bool create_policy(struct call *c) {
	str path = get_str(c->in, "Path");
	struct making m = { .c = c };
	m.e = (struct entity){
		.kind = ENTITY_POLICY,
		.id = new_id(c->arena, entity_prefix(ENTITY_POLICY)),
		.account = c->who.account,
		.name = get_str(c->in, "PolicyName"),
		.path = path.p ? path : S("/"),
		.description = get_str(c->in, "Description"),
		.created = clock_now(),
		.changed = clock_now(),
		.version = 1,
		.next_version = 2,
	};
	if (!document_ok(c, get_str(c->in, "PolicyDocument"), POLICY_IDENTITY, DOCUMENT_MAX) ||
	    !new_tags_of_input(c, &m.e) || !call_write(c, run_create, &m, NULL)) {
		return false;
	}
	struct val *v = set(c->arena, c->out, "Policy");
	show_listed(c, call_db(c), v, &m.e);
	if (m.e.tags.n) {
		tag_list_show(c, set(c->arena, v, "Tags"), m.e.tags);
	}
	return true;
}

static bool get_policy(struct call *c) {
	struct entity e;
	if (!must_find_managed(c, call_db(c), get_str(c->in, "PolicyArn"), &e)) {
		return false;
	}
	show_entity(c, call_db(c), set(c->arena, c->out, "Policy"), &e);
	return true;
}

static bool may_go(struct call *c, struct db *db, const struct entity *e) {
	struct usage_count n = managed_usage(c, db, e);
	if (n.attached || n.boundary) {
		return fail(c, &delete_conflict, "Cannot delete a policy attached to entities.");
	}
	AUTO_QUERY q =
		db_query(db, "SELECT 1 FROM policy_version WHERE policy = ? AND version <> ?", "ti", e->id, e->version);
	return query_step(q) ? fail(c, &delete_conflict,
				    "This policy has more than one version. Before you delete a policy, you must "
				    "delete the policy's versions. The default version is deleted with the policy.")
			     : true;
}

static int run_delete(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity e;
	if (!must_find_own(c, db, &e) || !may_go(c, db, &e)) {
		return 1;
	}
	db_run(db, "DELETE FROM policy_version WHERE policy = ?", "t", e.id);
	db_run(db, "DELETE FROM entity WHERE id = ?", "t", e.id);
	return 0;
}

static bool delete_policy(struct call *c) {
	return identity_write(c, run_delete, c);
}

/* --- lists --- */

static void own_policies(struct call *c, struct db *db, struct policies *out) {
	struct entity e;
	AUTO_QUERY q = db_query(db, "SELECT " ENTITY_COLUMNS " FROM entity e WHERE e.account = ? AND e.kind = ?", "ti",
				c->who.account, (int64_t)ENTITY_POLICY);
	while (query_step(q)) {
		entity_read(c->arena, q, &e);
		policies_add(c->arena, out, &e);
	}
}

static bool is_used(struct call *c, const struct entity *policy, str how) {
	struct usage_count n = managed_usage(c, call_db(c), policy);
	return str_is(how, "PermissionsBoundary") ? n.boundary : n.attached;
}

static void keep_used(struct call *c, struct policies *list, str how) {
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++) {
		if (is_used(c, &list->p[i].policy, how)) {
			list->p[n++] = list->p[i];
		}
	}
	list->n = n;
}

static void policies_of_scope(struct call *c, struct policies *out) {
	str scope = get_str(c->in, "Scope");
	if (!str_is(scope, "AWS")) {
		own_policies(c, call_db(c), out);
	}
	for (size_t i = 0; i < n_aws_policies && !str_is(scope, "Local"); i++) {
		struct entity e = entity_of_aws(&aws_policies[i]);
		policies_add(c->arena, out, &e);
	}
	policies_sort(out);
}

static bool list_policies(struct call *c) {
	struct policies found = { 0 };
	struct page page;
	str how = get_str(c->in, "PolicyUsageFilter");
	if (!page_of_input(c, &page)) {
		return false;
	}
	policies_of_scope(c, &found);
	policies_keep(&found, get_str(c->in, "PathPrefix"), page.after);
	if (how.n || get_int(c->in, "OnlyAttached", false)) {
		keep_used(c, &found, how);
	}
	struct val *list = set(c->arena, c->out, "Policies");
	for (size_t i = 0; i < found.n && (int64_t)i < page.max; i++) {
		show_listed(c, call_db(c), append(c->arena, list), &found.p[i].policy);
	}
	policies_end(c, &found, &page);
	return true;
}

const struct route iam_managed_routes[] = {
	{ .op = "CreatePolicy", .run = create_policy, .on = on_new_policy },
	{ .op = "GetPolicy", .run = get_policy, .on = on_policy },
	{ .op = "DeletePolicy", .run = delete_policy, .on = on_policy },
	{ .op = "ListPolicies", .run = list_policies },
	{ 0 },
};
