#include "iam/room.h"

static bool create_user(struct call *c) {
	return create_entity(c, &(struct entity){ .kind = ENTITY_USER }, NULL);
}

/* The account itself: root has neither a name nor a path. */
static bool get_root(struct call *c) {
	AUTO_QUERY q = db_query(call_db(c), "SELECT created FROM account WHERE id = ?", "t", c->who.account);
	struct val *v = set(c->arena, c->out, "User");
	set_str(c->arena, v, "UserId", c->who.account);
	set_str(c->arena, v, "Arn", c->resource.arn);
	set_date(c->arena, v, "CreateDate", query_step(q) ? query_int(q, 0) : 0);
	return true;
}

static bool is_root(const struct call *c) {
	return !get_str(c->in, "UserName").p && c->who.kind == PRINCIPAL_ROOT;
}

static bool get_user(struct call *c) {
	return is_root(c) ? get_root(c) : get_entity(c, ENTITY_USER);
}

static bool update_user(struct call *c) {
	return rename_entity(c, ENTITY_USER, "iam:UpdateUser");
}

static bool delete_user(struct call *c) {
	return delete_entity(c, ENTITY_USER);
}

static bool list_users(struct call *c) {
	return list_entities(c, ENTITY_USER);
}

/* Devices, certificates and the like: nothing of the kind can be made here, so that the list is the truth. */
static bool list_nothing(struct call *c) {
	for (uint16_t i = 0; i < c->op->out->n; i++) {
		if (c->op->out->m[i].shape->kind == K_LIST) {
			set(c->arena, c->out, c->op->out->m[i].name);
		}
	}
	set_int(c->arena, c->out, "IsTruncated", false);
	return true;
}

static bool list_nothing_of_user(struct call *c) {
	struct entity e;
	return (is_root(c) || must_find(c, call_db(c), ENTITY_USER, &e)) && list_nothing(c);
}

static bool on_users_or_one(struct call *c) {
	return get_int(c->in, "AllUsers", 0) ? true : on_user(c);
}

static bool list_service_specific_credentials(struct call *c) {
	return get_int(c->in, "AllUsers", 0) ? list_nothing(c) : list_nothing_of_user(c);
}

const struct route iam_user_routes[] = {
	{ .op = "CreateUser", .run = create_user, .on = on_new_user },
	{ .op = "GetUser", .run = get_user, .on = on_user },
	{ .op = "UpdateUser", .run = update_user, .on = on_user },
	{ .op = "DeleteUser", .run = delete_user, .on = on_user },
	{ .op = "ListUsers", .run = list_users, .on = on_users },
	{ .op = "ListMFADevices", .run = list_nothing_of_user, .on = on_user },
	{ .op = "ListSSHPublicKeys", .run = list_nothing_of_user, .on = on_user },
	{ .op = "ListSigningCertificates", .run = list_nothing_of_user, .on = on_user },
	{ .op = "ListServiceSpecificCredentials", .run = list_service_specific_credentials, .on = on_users_or_one },
	{ .op = "ListVirtualMFADevices", .run = list_nothing },
	{ 0 },
};
