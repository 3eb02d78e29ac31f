/* Accounts, and who has which access key. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/rand.h"
#include "core/cloud.h"
#include "core/entity.h"

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

/* Keys that were found, by access key: every call needs one, and they change seldom. Emptied whole when any changes. */
enum { CACHE_MAX = 1024 };

struct key_cache {
	pthread_mutex_t mutex;
	struct arena arena;
	struct key keys[CACHE_MAX];
	size_t n;
	uint64_t generation;
};

static void principal_dup(struct arena *a, struct principal *to, const struct principal *from) {
	*to = (struct principal){
		.account = str_dup(a, from->account),
		.arn = str_dup(a, from->arn),
		.id = str_dup(a, from->id),
		.access_key = str_dup(a, from->access_key),
		.canonical_id = str_dup(a, from->canonical_id),
		.display_name = str_dup(a, from->display_name),
		.root = from->root,
	};
}

static void key_dup(struct arena *a, struct key *to, const struct key *from) {
	to->access_key = str_dup(a, from->access_key);
	to->secret = str_dup(a, from->secret);
	principal_dup(a, &to->who, &from->who);
}

static bool cache_find(struct key_cache *cache, struct arena *a, str access_key, struct key *out,
		       uint64_t *generation) {
	AUTO_LOCK(&cache->mutex);
	*generation = cache->generation;
	for (size_t i = 0; i < cache->n; i++) {
		if (str_eq(cache->keys[i].access_key, access_key)) {
			key_dup(a, out, &cache->keys[i]);
			return true;
		}
	}
	return false;
}

/* Only if nothing has changed since the look-up began, else a revoked key could come back. */
static void cache_add(struct key_cache *cache, const struct key *k, uint64_t generation) {
	AUTO_LOCK(&cache->mutex);
	if (cache->n < CACHE_MAX && cache->generation == generation) {
		key_dup(&cache->arena, &cache->keys[cache->n++], k);
	}
}

void keys_changed(struct cloud *cloud) {
	struct key_cache *cache = cloud->keys;
	AUTO_LOCK(&cache->mutex);
	cache->generation++;
	cache->n = 0;
	arena_free(&cache->arena);
}

void keys_finish(struct cloud *cloud) {
	if (cloud->keys) {
		arena_free(&cloud->keys->arena);
		pthread_mutex_destroy(&cloud->keys->mutex);
		heap_free(cloud->keys);
		cloud->keys = NULL;
	}
}

static struct key_cache *cache_of(struct cloud *cloud) {
	if (!cloud->keys) {
		cloud->keys = heap_alloc(sizeof(*cloud->keys));
		pthread_mutex_init(&cloud->keys->mutex, NULL);
	}
	return cloud->keys;
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

static void read_principal(struct arena *a, struct query *q, struct key *out) {
	str account = query_dup(a, q, 0), user = query_dup(a, q, 1);
	out->who = (struct principal){
		.account = account,
		.access_key = out->access_key,
		.canonical_id = query_dup(a, q, 3),
		.display_name = query_dup(a, q, 4),
		.root = !user.p,
		.id = user.p ? query_dup(a, q, 5) : account,
		.kind = user.p ? PRINCIPAL_USER : PRINCIPAL_ROOT,
		.name = query_dup(a, q, 6),
		.arn = user.p ? str_printf(a, "arn:aws:iam::" STR_FMT ":user" STR_FMT, STR_ARG(account), STR_ARG(user))
			      : str_printf(a, "arn:aws:iam::" STR_FMT ":root", STR_ARG(account)),
	};
}

static bool key_load(struct cloud *cloud, struct db *db, struct arena *a, str access_key, struct key *out) {
	AUTO_QUERY q = db_query(db,
				"SELECT k.account, e.path || e.name, k.secret, a.canonical_id, a.name, k.user, e.name"
				" FROM access_key k JOIN account a ON a.id = k.account"
				" LEFT JOIN entity e ON e.id = k.user WHERE k.id = ? AND k.active",
				"t", access_key);
	if (!query_step(q)) {
		return false;
	}
	out->access_key = str_dup(a, access_key);
	if (!seal_read(&cloud->seal, a, query_str(q, 2), &out->secret)) {
		log_error("the secret of " STR_FMT
			  " cannot be unsealed: the key file is not the one it was sealed with",
			  STR_ARG(access_key));
		return false;
	}
	read_principal(a, q, out);
	return true;
}

static bool test_key(struct cloud *cloud, struct db *db, struct arena *a, struct key *out) {
	str account = cloud->account;
	*out = (struct key){ .access_key = S("test"), .secret = S("test") };
	out->who = (struct principal){ .account = account, .id = account, .access_key = S("test"), .root = true };
	out->who.arn = str_printf(a, "arn:aws:iam::" STR_FMT ":root", STR_ARG(account));
	return account_owner(db, a, account, &out->who.canonical_id, &out->who.display_name);
}

bool key_find(struct cloud *cloud, struct arena *a, str access_key, struct key *out) {
	uint64_t generation;
	if (cache_find(cache_of(cloud), a, access_key, out, &generation)) {
		return true;
	}
	struct db *db = store_reader(cloud->store);
	bool found = cloud->accept_test_keys && str_is(access_key, "test") ? test_key(cloud, db, a, out)
									   : key_load(cloud, db, a, access_key, out);
	out->error = db_error(db);
	store_reader_done(cloud->store, db);
	if (found) {
		cache_add(cloud->keys, out, generation);
	}
	return found;
}

bool account_root_key(struct cloud *cloud, struct arena *a, str account, struct key *out) {
	struct db *db = store_reader(cloud->store);
	struct query *q = db_query(
		db, "SELECT id FROM access_key WHERE account = ? AND user IS NULL ORDER BY created, id LIMIT 1", "t",
		account);
	str id = query_step(q) ? query_dup(a, q, 0) : (str){ 0 };
	query_done(q);
	bool found = id.n && key_load(cloud, db, a, id, out);
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
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct arena *a = n->arena;
	str id = n->key.access_key.n ? n->key.access_key : new_key_id(a, "AKIA", n->account);
	if (anothers(db, id, n->account)) {
		return -EEXIST;
	}
	str secret = n->key.secret.n ? n->key.secret : rand_text(a, str_from(letters), 40);
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

static int create_account(struct db *db, void *arg) {
	struct creation *n = arg;
	str canonical = n->canonical_id.n ? n->canonical_id : canonical_of(n->arena, n->account);
	if (db_run(db, "INSERT OR IGNORE INTO account VALUES(?, ?, ?, ?, NULL, NULL)", "ttti", n->account, n->name,
		   canonical, clock_now()) < 0) {
		return -EIO;
	}
	if (n->canonical_id.n && db_run(db, "UPDATE account SET name = ?, canonical_id = ? WHERE id = ?", "ttt",
					n->name, n->canonical_id, n->account) < 0) {
		return -EIO;
	}
	return n->key.access_key.n || !has_root_key(db, n->account) ? put_key(db, n) : 0;
}

static int create_user(struct db *db, void *arg) {
	struct creation *n = arg;
	struct entity e;
	if (!entity_find(db, n->arena, n->account, ENTITY_USER, n->user, &e)) {
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
	struct key k = { 0 };
	if (!n->key.access_key.n) {
		return n->user.n ? false : has_root_key(db, n->account);
	}
	return key_load(n->cloud, db, n->arena, n->key.access_key, &k) && str_eq(k.secret, n->key.secret) &&
	       str_eq(k.who.account, n->account) && k.who.root == !n->user.n;
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
	cache_of(cloud);
	int rc = store_write(cloud->store, &w);
	keys_changed(cloud);
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
