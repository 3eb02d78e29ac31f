#include "iam/room.h"

static const struct words words[] = {
	[ENTITY_USER] = { "User", "user", "Users", "UserName", "UserId", "UsersPerAccount", 5000 },
	[ENTITY_GROUP] = { "Group", "group", "Groups", "GroupName", "GroupId", "GroupsPerAccount", 300 },
	[ENTITY_ROLE] = { "Role", "role", "Roles", "RoleName", "RoleId", "RolesPerAccount", 1000 },
	[ENTITY_PROFILE] = { "InstanceProfile", "instance profile", "InstanceProfiles", "InstanceProfileName",
			     "InstanceProfileId", "InstanceProfilesPerAccount", 1000 },
	[ENTITY_POLICY] = { "Policy", "policy", "Policies", "PolicyName", "PolicyId", "PoliciesPerAccount", 1500 },
};

const struct words *words_of(enum entity_kind kind) {
	return &words[kind];
}

/* Some operations have no input at all. */
static bool takes(const struct call *c, const char *name) {
	return c->in && shape_member(c->in->shape, str_from(name));
}

str input_str(const struct call *c, const char *name) {
	return takes(c, name) ? get_str(c->in, name) : (str){ 0 };
}

struct val *input_val(const struct call *c, const char *name) {
	return takes(c, name) ? get(c->in, name) : NULL;
}

enum entity_kind kind_of_input(const struct call *c) {
	static const enum entity_kind order[] = { ENTITY_PROFILE, ENTITY_ROLE, ENTITY_GROUP, ENTITY_USER };
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (takes(c, words[order[i]].name)) {
			return order[i];
		}
	}
	return ENTITY_POLICY;
}

bool no_such(struct call *c, enum entity_kind kind, str name) {
	switch (kind) {
	case ENTITY_PROFILE:
		return fail(c, &no_such_entity, "Instance Profile " STR_FMT " cannot be found.", STR_ARG(name));
	case ENTITY_POLICY: return fail(c, &no_such_entity, "Policy " STR_FMT " was not found.", STR_ARG(name));
	default:
		return fail(c, &no_such_entity, "The %s with name " STR_FMT " cannot be found.", words[kind].noun,
			    STR_ARG(name));
	}
}

bool must_be_user(struct call *c, struct db *db, struct entity *out) {
	if (c->who.kind == PRINCIPAL_USER && entity_by_id(db, c->arena, c->who.entity_id, out)) {
		return true;
	}
	return fail(c, &validation_error, "Must specify userName when calling with non-User credentials");
}

static bool must_find_policy(struct call *c, struct db *db, struct entity *out) {
	str arn = get_str(c->in, "PolicyArn");
	return entity_of_arn(db, c->arena, arn, out) && out->kind == ENTITY_POLICY &&
			       str_eq(out->account, c->who.account)
		       ? true
		       : no_such(c, ENTITY_POLICY, arn);
}

bool must_find(struct call *c, struct db *db, enum entity_kind kind, struct entity *out) {
	if (kind == ENTITY_POLICY) {
		return must_find_policy(c, db, out);
	}
	str name = get_str(c->in, words[kind].name);
	if (kind == ENTITY_USER && !name.p) {
		return must_be_user(c, db, out);
	}
	*out = (struct entity){ .kind = kind, .account = c->who.account, .name = name };
	return entity_find(db, c->arena, out) ? true : no_such(c, kind, name);
}

bool is_linked(const struct entity *e) {
	return e->kind == ENTITY_ROLE && str_starts(e->path, S("/aws-service-role/"));
}

bool must_be_modifiable(struct call *c, const struct entity *e) {
	return is_linked(e) ? fail(c, &unmodifiable_entity,
				   "Cannot perform the operation on the protected role '" STR_FMT
				   "' - this role is only modifiable by AWS",
				   STR_ARG(e->name))
			    : true;
}

bool over_quota(struct call *c, const char *quota, int64_t max) {
	return fail(c, &limit_exceeded, "Cannot exceed quota for %s: %lld", quota, (long long)max);
}

int64_t entity_count(struct db *db, str account, enum entity_kind kind) {
	AUTO_QUERY q = db_query(db, "SELECT count(*) FROM entity WHERE account = ? AND kind = ?", "ti", account,
				(int64_t)kind);
	return query_step(q) ? query_int(q, 0) : 0;
}
