#include "iam/room.h"

static bool take_trust(struct call *c, struct db *db, struct entity *e, str document) {
	e->trust = principals_kept(db, c->arena, document);
	return principals_ok(c, db, document);
}

static bool first_trust(struct call *c, struct db *db, struct entity *e) {
	return take_trust(c, db, e, e->trust);
}

static bool create_role(struct call *c) {
	struct entity e = { .kind = ENTITY_ROLE };
	e.trust = get_str(c->in, "AssumeRolePolicyDocument");
	e.description = get_str(c->in, "Description");
	e.max_session = get_int(c->in, "MaxSessionDuration", SESSION_SECONDS);
	e.path = get_str(c->in, "Path");
	if (is_linked(&e)) {
		return fail(c, &invalid_input, "Path " STR_FMT " is reserved for service-linked roles.",
			    STR_ARG(e.path));
	}
	return document_ok(c, e.trust, POLICY_TRUST, TRUST_MAX) && create_entity(c, &e, first_trust);
}

static bool get_role(struct call *c) {
	return get_entity(c, ENTITY_ROLE);
}

static bool delete_role(struct call *c) {
	return delete_entity(c, ENTITY_ROLE);
}

static bool list_roles(struct call *c) {
	return list_entities(c, ENTITY_ROLE);
}

static bool describe(struct call *c, struct db *db, struct entity *e) {
	str description = get_str(c->in, "Description");
	(void)db;
	e->description = description.p ? description : e->description;
	return true;
}

/* Of a linked role the description alone is the account's. A MaxSessionDuration that is left out is one hour, as the
 * API reference says. */
static bool update(struct call *c, struct db *db, struct entity *e) {
	if (get(c->in, "MaxSessionDuration") && !must_be_modifiable(c, e)) {
		return false;
	}
	e->max_session = get_int(c->in, "MaxSessionDuration", SESSION_SECONDS);
	return describe(c, db, e);
}

static bool update_role(struct call *c) {
	return change_entity(c, ENTITY_ROLE, update);
}

static bool update_role_description(struct call *c) {
	return change_entity(c, ENTITY_ROLE, describe) && get_entity(c, ENTITY_ROLE);
}

static bool retrust(struct call *c, struct db *db, struct entity *e) {
	return must_be_modifiable(c, e) && take_trust(c, db, e, get_str(c->in, "PolicyDocument"));
}

static bool update_assume_role_policy(struct call *c) {
	return document_ok(c, get_str(c->in, "PolicyDocument"), POLICY_TRUST, TRUST_MAX) &&
	       change_entity(c, ENTITY_ROLE, retrust);
}

const struct route iam_role_routes[] = {
	{ .op = "CreateRole", .run = create_role, .on = on_new_role },
	{ .op = "GetRole", .run = get_role, .on = on_role },
	{ .op = "UpdateRole", .run = update_role, .on = on_role },
	{ .op = "UpdateRoleDescription", .run = update_role_description, .on = on_role },
	{ .op = "UpdateAssumeRolePolicy", .run = update_assume_role_policy, .on = on_role },
	{ .op = "DeleteRole", .run = delete_role, .on = on_role },
	{ .op = "ListRoles", .run = list_roles, .on = on_roles },
	{ 0 },
};
