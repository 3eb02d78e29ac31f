#include "iam/room.h"

#include "base/clock.h"

static bool create_instance_profile(struct call *c) {
	return create_entity(c, &(struct entity){ .kind = ENTITY_PROFILE }, NULL);
}

static bool get_instance_profile(struct call *c) {
	return get_entity(c, ENTITY_PROFILE);
}

static bool delete_instance_profile(struct call *c) {
	return delete_entity(c, ENTITY_PROFILE);
}

static bool list_instance_profiles(struct call *c) {
	return list_entities(c, ENTITY_PROFILE);
}

static bool list_instance_profiles_for_role(struct call *c) {
	struct page page;
	struct entity e;
	if (!page_of_input(c, &page) || !must_find(c, call_db(c), ENTITY_ROLE, &e)) {
		return false;
	}
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT " ENTITY_COLUMNS " FROM membership m JOIN entity e ON e.id = m.holder"
				" WHERE m.member = ? AND e.low > ? ORDER BY e.low LIMIT ?",
				"tti", e.id, page.after, page.max + 1);
	show_page(c, "InstanceProfiles", &page, q);
	return true;
}

static bool must_find_both(struct call *c, struct db *db, struct entity *profile, struct entity *role) {
	return must_find(c, db, ENTITY_PROFILE, profile) && must_find(c, db, ENTITY_ROLE, role);
}

static bool has_role(struct db *db, const struct entity *profile) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM membership WHERE holder = ?", "t", profile->id);
	return query_step(q);
}

static int add_role(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity profile, role;
	if (!must_find_both(c, db, &profile, &role) || !must_be_modifiable(c, &role)) {
		return 1;
	}
	if (has_role(db, &profile)) {
		over_quota(c, "InstanceSessionsPerInstanceProfile", 1);
		return 1;
	}
	db_run(db, "INSERT INTO membership VALUES(?, ?, ?)", "tti", profile.id, role.id, clock_now());
	return db_error(db);
}

/* Whoever may start an instance with the profile gets the role, so that putting it in is passing it. */
static bool add_role_to_instance_profile(struct call *c) {
	struct entity profile, role;
	return must_find_both(c, call_db(c), &profile, &role) &&
	       must_pass_role(c, entity_arn(c->arena, &role), "ec2.amazonaws.com") && identity_write(c, add_role, c);
}

static int remove_role(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity profile, role;
	if (!must_find_both(c, db, &profile, &role) || !must_be_modifiable(c, &role)) {
		return 1;
	}
	if (!db_run(db, "DELETE FROM membership WHERE holder = ? AND member = ?", "tt", profile.id, role.id)) {
		fail(c, &no_such_entity, "The role with name " STR_FMT " is not in Instance Profile " STR_FMT ".",
		     STR_ARG(role.name), STR_ARG(profile.name));
		return 1;
	}
	return db_error(db);
}

static bool remove_role_from_instance_profile(struct call *c) {
	return identity_write(c, remove_role, c);
}

const struct route iam_profile_routes[] = {
	{ .op = "CreateInstanceProfile", .run = create_instance_profile, .on = on_new_profile },
	{ .op = "GetInstanceProfile", .run = get_instance_profile, .on = on_profile },
	{ .op = "DeleteInstanceProfile", .run = delete_instance_profile, .on = on_profile },
	{ .op = "ListInstanceProfiles", .run = list_instance_profiles, .on = on_profiles },
	{ .op = "ListInstanceProfilesForRole", .run = list_instance_profiles_for_role, .on = on_role },
	{ .op = "AddRoleToInstanceProfile", .run = add_role_to_instance_profile, .on = on_profile },
	{ .op = "RemoveRoleFromInstanceProfile", .run = remove_role_from_instance_profile, .on = on_profile },
	{ 0 },
};
