/* Accounts, and the users and keys that they begin with. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/rand.h"
#include "core/binding.h"

#include <errno.h>

const struct store_table account_tables[] = {
	{ "CREATE TABLE IF NOT EXISTS account(id TEXT PRIMARY KEY, name TEXT NOT NULL, canonical_id TEXT NOT NULL,"
	  " created INTEGER NOT NULL, alias TEXT UNIQUE, password_policy TEXT) WITHOUT ROWID;"
	  "CREATE TABLE IF NOT EXISTS access_key(id TEXT PRIMARY KEY, account TEXT NOT NULL, user TEXT,"
	  " secret BLOB NOT NULL, created INTEGER NOT NULL, active INTEGER NOT NULL DEFAULT 1,"
	  " used INTEGER NOT NULL DEFAULT 0, used_service TEXT, used_region TEXT) WITHOUT ROWID;"
	  "CREATE INDEX IF NOT EXISTS access_key_by_user ON access_key(account, user);"
	  "CREATE TABLE IF NOT EXISTS login_profile(user TEXT PRIMARY KEY, hash BLOB NOT NULL,"
	  " created INTEGER NOT NULL, reset INTEGER NOT NULL) WITHOUT ROWID;",
	  NULL },
	{ 0 },
};

str new_secret(struct arena *a) {
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	return rand_text(a, str_from(letters), 40);
}

bool account_owner(struct db *db, struct arena *a, str account, str *canonical_id, str *display_name) {
	AUTO_QUERY q = db_query(db, "SELECT canonical_id, name FROM account WHERE id = ?", "t", account);
	if (!query_step(q)) {
		return false;
	}
	*canonical_id = query_dup(a, q, 0);
	*display_name = query_dup(a, q, 1);
	return true;
}

bool account_root_key(struct cloud *cloud, struct arena *a, str account, struct key *out) {
	struct db *db = store_reader(cloud->store);
	struct query *q = db_query(db,
				   "SELECT id, secret FROM access_key WHERE account = ? AND user IS NULL AND active = 1"
				   " ORDER BY created, id LIMIT 1",
				   "t", account);
	bool found = query_step(q) && seal_read(&cloud->seal, a, query_str(q, 1), &out->secret);
	if (found) {
		out->access_key = query_dup(a, q, 0);
	}
	query_done(q);
	store_reader_done(cloud->store, db);
	return found;
}

struct creation {
	struct cloud *cloud;
	struct arena *arena;
	str account, name, canonical_id, user, user_id;
	struct key key;
};

static bool anothers(struct db *db, str key, str account) {
	AUTO_QUERY q = db_query(db, "SELECT account FROM access_key WHERE id = ?", "t", key);
	return query_step(q) && !str_eq(query_str(q, 0), account);
}

static int put_key(struct db *db, struct creation *n) {
	struct arena *a = n->arena;
	str id = n->key.access_key.n ? n->key.access_key : new_key_id(a, "AKIA", n->account);
	if (anothers(db, id, n->account)) {
		return -EEXIST;
	}
	str secret = n->key.secret.n ? n->key.secret : new_secret(a);
	return db_run(db, "INSERT OR REPLACE INTO access_key(id, account, user, secret, created) VALUES(?, ?, ?, ?, ?)",
		      "tttsi", id, n->account, n->user_id, seal_close(&n->cloud->seal, a, secret), clock_now()) < 0
		       ? -EIO
		       : 0;
}

static str canonical_of(struct arena *a, str account) {
	struct buf b = { .arena = a };
	str text = str_printf(a, "canonical id of " STR_FMT, STR_ARG(account));
	struct digest_value v = digest_of(DIGEST_SHA256, text);
	put_hex(&b, digest_str(&v));
	return buf_str(&b);
}

static bool has_root_key(struct db *db, str account) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM access_key WHERE account = ? AND user IS NULL", "t", account);
	return query_step(q);
}

/* Once in its life: what is deleted later does not come back. */
static int bear(struct db *db, struct creation *n) {
	int rc = 0;
	for (size_t i = 0; n->cloud->faces && n->cloud->faces[i] && !rc; i++) {
		rc = n->cloud->faces[i]->born ? n->cloud->faces[i]->born(db, n->arena, n->account) : 0;
	}
	return rc;
}

static int create_account(struct db *db, void *arg) {
	struct creation *n = arg;
	str canonical = n->canonical_id.n ? n->canonical_id : canonical_of(n->arena, n->account);
	int64_t made = db_run(db, "INSERT OR IGNORE INTO account VALUES(?, ?, ?, ?, NULL, NULL)", "ttti", n->account,
			      n->name, canonical, clock_now());
	int rc = made < 0 ? -EIO : made ? bear(db, n) : 0;
	if (rc) {
		return rc;
	}
	if (n->canonical_id.n && db_run(db, "UPDATE account SET name = ?, canonical_id = ? WHERE id = ?", "ttt",
					n->name, n->canonical_id, n->account) < 0) {
		return -EIO;
	}
	return n->key.access_key.n || !has_root_key(db, n->account) ? put_key(db, n) : 0;
}

static int create_user(struct db *db, void *arg) {
	struct creation *n = arg;
	struct entity e = { .kind = ENTITY_USER, .account = n->account, .name = n->user };
	if (!entity_find(db, n->arena, &e)) {
		e = (struct entity){ .kind = ENTITY_USER,
				     .id = new_id(n->arena, entity_prefix(ENTITY_USER)),
				     .account = n->account,
				     .name = n->user,
				     .path = S("/"),
				     .created = clock_now() };
		int rc = entity_insert(db, &e);
		if (rc) {
			return rc;
		}
	}
	n->user_id = e.id;
	return put_key(db, n);
}

static bool same_key(const struct creation *n, struct db *db) {
	struct identity found;
	if (!n->key.access_key.n) {
		return n->user.n ? false : has_root_key(db, n->account);
	}
	return identity_of_key(n->cloud, db, n->arena, n->key.access_key, &found) &&
	       str_eq(found.secret, n->key.secret) && str_eq(found.who.account, n->account) &&
	       str_eq(found.who.name, n->user);
}

/* Is all of it there already? A start that changes nothing writes nothing, and works on a full disk. */
static bool is_there(const struct creation *n) {
	str canonical, name;
	struct db *db = store_reader(n->cloud->store);
	bool there = account_owner(db, n->arena, n->account, &canonical, &name) && same_key(n, db);
	there = there && (!n->canonical_id.n || (str_eq(canonical, n->canonical_id) && str_eq(name, n->name)));
	store_reader_done(n->cloud->store, db);
	return there;
}

static int run(struct cloud *cloud, struct creation *n, int (*fn)(struct db *db, void *arg)) {
	if (is_there(n)) {
		return 0;
	}
	struct work w = { .run = fn, .arg = n };
	int rc = store_write(cloud->store, &w);
	identity_changed(cloud);
	return rc;
}

int account_create(struct cloud *cloud, str id, str name, str canonical_id, const struct key *root) {
	AUTO_ARENA a = { 0 };
	struct creation n = { .cloud = cloud, .arena = &a, .account = id, .name = name, .canonical_id = canonical_id };
	n.key = root ? *root : (struct key){ 0 };
	return run(cloud, &n, create_account);
}

int user_create(struct cloud *cloud, str account, str name, const struct key *key) {
	AUTO_ARENA a = { 0 };
	struct creation n = { .cloud = cloud, .arena = &a, .account = account, .user = name, .key = *key };
	return run(cloud, &n, create_user);
}
