#include "s3/upload.h"

#include "s3/meta.h"

#include <inttypes.h>

const int64_t part_min = 5 << 20, part_max = (int64_t)5 << 30;

/* --- upload ids --- */

enum { SEAL_HEX = 64, HEAD_HEX = 24, ID_HEX = HEAD_HEX + SEAL_HEX };

static str make_id(struct arena *a, int64_t bucket, str key, int64_t initiated, int64_t id) {
	struct buf sealed = { .arena = a }, text = { .arena = a };
	putf(&sealed, "%" PRId64 ".%" PRId64 ".%" PRId64 ".", bucket, initiated, id);
	put(&sealed, key);
	struct digest_value seal = digest_of(DIGEST_SHA256, buf_str(&sealed));
	putf(&text, "%012" PRIx64 "%012" PRIx64, (uint64_t)initiated, (uint64_t)id);
	put_hex(&text, digest_str(&seal));
	return buf_str(&text);
}

static bool read_hex(str s, int64_t *out) {
	uint64_t n;
	bool good = str_hex(s, &n);
	*out = good ? (int64_t)n : 0;
	return good;
}

bool upload_id_read(str upload_id, int64_t bucket, str key, int64_t *initiated, int64_t *id) {
	AUTO_ARENA arena = { 0 };
	if (upload_id.n != ID_HEX || !read_hex((str){ upload_id.p, HEAD_HEX / 2 }, initiated) ||
	    !read_hex((str){ upload_id.p + HEAD_HEX / 2, HEAD_HEX / 2 }, id)) {
		return false;
	}
	return str_eq(upload_id, make_id(&arena, bucket, key, *initiated, *id));
}

/* --- uploads --- */

#define UPLOAD_COLUMNS                                                                                                 \
	"id, bucket, key, upload_id, initiated, storage_class, meta, tags, account, sum_kind, sum_composite,"          \
	" initiator"

static void read_upload(struct query *q, struct arena *a, struct upload *out) {
	*out = (struct upload){ .id = query_int(q, 0),
				.bucket = query_int(q, 1),
				.key = query_dup(a, q, 2),
				.upload_id = query_dup(a, q, 3),
				.initiated = query_int(q, 4),
				.storage_class = query_dup(a, q, 5),
				.meta = query_dup(a, q, 6),
				.tags = query_dup(a, q, 7),
				.account = query_dup(a, q, 8),
				.sum_kind = (int)query_int(q, 9),
				.sum_composite = query_int(q, 10) != 0,
				.initiator = query_dup(a, q, 11) };
}

bool upload_find(struct db *db, struct arena *a, struct upload *u) {
	int64_t initiated, id, bucket = u->bucket;
	if (!upload_id_read(u->upload_id, bucket, u->key, &initiated, &id)) {
		return false;
	}
	AUTO_QUERY q = db_query(db, "SELECT " UPLOAD_COLUMNS " FROM upload WHERE id = ?", "i", id);
	if (!query_step(q)) {
		return false;
	}
	read_upload(q, a, u);
	return u->bucket == bucket;
}

static str present(str s) {
	return s.p ? s : S("");
}

void upload_insert(struct db *db, struct arena *a, struct upload *u) {
	db_run(db,
	       "INSERT INTO upload(bucket, key, initiated, upload_id, storage_class, sum_kind, sum_composite, account,"
	       " initiator, tags, meta) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	       "isissiissss", u->bucket, u->key, u->initiated, S(""), u->storage_class, (int64_t)u->sum_kind,
	       (int64_t)u->sum_composite, present(u->account), present(u->initiator), present(u->tags),
	       present(u->meta));
	u->id = db_last_rowid(db);
	u->upload_id = make_id(a, u->bucket, u->key, u->initiated, u->id);
	db_run(db, "UPDATE upload SET upload_id = ? WHERE id = ?", "si", u->upload_id, u->id);
}

bool upload_alive(struct db *db, int64_t upload) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM upload WHERE id = ?", "i", upload);
	return query_step(q);
}

