/* What lasts: one data folder with a SQLite database (WAL, synchronous FULL), a log of small bodies in segments and a
 * file for each large body. One committer thread writes; it groups the works that wait into one transaction, so that
 * a sync is shared. What store_write has answered with 0 is on disk: the bodies (synced, and their directory
 * entries), then the transaction that names them. What a crash leaves behind without a row is swept at start.
 *
 *   lock  reserve  aerostat.db  segments/000001.seg  bodies/2b/00000000000012ab
 *
 * Each body has a row blob(id, seg, off, size, crc): seg 0 is a file named by id. Whoever keeps a body keeps its id,
 * in a table that was named to store_open (for fsck). Bodies never change. */
#pragma once

#include "core/db.h"
#include "http/server.h"

struct store;

enum { BLOB_SMALL = 128 * 1024 }; /* bodies up to this go to the segment log */

struct store_table {
	const char *schema; /* CREATE TABLE IF NOT EXISTS ...; */
	const char *blob_ids; /* SELECT of the blob ids that this table keeps, or NULL; for fsck and the sweep */
};

/* tables ends with a zeroed row and must live as long as the store. 0, -EBUSY: another server has this folder,
 * -EPROTONOSUPPORT: data of a newer version, -errno; *why says it in a sentence. Sweeps what no row names. */
int store_open(struct arena *a, struct store **out, const char *dir, const struct store_table *tables, str *why);
void store_close(struct store *s); /* waits for works in progress */

/* --- reading --- */
/* A read-only connection from a pool, with a snapshot that lasts until it goes back. */
struct db *store_reader(struct store *s);
void store_reader_done(struct store *s, struct db *db); /* NULL is fine */

/* --- writing --- */
struct blob_writer;

/* A change. run is called in the committer thread inside a transaction, alone: what it reads is what holds. A result
 * other than 0 undoes this work alone (a savepoint) and is what store_write returns; a database error likewise
 * (-ENOSPC, -EIO). It must not block and must not touch the network. */
struct work {
	int (*run)(struct db *db, void *arg);
	void *arg;
	struct blob_writer **blobs; /* bodies that this work names by blob_id; may be NULL */
	size_t n_blobs;
};
int store_write(struct store *s, struct work *w);

/* --- bodies --- */
/* Collects a body: the first BLOB_SMALL bytes in memory, then a file. What was not part of a successful store_write is
 * removed when the arena goes. */
struct blob_writer *blob_begin(struct store *s, struct arena *a);
int blob_append(struct blob_writer *w, const void *p, size_t n); /* 0 or -errno */
int blob_finish(struct blob_writer *w); /* a large one is on disk after this, with its directory entry */
int64_t blob_id(const struct blob_writer *w); /* known from the start */
int64_t blob_size(const struct blob_writer *w);

/* In a work: forgets a body; its file goes after the commit, its segment is compacted when little in it lives. */
void blob_forget(struct db *db, int64_t id);

/* Where bytes [at, at + n) of a body are; n is cut to its end. 0, -ENOENT, -errno. The piece is the caller's to
 * close. */
int blob_open(struct db *db, int64_t id, int64_t at, int64_t n, struct piece *out);
/* The same bytes into memory, for small bodies: no descriptor changes hands. -EIO if there are fewer than n. */
int blob_read(struct db *db, int64_t id, int64_t at, int64_t n, void *to);
int64_t blob_length(struct db *db, int64_t id); /* -ENOENT */

/* --- upkeep --- */
struct fsck {
	int64_t bodies, bytes, missing, torn, orphans, unowned;
};
/* Bodies against rows: every row's bytes are there and have their CRC, every body has a row and an owner. say gets a
 * line for each finding. Works on a folder whose server is down, or on the running store. -errno: it could not be
 * finished, and what was not found means nothing. */
int store_fsck(struct store *s, struct fsck *out, void (*say)(void *arg, str line), void *arg);

/* Small values that belong to the server itself (clock offset, next ids). absent if there is none. */
str store_get(struct db *db, struct arena *a, const char *name);
void store_put(struct db *db, const char *name, str value); /* in a work */

struct store_stats {
	int64_t works, batches, segments, segment_bytes, live_bytes, files;
};
struct store_stats store_stats(struct store *s);
