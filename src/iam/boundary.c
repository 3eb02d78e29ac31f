#include "iam/room.h"

bool boundary_ok(struct call *c, struct db *db, str arn) {
	struct entity policy;
	if (must_find_attachable(c, db, arn, &policy)) {
		return true;
	}
	return c->refusal.fault == &no_such_entity
		       ? fail(c, &no_such_entity, "Scope ARN: " STR_FMT " does not exist or is not attachable.",
			      STR_ARG(arn))
		       : false;
}

static bool put_it(struct call *c, struct db *db, struct entity *e) {
	e->boundary = get_str(c->in, "PermissionsBoundary");
	return must_be_modifiable(c, e) && boundary_ok(c, db, e->boundary);
}

static bool drop_it(struct call *c, struct db *db, struct entity *e) {
	(void)db;
	if (!e->boundary.n) {
		return fail(c, &no_such_entity, "%s " STR_FMT " has no permissions boundary.", words_of(e->kind)->title,
			    STR_ARG(e->name));
	}
	e->boundary = (str){ 0 };
	return must_be_modifiable(c, e);
}

static bool put_boundary(struct call *c) {
	return change_entity(c, kind_of_input(c), put_it);
}

static bool delete_boundary(struct call *c) {
	return change_entity(c, kind_of_input(c), drop_it);
}

const struct route iam_boundary_routes[] = {
	{ .op = "PutUserPermissionsBoundary", .run = put_boundary, .on = on_user },
	{ .op = "PutRolePermissionsBoundary", .run = put_boundary, .on = on_role },
	{ .op = "DeleteUserPermissionsBoundary", .run = delete_boundary, .on = on_user },
	{ .op = "DeleteRolePermissionsBoundary", .run = delete_boundary, .on = on_role },
	{ 0 },
};