void upload_remove(struct db *db, int64_t upload) {
	db_run(db, "DELETE FROM upload WHERE id = ?", "i", upload);
}

struct query *uploads_after(struct db *db, int64_t bucket, str key, int64_t initiated, int64_t id) {
	return db_query(db,
			"SELECT " UPLOAD_COLUMNS " FROM upload INDEXED BY upload_key WHERE bucket = ?"
			" AND (key, initiated, id) > (?, ?, ?) ORDER BY bucket, key, initiated, id",
			"isii", bucket, key, initiated, id);
}

bool uploads_next(struct query *q, struct arena *a, struct upload *out) {
	if (!query_step(q)) {
		return false;
	}
	read_upload(q, a, out);
	return true;
}

void uploads_forget(struct db *db, int64_t bucket) {
	AUTO_QUERY q = db_query(db, "SELECT id FROM upload WHERE bucket = ?", "i", bucket);
	while (query_step(q)) {
		parts_forget(db, query_int(q, 0));
	}
	db_run(db, "DELETE FROM upload WHERE bucket = ?", "i", bucket);
}

/* --- parts --- */

#define PART_COLUMNS "upload, number, start, size, modified, md5, sum_kind, sum_value, blob"

static void read_part(struct query *q, struct arena *a, struct part *out) {
	*out = (struct part){ .upload = query_int(q, 0),
			      .number = query_int(q, 1),
			      .start = query_int(q, 2),
			      .size = query_int(q, 3),
			      .modified = query_int(q, 4),
			      .md5 = query_dup(a, q, 5),
			      .sum = { .kind = (int)query_int(q, 6), .value = query_dup(a, q, 7) },
			      .blob = query_int(q, 8) };
}

bool part_find(struct db *db, struct arena *a, int64_t upload, int64_t number, struct part *out) {
	AUTO_QUERY q =
		db_query(db, "SELECT " PART_COLUMNS " FROM part WHERE upload = ? AND number = ?", "ii", upload, number);
	return parts_next(q, a, out);
}

struct query *parts_after(struct db *db, int64_t upload, int64_t number) {
	return db_query(db, "SELECT " PART_COLUMNS " FROM part WHERE upload = ? AND number > ? ORDER BY number", "ii",
			upload, number);
}

bool parts_next(struct query *q, struct arena *a, struct part *out) {
	if (!query_step(q)) {
		return false;
	}
	read_part(q, a, out);
	return true;
}

static void forget_body(struct db *db, int64_t upload, int64_t number) {
	AUTO_QUERY q = db_query(db, "SELECT blob FROM part WHERE upload = ? AND number = ? AND blob <> 0", "ii", upload,
				number);
	if (query_step(q)) {
		blob_forget(db, query_int(q, 0));
	}
}

void part_put(struct db *db, const struct part *p) {
	forget_body(db, p->upload, p->number);
	db_run(db, "INSERT OR REPLACE INTO part(" PART_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", "iiiiisisi",
	       p->upload, p->number, p->start, p->size, p->modified, p->md5, (int64_t)p->sum.kind,
	       present(p->sum.value), p->blob);
}

void part_drop(struct db *db, const struct part *p) {
	forget_body(db, p->upload, p->number);
	db_run(db, "DELETE FROM part WHERE upload = ? AND number = ?", "ii", p->upload, p->number);
}

void part_place(struct db *db, const struct part *p) {
	db_run(db, "UPDATE part SET start = ? WHERE upload = ? AND number = ?", "iii", p->start, p->upload, p->number);
}

void parts_forget(struct db *db, int64_t upload) {
	AUTO_QUERY q = db_query(db, "SELECT blob FROM part WHERE upload = ? AND blob <> 0", "i", upload);
	while (query_step(q)) {
		blob_forget(db, query_int(q, 0));
	}
	db_run(db, "DELETE FROM part WHERE upload = ?", "i", upload);
}
