#include "iam/room.h"

static const struct fault not_attachable = { "PolicyNotAttachable", 400 };

static const struct holder holders[] = {
	[ENTITY_USER] = { ENTITY_USER, "PoliciesPerUser", USER_INLINE_MAX },
	[ENTITY_GROUP] = { ENTITY_GROUP, "PoliciesPerGroup", GROUP_INLINE_MAX },
	[ENTITY_ROLE] = { ENTITY_ROLE, "PoliciesPerRole", ROLE_INLINE_MAX },
};

const struct holder *holder_of_kind(enum entity_kind kind) {
	return &holders[kind];
}

const struct holder *holder_of(const struct call *c) {
	return holder_of_kind(kind_of_input(c));
}

bool must_find_holder(struct call *c, struct db *db, struct entity *out) {
	return must_find(c, db, holder_of(c)->kind, out);
}

int64_t attached_count(struct db *db, str entity) {
	AUTO_QUERY q = db_query(db, "SELECT count(*) FROM attachment WHERE entity = ?", "t", entity);
	return query_step(q) ? query_int(q, 0) : 0;
}

static bool is_attached(struct db *db, str entity, str policy) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM attachment WHERE entity = ? AND policy = ?", "tt", entity, policy);
	return query_step(q);
}

/* --- attaching --- */

static bool may_hang_on(struct call *c, const struct entity *policy, const struct entity *holder) {
	if (str_starts(policy->path, S("/aws-service-role/")) && str_is(policy->account, "aws") && !is_linked(holder)) {
		return fail(c, &not_attachable, "Cannot attach a Service Role Policy to a Customer Role.");
	}
	return true;
}

static bool has_room(struct call *c, struct db *db, const struct entity *holder) {
	return attached_count(db, holder->id) < ATTACHED_MAX || over_quota(c, holder_of(c)->quota, ATTACHED_MAX);
}

static int run_attach(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity holder, policy;
	str arn = get_str(c->in, "PolicyArn");
	if (!must_find_holder(c, db, &holder) || !must_be_modifiable(c, &holder) ||
	    !must_find_attachable(c, db, arn, &policy) || !may_hang_on(c, &policy, &holder)) {
		return 1;
	}
	if (is_attached(db, holder.id, arn)) {
		return 0;
	}
	if (!has_room(c, db, &holder)) {
		return 1;
	}
	db_run(db, "INSERT INTO attachment VALUES(?, ?)", "tt", holder.id, arn);
	return 0;
}

static bool attach_policy(struct call *c) {
	return identity_write(c, run_attach, c);
}

static int run_detach(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity holder;
	str arn = get_str(c->in, "PolicyArn");
	if (!must_find_holder(c, db, &holder) || !must_be_modifiable(c, &holder)) {
		return 1;
	}
	if (db_run(db, "DELETE FROM attachment WHERE entity = ? AND policy = ?", "tt", holder.id, arn) == 0) {
		fail(c, &no_such_entity, "Policy " STR_FMT " was not found.", STR_ARG(arn));
		return 1;
	}
	return 0;
}

static bool detach_policy(struct call *c) {
	return identity_write(c, run_detach, c);
}

/* --- listing --- */

static void show_attached(struct call *c, struct val *v, const struct entity *policy) {
	set_str(c->arena, v, "PolicyName", policy->name);
	set_str(c->arena, v, "PolicyArn", entity_arn(c->arena, policy));
}

void attached_of(struct db *db, struct arena *a, str entity, struct policies *out) {
	AUTO_QUERY q = db_query(db, "SELECT policy FROM attachment WHERE entity = ?", "t", entity);
	while (query_step(q)) {
		struct entity policy;
		if (managed_find(db, a, query_dup(a, q, 0), &policy)) {
			policies_add(a, out, &policy);
		}
	}
	policies_sort(out);
}

static bool list_attached(struct call *c) {
	struct db *db = call_db(c);
	struct policies found = { 0 };
	struct entity holder;
	struct page page;
	if (!page_of_input(c, &page) || !must_find_holder(c, db, &holder)) {
		return false;
	}
	attached_of(db, c->arena, holder.id, &found);
	policies_keep(&found, get_str(c->in, "PathPrefix"), page.after);
	struct val *list = set(c->arena, c->out, "AttachedPolicies");
	for (size_t i = 0; i < found.n && (int64_t)i < page.max; i++) {
		show_attached(c, append(c->arena, list), &found.p[i].policy);
	}
	policies_end(c, &found, &page);
	return true;
}

const struct route iam_attach_routes[] = {
	{ .op = "AttachUserPolicy", .run = attach_policy, .on = on_user },
	{ .op = "AttachGroupPolicy", .run = attach_policy, .on = on_group },
	{ .op = "AttachRolePolicy", .run = attach_policy, .on = on_role },
	{ .op = "DetachUserPolicy", .run = detach_policy, .on = on_user },
	{ .op = "DetachGroupPolicy", .run = detach_policy, .on = on_group },
	{ .op = "DetachRolePolicy", .run = detach_policy, .on = on_role },
	{ .op = "ListAttachedUserPolicies", .run = list_attached, .on = on_user },
	{ .op = "ListAttachedGroupPolicies", .run = list_attached, .on = on_group },
	{ .op = "ListAttachedRolePolicies", .run = list_attached, .on = on_role },
	{ 0 },
};
