/* What S3 keeps, as rows; for the files of this room. Reading takes any db (a snapshot, or the committer's in a work);
 * what changes takes the committer's. Strings that come back are in the given arena. */
#pragma once

#include "base/digest.h"
#include "core/call.h"

extern const struct store_table s3_tables[];

/* --- buckets --- */
enum versioning { VERSIONING_NEVER, VERSIONING_ENABLED, VERSIONING_SUSPENDED };
/* Whose objects are (docs: "Controlling ownership of objects"). ENFORCED: the bucket owner's, and ACLs do not act;
 * PREFERRED: the writer's, but the bucket owner's if he was granted full control; WRITER: the writer's. */
enum ownership { OWNER_ENFORCED, OWNER_PREFERRED, OWNER_WRITER };

struct bucket {
	int64_t id;
	str name, account, region;
	int64_t created;
	enum versioning versioning;
	bool object_lock; /* made with object lock */
	enum ownership ownership;
	int64_t policy; /* which revision of its policy there is, from 1; 0 or less: none */
};

bool bucket_find(struct db *db, struct arena *a, str name, struct bucket *out);
/* Some bucket of this id is still there (a work checks it again: it may have gone since the snapshot). */
bool bucket_alive(struct db *db, int64_t id);
enum versioning bucket_versioning(struct db *db, int64_t id); /* as of now, for works */
enum ownership bucket_ownership(struct db *db, int64_t id); /* likewise; of none such: ENFORCED */
void bucket_set_ownership(struct db *db, int64_t id, enum ownership o); /* in a work */
/* In a work: the bucket has another policy now, or none. Revisions never come twice. */
void bucket_set_policy(struct db *db, int64_t id, bool has);

/* For routes: the call's Bucket as the resource (and bucket/Key for objects). Fails with NoSuchBucket (detail
 * BucketName), InvalidBucketName, PermanentRedirect for another region's bucket where AWS does so. The bucket is
 * kept for the handler: call_bucket(c). on_object also checks that Key is 1..1024 bytes of UTF-8 (KeyTooLongError,
 * InvalidURI). */
bool on_bucket(struct call *c);
bool on_object(struct call *c);
struct bucket *call_bucket(struct call *c);

/* --- configurations: one document a kind (and id, for kinds that have several) --- */
str config_get(struct db *db, struct arena *a, int64_t bucket, const char *kind, str id); /* absent: none */
void config_put(struct db *db, int64_t bucket, const char *kind, str id, str document); /* in a work */
void config_drop(struct db *db, int64_t bucket, const char *kind, str id); /* in a work */

/* --- objects --- */
struct sum {
	int kind; /* enum digest_kind; -1: none */
	bool composite; /* of the parts' sums, value ends with -N; else of the whole object */
	str value; /* base64 */
};

struct object {
	int64_t bucket;
	str key;
	int64_t seq; /* within its key: newer is less */
	str version; /* "null" for the null version; else 32 characters */
	bool latest, marker; /* marker: a delete marker */
	int64_t size, modified;
	str etag; /* without quotes; "" for a marker */
	str storage_class;
	struct sum sum;
	str meta; /* headers kept with it: name NUL value NUL ..., as meta.h writes them */
	str tags; /* name NUL value NUL ...; absent: none */
	int64_t blob; /* its body; 0: none, or in parts */
	int64_t upload; /* its parts are those of this upload; 0: not a multipart object */
	int64_t parts; /* how many parts */
	str account; /* the owner; "": somebody without an account */
	/* Not of the row: what the keys of its bodies are sealed under, once sse.h has looked; NULL: they are plain. */
	const struct seal *seal;
};

/* Which one: o's bucket, key and version (absent: the current version, marker or not); the rest is filled. False:
 * there is none, and o is as it was. */
bool object_find(struct db *db, struct arena *a, struct object *o);

/* In a work: o becomes the current version of its key. By the bucket's versioning it replaces the null version
 * (whose body is forgotten) or comes on top; o->version, seq and latest are filled in. 0 or 1 (NoSuchBucket: the
 * bucket went). */
int object_insert(struct db *db, struct arena *a, struct object *o);
/* In a work: takes one version away with its body, and makes the next newest current. */
void object_remove(struct db *db, struct arena *a, const struct object *o);
/* In a work: o's row gets o's tags, meta, storage class. */
void object_update(struct db *db, const struct object *o);
/* Has the bucket any version, marker (uploads do not count)? */
bool bucket_empty(struct db *db, int64_t bucket);

bool version_plausible(str version); /* "null", or 32 characters of a version id's alphabet */

/* A walk over keys in byte order, for listings. from: the first key that may come (inclusive). Current versions
 * only (markers skipped), or all versions of each key, newest first, markers too. Costs per row seen, not per key
 * skipped. */
struct walk {
	struct db *db;
	struct arena *arena; /* rows are copied here; use mark and reset around steps */
	int64_t bucket;
	bool versions;
	str from;
	int64_t from_seq; /* with versions: of key from, the first seq that may come; INT64_MIN: all */
	struct query *query; /* inside, from here on */
	bool started;
	int skipped;
	size_t key_n, from_n;
	char key[1040], from_key[1040];
};
bool walk_next(struct walk *w, struct object *out);
void walk_seek(struct walk *w, str from); /* on to the first key >= from */
void walk_end(struct walk *w);

/* --- uploads and parts --- */
struct upload {
	int64_t id;
	int64_t bucket;
	str key, upload_id;
	int64_t initiated;
	str storage_class, meta, tags;
	str account; /* the owner of the object to be */
	str initiator; /* the account that began it; "": none */
	int sum_kind; /* -1: none asked for */
	bool sum_composite;
};
/* Which one: u's bucket, key and upload_id; the rest is filled. */
bool upload_find(struct db *db, struct arena *a, struct upload *u);

struct part {
	int64_t upload, number, size, modified;
	int64_t start; /* in the object, once it is complete */
	str md5; /* 16 bytes */
	struct sum sum;
	int64_t blob;
};
bool part_find(struct db *db, struct arena *a, int64_t upload, int64_t number, struct part *out);
/* In a work: the parts of this upload and their bodies go. For whoever removes a multipart object (o->upload). */
void parts_forget(struct db *db, int64_t upload);
/* In a work: all uploads in progress of a bucket go, with their parts. For DeleteBucket. */
void uploads_forget(struct db *db, int64_t bucket);
/* The stretches of a body: bytes [at, at + n) of o, as a pull for call.pull. Opened before it returns: what is
 * there now is sent whole even if the object goes meanwhile. 0 or -errno. */
int body_open(struct call *c, const struct object *o, int64_t at, int64_t n);
