#include "iam/room.h"

/* In all, as the quota counts it; without the one that is about to be replaced. */
static size_t size_of_others(struct db *db, str entity, str name) {
	size_t n = 0;
	AUTO_QUERY q =
		db_query(db, "SELECT document FROM inline_policy WHERE entity = ? AND name <> ?", "tt", entity, name);
	while (query_step(q)) {
		n += policy_size(query_str(q, 0));
	}
	return n;
}

static bool has_room(struct call *c, struct db *db, const struct entity *e) {
	const struct holder *h = holder_of(c);
	size_t size = policy_size(get_str(c->in, "PolicyDocument"));
	if (size_of_others(db, e->id, get_str(c->in, "PolicyName")) + size > h->inline_max) {
		return fail(c, &limit_exceeded, "Maximum policy size of %zu bytes exceeded for %s " STR_FMT,
			    h->inline_max, words_of(h->kind)->noun, STR_ARG(e->name));
	}
	return true;
}

static int run_put(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity e;
	if (!must_find_holder(c, db, &e) || !must_be_modifiable(c, &e) || !has_room(c, db, &e)) {
		return 1;
	}
	db_run(db, "INSERT OR REPLACE INTO inline_policy VALUES(?, ?, ?)", "ttt", e.id, get_str(c->in, "PolicyName"),
	       get_str(c->in, "PolicyDocument"));
	return 0;
}

static bool put_policy(struct call *c) {
	return document_ok(c, get_str(c->in, "PolicyDocument"), POLICY_IDENTITY, SIZE_MAX) &&
	       identity_write(c, run_put, c);
}

static bool no_such_inline(struct call *c) {
	return fail(c, &no_such_entity, "The %s policy with name " STR_FMT " cannot be found.",
		    words_of(holder_of(c)->kind)->noun, STR_ARG(get_str(c->in, "PolicyName")));
}

static bool get_policy(struct call *c) {
	struct db *db = call_db(c);
	struct entity e;
	if (!must_find_holder(c, db, &e)) {
		return false;
	}
	str name = get_str(c->in, "PolicyName");
	AUTO_QUERY q =
		db_query(db, "SELECT document FROM inline_policy WHERE entity = ? AND name = ?", "tt", e.id, name);
	if (!query_step(q)) {
		return no_such_inline(c);
	}
	set_str(c->arena, c->out, words_of(holder_of(c)->kind)->name, e.name);
	set_str(c->arena, c->out, "PolicyName", name);
	set_str(c->arena, c->out, "PolicyDocument", document_shown(c->arena, query_str(q, 0)));
	return true;
}

static int run_delete(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity e;
	if (!must_find_holder(c, db, &e) || !must_be_modifiable(c, &e)) {
		return 1;
	}
	if (db_run(db, "DELETE FROM inline_policy WHERE entity = ? AND name = ?", "tt", e.id,
		   get_str(c->in, "PolicyName")) == 0) {
		no_such_inline(c);
		return 1;
	}
	return 0;
}

static bool delete_policy(struct call *c) {
	return identity_write(c, run_delete, c);
}

static bool list_policies(struct call *c) {
	struct db *db = call_db(c);
	struct entity e;
	struct page page;
	if (!page_of_input(c, &page) || !must_find_holder(c, db, &e)) {
		return false;
	}
	struct val *list = set(c->arena, c->out, "PolicyNames");
	AUTO_QUERY q =
		db_query(db, "SELECT name FROM inline_policy WHERE entity = ? AND name > ? ORDER BY name LIMIT ?",
			 "tti", e.id, page.after, page.max + 1);
	bool more = false;
	while (!more && query_step(q)) {
		more = (int64_t)val_count(list) == page.max;
		if (!more) {
			append(c->arena, list)->s = query_dup(c->arena, q, 0);
		}
	}
	page_end(c, more, more ? list->last->s : (str){ 0 });
	return true;
}

const struct route iam_inline_routes[] = {
	{ .op = "PutUserPolicy", .run = put_policy, .on = on_user },
	{ .op = "PutGroupPolicy", .run = put_policy, .on = on_group },
	{ .op = "PutRolePolicy", .run = put_policy, .on = on_role },
	{ .op = "GetUserPolicy", .run = get_policy, .on = on_user },
	{ .op = "GetGroupPolicy", .run = get_policy, .on = on_group },
	{ .op = "GetRolePolicy", .run = get_policy, .on = on_role },
	{ .op = "DeleteUserPolicy", .run = delete_policy, .on = on_user },
	{ .op = "DeleteGroupPolicy", .run = delete_policy, .on = on_group },
	{ .op = "DeleteRolePolicy", .run = delete_policy, .on = on_role },
	{ .op = "ListUserPolicies", .run = list_policies, .on = on_user },
	{ .op = "ListGroupPolicies", .run = list_policies, .on = on_group },
	{ .op = "ListRolePolicies", .run = list_policies, .on = on_role },
	{ 0 },
};
