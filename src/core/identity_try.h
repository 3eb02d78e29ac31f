/* What the tests of identities share: a cloud in a folder of its own, with an account, a user and a role. */
#pragma once

#include "base/tap.h"
#include "core/binding.h"

#include <stdlib.h>
#include <unistd.h>

static const str ACCOUNT = { "123456789012", 12 }, ALICE = { "AKIAALICE", 9 };

static struct arena top;
static struct cloud cloud;

/* A work of one statement with up to three texts. */
struct change {
	const char *sql;
	str a, b, c;
};

static inline int run_change(struct db *db, void *arg) {
	const struct change *n = arg;
	const char *fmt = n->c.p ? "ttt" : n->b.p ? "tt" : "t";
	return db_run(db, n->sql, fmt, n->a, n->b, n->c) < 0 ? -1 : 0;
}

static inline void change(const char *sql, str a, str b, str c) {
	struct change n = { sql, a, b, c };
	struct work w = { .run = run_change, .arg = &n };
	CHECK_INT(store_write(cloud.store, &w), 0);
	identity_changed(&cloud);
}

static inline int run_entity(struct db *db, void *arg) {
	return entity_insert(db, arg);
}

static inline str make_entity(enum entity_kind kind, const char *name, const char *tags) {
	struct entity e = { .kind = kind,
			    .id = new_id(&top, entity_prefix(kind)),
			    .account = ACCOUNT,
			    .name = str_from(name),
			    .path = S("/team/"),
			    .tags = str_from(tags) };
	struct work w = { .run = run_entity, .arg = &e };
	CHECK_INT(store_write(cloud.store, &w), 0);
	identity_changed(&cloud);
	return e.id;
}

static inline str id_of_alice(void) {
	struct entity e = { .kind = ENTITY_USER, .account = ACCOUNT, .name = S("alice") };
	struct db *db = store_reader(cloud.store);
	CHECK(entity_find(db, &top, &e));
	store_reader_done(cloud.store, db);
	return e.id;
}

static inline void put_inline(str entity, const char *name, const char *document) {
	change("INSERT OR REPLACE INTO inline_policy VALUES(?, ?, ?)", entity, str_from(name), str_from(document));
}

static inline const struct identity *look_up(struct arena *a, str key, str token, struct not_found *why) {
	const struct identity *found = identity_find(&cloud, a, key, token, why);
	CHECK_INT(why->error, 0);
	return found;
}

static inline void open_cloud(const char *dir) {
	static struct store_table tables[8];
	str why;
	size_t n = 0;
	for (const struct store_table *t = account_tables; t->schema; t++) {
		tables[n++] = *t;
	}
	for (const struct store_table *t = entity_tables; t->schema; t++) {
		tables[n++] = *t;
	}
	cloud = (struct cloud){ .arena = &top, .account = ACCOUNT, .region = S("us-east-1") };
	CHECK_INT(store_open(&top, &cloud.store, dir, tables, &why), 0);
	CHECK_INT(seal_open(&cloud.seal, str_printf(&top, "%s/seal.key", dir).p), 0);
	identities_open(&cloud);
	CHECK_INT(account_create(&cloud, ACCOUNT, S("first"), (str){ 0 }, NULL), 0);
	CHECK_INT(user_create(&cloud, ACCOUNT, S("alice"), &(struct key){ ALICE, S("secret") }), 0);
}

/* main: runs them in a folder of their own. */
static inline int run_in_cloud(void (*const *tests)(void)) {
	char tmp[] = "/tmp/identity_test.XXXXXX";
	if (!mkdtemp(tmp)) {
		return 1;
	}
	open_cloud(str_printf(&top, "%s/data", tmp).p);
	for (; *tests; tests++) {
		(*tests)();
	}
	identities_close(&cloud);
	store_close(cloud.store);
	CHECK_INT(system(str_printf(&top, "rm -rf %s", tmp).p), 0);
	int rc = tap_done();
	arena_free(&top);
	return rc;
}
