#include "s3/object_rows.h"

#define OF_KEY " FROM object WHERE bucket = ? AND key = ?"

static str present(str s) {
	return s.p ? s : S("");
}

static str some(struct arena *a, struct query *q, int column) {
	str s = query_str(q, column);
	return s.n ? str_dup(a, s) : (str){ 0 };
}

void object_read(struct query *q, struct arena *a, struct object *o) {
	*o = (struct object){
		.bucket = query_int(q, 0),
		.key = query_dup(a, q, 1),
		.seq = query_int(q, 2),
		.marker = query_int(q, 3) != 0,
		.size = query_int(q, 4),
		.modified = query_int(q, 5),
		.etag = query_dup(a, q, 6),
		.storage_class = query_dup(a, q, 7),
		.version = query_dup(a, q, 8),
		.sum = { (int)query_int(q, 9), query_int(q, 10) != 0, some(a, q, 11) },
		.account = query_dup(a, q, 12),
		.blob = query_int(q, 13),
		.upload = query_int(q, 14),
		.parts = query_int(q, 15),
		.tags = some(a, q, 16),
		.meta = some(a, q, 17),
	};
}

static bool read_one(struct query *q, struct arena *a, struct object *out) {
	if (!query_step(q)) {
		return false;
	}
	object_read(q, a, out);
	return true;
}

/* The least seq of a key; 0 if it has no row. */
static int64_t newest(struct db *db, int64_t bucket, str key) {
	AUTO_QUERY q = db_query(db, "SELECT seq" OF_KEY " ORDER BY seq LIMIT 1", "is", bucket, key);
	return query_step(q) ? query_int(q, 0) : 0;
}

static bool find_current(struct db *db, struct arena *a, struct object *o) {
	AUTO_QUERY q = db_query(db, "SELECT " OBJECT_COLUMNS OF_KEY " ORDER BY seq LIMIT 1", "is", o->bucket, o->key);
	return read_one(q, a, o);
}

static bool find_null(struct db *db, struct arena *a, struct object *o) {
	AUTO_QUERY q = db_query(db, "SELECT " OBJECT_COLUMNS OF_KEY " AND version = x'6e756c6c' ORDER BY seq LIMIT 1",
				"is", o->bucket, o->key);
	return read_one(q, a, o);
}

static bool find_version(struct db *db, struct arena *a, struct object *o) {
	int64_t seq;
	if (!version_seq(o->version, &seq)) {
		return false;
	}
	AUTO_QUERY q = db_query(db, "SELECT " OBJECT_COLUMNS OF_KEY " AND seq = ? AND version = ?", "isis", o->bucket,
				o->key, seq, o->version);
	return read_one(q, a, o);
}

bool object_find(struct db *db, struct arena *a, struct object *o) {
	if (!o->version.p) {
		bool found = find_current(db, a, o);
		o->latest = found;
		return found;
	}
	bool found = str_is(o->version, "null") ? find_null(db, a, o) : find_version(db, a, o);
	if (found) {
		o->latest = newest(db, o->bucket, o->key) == o->seq;
	}
	return found;
}

void object_remove(struct db *db, struct arena *a, const struct object *o) {
	(void)a;
	if (o->blob) {
		blob_forget(db, o->blob);
	}
	if (o->upload) {
		parts_forget(db, o->upload);
	}
	db_run(db, "DELETE FROM object WHERE bucket = ? AND key = ? AND seq = ?", "isi", o->bucket, o->key, o->seq);
}

static void insert(struct db *db, const struct object *o) {
	db_run(db, "INSERT INTO object(" OBJECT_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	       "isiiiisssiissiiiss", o->bucket, o->key, o->seq, (int64_t)o->marker, o->size, o->modified,
	       present(o->etag), present(o->storage_class), o->version, (int64_t)o->sum.kind, (int64_t)o->sum.composite,
	       present(o->sum.value), present(o->account), o->blob, o->upload, o->parts, present(o->tags),
	       present(o->meta));
}

int object_insert(struct db *db, struct arena *a, struct object *o) {
	struct object old = { .bucket = o->bucket, .key = o->key, .version = S("null") };
	if (!bucket_alive(db, o->bucket)) {
		return 1;
	}
	bool keep = bucket_versioning(db, o->bucket) == VERSIONING_ENABLED;
	if (!keep && object_find(db, a, &old)) {
		object_remove(db, a, &old);
	}
	o->seq = newest(db, o->bucket, o->key) - 1;
	o->version = keep ? version_make(a, o->seq) : S("null");
	o->latest = true;
	insert(db, o);
	return 0;
}

void object_update(struct db *db, const struct object *o) {
	db_run(db,
	       "UPDATE object SET tags = ?, meta = ?, storage_class = ?"
	       " WHERE bucket = ? AND key = ? AND seq = ?",
	       "sssisi", present(o->tags), present(o->meta), present(o->storage_class), o->bucket, o->key, o->seq);
}
