#include "iam/room.h"

#include "base/clock.h"

static bool is_roots(const struct call *c) {
	return c->who.kind == PRINCIPAL_ROOT && !get_str(c->in, "UserName").p;
}

/* Whose keys the call is about; of root, an entity without an id: its keys have no user. */
static bool must_find_owner(struct call *c, struct db *db, struct entity *out) {
	if (is_roots(c)) {
		*out = (struct entity){ .kind = ENTITY_USER, .account = c->who.account, .name = S("root") };
		return true;
	}
	return must_find(c, db, ENTITY_USER, out);
}

static bool no_such_key(struct call *c) {
	return fail(c, &no_such_entity, "The Access Key with id " STR_FMT " cannot be found.",
		    STR_ARG(get_str(c->in, "AccessKeyId")));
}

static str status_name(bool active) {
	return active ? S("Active") : S("Inactive");
}

/* --- making one --- */

struct making {
	struct call *c;
	struct entity owner;
	str id, secret;
	int64_t created;
};

static bool has_room(struct call *c, struct db *db, const struct entity *owner) {
	AUTO_QUERY q = db_query(db, "SELECT count(*) FROM access_key WHERE account = ? AND user IS ?", "tt",
				owner->account, owner->id);
	return query_step(q) && query_int(q, 0) >= KEYS_PER_USER ? over_quota(c, "AccessKeysPerUser", KEYS_PER_USER)
								 : true;
}

static int run_create(struct db *db, void *arg) {
	struct making *m = arg;
	struct call *c = m->c;
	if (!must_find_owner(c, db, &m->owner) || !has_room(c, db, &m->owner)) {
		return 1;
	}
	db_run(db, "INSERT INTO access_key(id, account, user, secret, created) VALUES(?, ?, ?, ?, ?)", "tttsi", m->id,
	       m->owner.account, m->owner.id, seal_close(&c->cloud->seal, c->arena, m->secret), m->created);
	return 0;
}

static bool create_access_key(struct call *c) {
	struct arena *a = c->arena;
	struct making m = { .c = c, .created = clock_now() };
	m.id = new_key_id(a, "AKIA", c->who.account);
	m.secret = new_secret(a);
	if (!identity_write(c, run_create, &m)) {
		return false;
	}
	struct val *v = set(a, c->out, "AccessKey");
	set_str(a, v, "UserName", m.owner.name);
	set_str(a, v, "AccessKeyId", m.id);
	set_str(a, v, "Status", status_name(true));
	set_str(a, v, "SecretAccessKey", m.secret);
	set_date(a, v, "CreateDate", m.created);
	return true;
}

/* --- changing one --- */

static int run_update(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity owner;
	if (!must_find_owner(c, db, &owner)) {
		return 1;
	}
	bool active = str_is(get_str(c->in, "Status"), "Active");
	if (db_run(db, "UPDATE access_key SET active = ? WHERE id = ? AND account = ? AND user IS ?", "ittt",
		   (int64_t)active, get_str(c->in, "AccessKeyId"), owner.account, owner.id) == 0) {
		no_such_key(c);
		return 1;
	}
	return 0;
}

static bool update_access_key(struct call *c) {
	if (str_is(get_str(c->in, "Status"), "Expired")) {
		return fail(c, &validation_error, "A key can be made Active or Inactive, not Expired.");
	}
	return identity_write(c, run_update, c);
}

static int run_delete(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity owner;
	if (!must_find_owner(c, db, &owner)) {
		return 1;
	}
	if (db_run(db, "DELETE FROM access_key WHERE id = ? AND account = ? AND user IS ?", "ttt",
		   get_str(c->in, "AccessKeyId"), owner.account, owner.id) == 0) {
		no_such_key(c);
		return 1;
	}
	return 0;
}

static bool delete_access_key(struct call *c) {
	return identity_write(c, run_delete, c);
}

/* --- reading --- */

static void show_key(struct call *c, struct val *v, const struct entity *owner, struct query *q) {
	set_str(c->arena, v, "UserName", owner->name);
	set_str(c->arena, v, "AccessKeyId", query_dup(c->arena, q, 0));
	set_str(c->arena, v, "Status", status_name(query_int(q, 1)));
	set_date(c->arena, v, "CreateDate", query_int(q, 2));
}

static bool list_access_keys(struct call *c) {
	struct db *db = call_db(c);
	struct entity owner;
	struct page page;
	if (!page_of_input(c, &page) || !must_find_owner(c, db, &owner)) {
		return false;
	}
	struct val *list = set(c->arena, c->out, "AccessKeyMetadata");
	AUTO_QUERY q = db_query(db,
				"SELECT id, active, created FROM access_key WHERE account = ? AND user IS ? AND id > ?"
				" ORDER BY id LIMIT ?",
				"ttti", owner.account, owner.id, page.after, page.max + 1);
	bool more = false;
	while (query_step(q) && !(more = (int64_t)val_count(list) == page.max)) {
		show_key(c, append(c->arena, list), &owner, q);
	}
	page_end(c, more, get_str(list->last, "AccessKeyId"));
	return true;
}

/* The user that the key is of; c->subject NULL: it is root's, or nobody's. */
static bool on_key(struct call *c) {
	struct entity *e = NEW(c->arena, struct entity);
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT " ENTITY_COLUMNS " FROM access_key k JOIN entity e ON e.id = k.user"
				" WHERE k.id = ? AND k.account = ?",
				"tt", get_str(c->in, "AccessKeyId"), c->who.account);
	if (query_step(q)) {
		entity_read(c->arena, q, e);
		c->subject = e;
		c->resource = (struct resource){ .arn = entity_arn(c->arena, e), .subject = e, .tag = entity_tag };
	}
	return true;
}

static bool key_exists(struct call *c) {
	AUTO_QUERY q = db_query(call_db(c), "SELECT 1 FROM access_key WHERE id = ? AND account = ?", "tt",
				get_str(c->in, "AccessKeyId"), c->who.account);
	return query_step(q);
}

static bool get_access_key_last_used(struct call *c) {
	struct key_use use;
	const struct entity *owner = c->subject;
	if (!key_exists(c)) {
		return no_such_key(c);
	}
	struct val *v = set(c->arena, c->out, "AccessKeyLastUsed");
	bool used = key_last_used(c->cloud, c->arena, get_str(c->in, "AccessKeyId"), &use);
	if (used) {
		set_date(c->arena, v, "LastUsedDate", use.at);
	}
	set_str(c->arena, v, "ServiceName", used ? use.service : S("N/A"));
	set_str(c->arena, v, "Region", used ? use.region : S("N/A"));
	set_str(c->arena, c->out, "UserName", owner ? owner->name : S("root"));
	return true;
}

const struct route iam_key_routes[] = {
	{ .op = "CreateAccessKey", .run = create_access_key, .on = on_user },
	{ .op = "UpdateAccessKey", .run = update_access_key, .on = on_user },
	{ .op = "DeleteAccessKey", .run = delete_access_key, .on = on_user },
	{ .op = "ListAccessKeys", .run = list_access_keys, .on = on_user },
	{ .op = "GetAccessKeyLastUsed", .run = get_access_key_last_used, .on = on_key },
	{ 0 },
};
