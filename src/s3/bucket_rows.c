#include "s3/rows.h"

bool bucket_find(struct db *db, struct arena *a, str name, struct bucket *out) {
	AUTO_QUERY q = db_query(
		db,
		"SELECT id, name, account, region, created, versioning, object_lock, ownership, policy FROM bucket"
		" WHERE name = ?",
		"s", name);
	if (!query_step(q)) {
		return false;
	}
	*out = (struct bucket){
		.id = query_int(q, 0),
		.name = query_dup(a, q, 1),
		.account = query_dup(a, q, 2),
		.region = query_dup(a, q, 3),
		.created = query_int(q, 4),
		.versioning = (enum versioning)query_int(q, 5),
		.object_lock = query_int(q, 6) != 0,
		.ownership = (enum ownership)query_int(q, 7),
		.policy = query_int(q, 8),
	};
	return true;
}

bool bucket_alive(struct db *db, int64_t id) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM bucket WHERE id = ?", "i", id);
	return query_step(q);
}

enum versioning bucket_versioning(struct db *db, int64_t id) {
	AUTO_QUERY q = db_query(db, "SELECT versioning FROM bucket WHERE id = ?", "i", id);
	return query_step(q) ? (enum versioning)query_int(q, 0) : VERSIONING_NEVER;
}

enum ownership bucket_ownership(struct db *db, int64_t id) {
	AUTO_QUERY q = db_query(db, "SELECT ownership FROM bucket WHERE id = ?", "i", id);
	return query_step(q) ? (enum ownership)query_int(q, 0) : OWNER_ENFORCED;
}

void bucket_set_ownership(struct db *db, int64_t id, enum ownership o) {
	db_run(db, "UPDATE bucket SET ownership = ? WHERE id = ?", "ii", (int64_t)o, id);
}

void bucket_set_policy(struct db *db, int64_t id, bool has) {
	db_run(db, "UPDATE bucket SET policy = CASE WHEN ? THEN abs(policy) + 1 ELSE -abs(policy) END WHERE id = ?",
	       "ii", (int64_t)has, id);
}

bool bucket_empty(struct db *db, int64_t bucket) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM object WHERE bucket = ? LIMIT 1", "i", bucket);
	return !query_step(q);
}

str config_get(struct db *db, struct arena *a, int64_t bucket, const char *kind, str id) {
	AUTO_QUERY q = db_query(db, "SELECT document FROM bucket_config WHERE bucket = ? AND kind = ? AND id = ?",
				"iss", bucket, str_from(kind), id.p ? id : S(""));
	return query_step(q) ? query_dup(a, q, 0) : (str){ 0 };
}

void config_put(struct db *db, int64_t bucket, const char *kind, str id, str document) {
	db_run(db, "INSERT OR REPLACE INTO bucket_config(bucket, kind, id, document) VALUES(?, ?, ?, ?)", "isss",
	       bucket, str_from(kind), id.p ? id : S(""), document);
}

void config_drop(struct db *db, int64_t bucket, const char *kind, str id) {
	db_run(db, "DELETE FROM bucket_config WHERE bucket = ? AND kind = ? AND id = ?", "iss", bucket, str_from(kind),
	       id.p ? id : S(""));
}
