/* One SQLite connection with its prepared statements. Errors stick: after one, steps give nothing and db_error says
 * what (0 or -errno: -ENOSPC when the disk is full, -EIO else); the committer rolls back on it. */
#pragma once

#include "base/buf.h"

struct db;
struct query;

/* On failure *out is a handle too, whose error sticks; it is closed like any other. */
int db_open(struct db **out, const char *path, bool readonly);
void db_close(struct db *db); /* NULL is fine */
int db_error(const struct db *db);
void db_clear_error(struct db *db);
bool db_unsure(const struct db *db); /* a COMMIT that gave this error may yet be found on disk after a crash */
void db_reset(struct db *db); /* query_done for all that are open */

/* A statement ready to be bound and stepped. sql must be a literal: its address is the key of the cache. Parameters are
 * given by fmt, one letter each, in order: i int64_t, s str (a BLOB, absent is NULL), t str (TEXT, absent is NULL),
 * d double, n (no argument) NULL. Keys and names that must compare as bytes are bound as s. */
struct query *db_query(struct db *db, const char *sql, const char *fmt, ...);
bool query_step(struct query *q); /* true: there is a row */
int64_t query_int(struct query *q, int column);
double query_dbl(struct query *q, int column);
str query_str(struct query *q, int column); /* valid until the next step; absent for NULL */
str query_dup(struct arena *a, struct query *q, int column);
bool query_null(struct query *q, int column);
void query_done(struct query *q); /* resets it; NULL is fine */

/* A statement without rows of interest. Returns the number of rows changed, or -errno. */
int64_t db_run(struct db *db, const char *sql, const char *fmt, ...);
/* Several statements of schema, without parameters. */
int db_exec(struct db *db, const char *sql);
int64_t db_last_rowid(struct db *db);
int64_t db_changes(struct db *db); /* rows changed by this connection so far */
bool db_in_transaction(struct db *db);
/* Moves what the WAL holds into the database, without waiting for anyone. Failing harms nothing: it is tried again. */
int db_checkpoint(struct db *db);
int64_t db_wal_pages(const struct db *db); /* in the WAL after the last commit or checkpoint */
/* What the connection belongs to; for its owner. */
void db_set_owner(struct db *db, void *owner);
void *db_owner(const struct db *db);

#define AUTO_QUERY __attribute__((cleanup(query_leave))) struct query *
void query_leave(struct query **q);

/* For the log: false for an -ENOSPC within a second of the last one, so that a full disk does not flood it. */
bool full_worth_saying(int rc);
