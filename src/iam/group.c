#include "iam/room.h"

#include "base/clock.h"

static bool create_group(struct call *c) {
	return create_entity(c, &(struct entity){ .kind = ENTITY_GROUP }, NULL);
}

static bool update_group(struct call *c) {
	return rename_entity(c, ENTITY_GROUP, "iam:UpdateGroup");
}

static bool delete_group(struct call *c) {
	return delete_entity(c, ENTITY_GROUP);
}

static bool list_groups(struct call *c) {
	return list_entities(c, ENTITY_GROUP);
}

static bool get_group(struct call *c) {
	struct page page;
	struct entity e;
	if (!page_of_input(c, &page) || !must_find(c, call_db(c), ENTITY_GROUP, &e)) {
		return false;
	}
	show_entity(c, call_db(c), set(c->arena, c->out, "Group"), &e);
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT " ENTITY_COLUMNS " FROM membership m JOIN entity e ON e.id = m.member"
				" WHERE m.holder = ? AND e.low > ? ORDER BY e.low LIMIT ?",
				"tti", e.id, page.after, page.max + 1);
	show_page(c, "Users", &page, q);
	return true;
}

static bool list_groups_for_user(struct call *c) {
	struct page page;
	struct entity e;
	if (!page_of_input(c, &page) || !must_find(c, call_db(c), ENTITY_USER, &e)) {
		return false;
	}
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT " ENTITY_COLUMNS " FROM membership m JOIN entity e ON e.id = m.holder"
				" WHERE m.member = ? AND e.low > ? ORDER BY e.low LIMIT ?",
				"tti", e.id, page.after, page.max + 1);
	show_page(c, "Groups", &page, q);
	return true;
}

static bool must_find_both(struct call *c, struct db *db, struct entity *group, struct entity *user) {
	return must_find(c, db, ENTITY_GROUP, group) && must_find(c, db, ENTITY_USER, user);
}

int64_t groups_count(struct db *db, str user) {
	AUTO_QUERY q = db_query(db, "SELECT count(*) FROM membership WHERE member = ?", "t", user);
	return query_step(q) ? query_int(q, 0) : 0;
}

static int add_user(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity group, user;
	if (!must_find_both(c, db, &group, &user)) {
		return 1;
	}
	db_run(db, "INSERT OR IGNORE INTO membership VALUES(?, ?, ?)", "tti", group.id, user.id, clock_now());
	if (groups_count(db, user.id) > GROUPS_PER_USER) {
		over_quota(c, "GroupsPerUser", GROUPS_PER_USER);
		return 1;
	}
	return db_error(db);
}

static bool add_user_to_group(struct call *c) {
	return identity_write(c, add_user, c);
}

/* Who is not in it is out of it: no error, at AWS either. */
static int remove_user(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity group, user;
	if (!must_find_both(c, db, &group, &user)) {
		return 1;
	}
	db_run(db, "DELETE FROM membership WHERE holder = ? AND member = ?", "tt", group.id, user.id);
	return db_error(db);
}

static bool remove_user_from_group(struct call *c) {
	return identity_write(c, remove_user, c);
}

const struct route iam_group_routes[] = {
	{ .op = "CreateGroup", .run = create_group, .on = on_new_group },
	{ .op = "GetGroup", .run = get_group, .on = on_group },
	{ .op = "UpdateGroup", .run = update_group, .on = on_group },
	{ .op = "DeleteGroup", .run = delete_group, .on = on_group },
	{ .op = "ListGroups", .run = list_groups, .on = on_groups },
	{ .op = "AddUserToGroup", .run = add_user_to_group, .on = on_group },
	{ .op = "RemoveUserFromGroup", .run = remove_user_from_group, .on = on_group },
	{ .op = "ListGroupsForUser", .run = list_groups_for_user, .on = on_user },
	{ 0 },
};
