/* What is alike in all kinds: how they come, change, are shown and go. */
#include "iam/room.h"

#include "base/clock.h"

#include <errno.h>

bool already_exists(struct call *c, enum entity_kind kind, str name) {
	return kind == ENTITY_PROFILE
		       ? fail(c, &entity_already_exists, "Instance Profile " STR_FMT " already exists.", STR_ARG(name))
		       : fail(c, &entity_already_exists, "%s with name " STR_FMT " already exists.",
			      words_of(kind)->title, STR_ARG(name));
}

/* --- create --- */

struct creation {
	struct call *c;
	struct entity *e;
	bool (*check)(struct call *c, struct db *db, struct entity *e);
};

static int create(struct db *db, void *arg) {
	struct creation *n = arg;
	const struct words *w = words_of(n->e->kind);
	if ((n->check && !n->check(n->c, db, n->e)) || (n->e->boundary.n && !boundary_ok(n->c, db, n->e->boundary))) {
		return 1;
	}
	int rc = entity_insert(db, n->e);
	if (rc) {
		return rc == -EEXIST ? (already_exists(n->c, n->e->kind, n->e->name), 1) : rc;
	}
	return entity_count(db, n->e->account, n->e->kind) > w->max ? (over_quota(n->c, w->quota, w->max), 1) : 0;
}

/* Who makes it with tags must be allowed to tag it. */
bool new_tags_of_input(struct call *c, struct entity *e) {
	const struct val *tags = input_val(c, "Tags");
	const char *action = str_printf(c->arena, "iam:Tag%s", words_of(e->kind)->title).p;
	return !val_count(tags) || (call_must(c, action, &c->resource) && tag_list_of_input(c, tags, &e->tags));
}

bool create_entity(struct call *c, struct entity *e, bool (*check)(struct call *c, struct db *db, struct entity *e)) {
	str path = get_str(c->in, "Path");
	e->id = new_id(c->arena, entity_prefix(e->kind));
	e->account = c->who.account;
	e->name = get_str(c->in, words_of(e->kind)->name);
	e->path = path.p ? path : S("/");
	e->created = clock_now();
	e->boundary = input_str(c, "PermissionsBoundary");
	if (!new_tags_of_input(c, e) || !identity_write(c, create, &(struct creation){ c, e, check })) {
		return false;
	}
	show_entity(c, call_db(c), set(c->arena, c->out, words_of(e->kind)->title), e);
	return true;
}

/* --- look --- */

bool get_entity(struct call *c, enum entity_kind kind) {
	struct entity e;
	if (!must_find(c, call_db(c), kind, &e)) {
		return false;
	}
	show_entity(c, call_db(c), set(c->arena, c->out, words_of(kind)->title), &e);
	return true;
}

bool list_entities(struct call *c, enum entity_kind kind) {
	struct page page;
	str prefix = get_str(c->in, "PathPrefix");
	if (!page_of_input(c, &page)) {
		return false;
	}
	prefix = prefix.p ? prefix : S("/");
	AUTO_QUERY q =
		db_query(call_db(c),
			 "SELECT " ENTITY_COLUMNS " FROM entity e WHERE e.account = ? AND e.kind = ? AND e.low > ?"
			 " AND substr(e.path, 1, ?) = ? ORDER BY e.low LIMIT ?",
			 "tititi", c->who.account, (int64_t)kind, page.after, (int64_t)prefix.n, prefix, page.max + 1);
	show_page(c, words_of(kind)->list, &page, q);
	return true;
}

/* --- change --- */

struct change {
	struct call *c;
	enum entity_kind kind;
	bool (*apply)(struct call *c, struct db *db, struct entity *e);
};

static int change(struct db *db, void *arg) {
	struct change *n = arg;
	struct entity e;
	if (!must_find(n->c, db, n->kind, &e) || !n->apply(n->c, db, &e)) {
		return 1;
	}
	int rc = entity_update(db, &e);
	return rc == -EEXIST ? (already_exists(n->c, e.kind, e.name), 1) : rc;
}

bool change_entity(struct call *c, enum entity_kind kind,
		   bool (*apply)(struct call *c, struct db *db, struct entity *e)) {
	return identity_write(c, change, &(struct change){ c, kind, apply });
}

static bool rename_it(struct call *c, struct db *db, struct entity *e) {
	str name = get_str(c->in, str_printf(c->arena, "New%s", words_of(e->kind)->name).p);
	str path = get_str(c->in, "NewPath");
	(void)db;
	e->name = name.p ? name : e->name;
	e->path = path.p ? path : e->path;
	return true;
}

/* Who renames must be allowed it for both ends (IAM User Guide, "Rename an IAM user"). */
bool rename_entity(struct call *c, enum entity_kind kind, const char *action) {
	struct entity e;
	struct resource target = c->resource;
	if (!must_find(c, call_db(c), kind, &e)) {
		return false;
	}
	rename_it(c, NULL, &e);
	target.arn = entity_arn(c->arena, &e);
	target.shown = (str){ 0 };
	return (str_eq(target.arn, c->resource.arn) || call_must(c, action, &target)) &&
	       change_entity(c, kind, rename_it);
}

/* --- delete --- */

/* What may hang on an entity, found by its id, and what AWS wants done first. */
#define MEMBER "SELECT 1 FROM membership WHERE member = ?"
#define HOLDER "SELECT 1 FROM membership WHERE holder = ?"
#define INLINE "SELECT 1 FROM inline_policy WHERE entity = ?"
#define ATTACHED "SELECT 1 FROM attachment WHERE entity = ?"
static const struct {
	enum entity_kind kind;
	const char *sql, *first;
} obstacles[] = {
	{ ENTITY_USER,
	  "SELECT 1 FROM entity e JOIN access_key k ON k.account = e.account AND k.user = e.id WHERE e.id = ?",
	  "delete access keys" },
	{ ENTITY_USER, "SELECT 1 FROM login_profile WHERE user = ?", "delete login profile" },
	{ ENTITY_USER, INLINE, "delete policies" },
	{ ENTITY_USER, ATTACHED, "detach all policies" },
	{ ENTITY_USER, MEMBER, "remove users from group" },
	{ ENTITY_GROUP, HOLDER, "remove users from group" },
	{ ENTITY_GROUP, INLINE, "delete policies" },
	{ ENTITY_GROUP, ATTACHED, "detach all policies" },
	{ ENTITY_ROLE, MEMBER, "remove roles from instance profile" },
	{ ENTITY_ROLE, INLINE, "delete policies" },
	{ ENTITY_ROLE, ATTACHED, "detach all policies" },
	{ ENTITY_PROFILE, HOLDER, "remove roles from instance profile" },
};

static bool hangs(struct db *db, const char *sql, str id) {
	AUTO_QUERY q = db_query(db, sql, "t", id);
	return query_step(q);
}

static bool is_free(struct call *c, struct db *db, const struct entity *e) {
	for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
		if (obstacles[i].kind == e->kind && hangs(db, obstacles[i].sql, e->id)) {
			return fail(c, &delete_conflict, "Cannot delete entity, must %s first.", obstacles[i].first);
		}
	}
	return true;
}

static int delete_it(struct db *db, void *arg) {
	struct change *n = arg;
	struct entity e;
	if (!must_find(n->c, db, n->kind, &e) || !must_be_modifiable(n->c, &e) || !is_free(n->c, db, &e)) {
		return 1;
	}
	db_run(db, "DELETE FROM entity WHERE id = ?", "t", e.id);
	return db_error(db);
}

bool delete_entity(struct call *c, enum entity_kind kind) {
	return identity_write(c, delete_it, &(struct change){ c, kind, NULL });
}
