/* One SQLite connection with its prepared statements. Errors stick: after one, steps give nothing and db_error says what
 * (0 or -errno: -ENOSPC when the disk is full, -EIO else); the committer rolls back on it. */
#pragma once

#include "base/buf.h"

struct db;
struct query;

int db_open(struct db **out, const char *path, bool readonly);
void db_close(struct db *db);
int db_error(const struct db *db);
void db_clear_error(struct db *db);

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

#define AUTO_QUERY __attribute__((cleanup(query_leave))) struct query *
void query_leave(struct query **q);
