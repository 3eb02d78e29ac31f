#include "core/db.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>

enum { BUSY_MS = 10000 };

struct query {
	struct db *db;
	sqlite3_stmt *stmt;
	const char *sql;
	struct query *same; /* one more of the same text, for when this one is in use */
	bool open, over;
};

struct db {
	sqlite3 *conn;
	int error;
	bool unsure;
	struct query none; /* what a failed db_query gives */
	struct query **slots; /* by the address of the text; cap is a power of two */
	size_t n, cap, n_open;
	int64_t wal_pages;
	void *owner;
};

/* Of a failed write or sync of the WAL the connection itself does not tell the errno (3.40), but the file does. */
static int errno_of(struct db *db) {
	sqlite3_file *wal = NULL;
	int e = 0, code = sqlite3_extended_errcode(db->conn);
	if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_TRUNCATE) {
		sqlite3_file_control(db->conn, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
		if (wal && wal->pMethods) {
			wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &e);
		}
	}
	return e ? e : sqlite3_system_errno(db->conn);
}

static int error_of(struct db *db, int rc) {
	int e = db->conn ? errno_of(db) : 0;
	switch (rc & 0xff) {
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_IOERR: return e == ENOSPC || e == EDQUOT || e == EFBIG ? -ENOSPC : -EIO;
	default: return -EIO;
	}
}

bool full_worth_saying(int rc) {
	static _Atomic int64_t last = -1000000;
	int64_t now = clock_monotonic();
	return rc != -ENOSPC || now - atomic_exchange(&last, now) >= 1000000;
}

/* EFBIG counts as full: it is what a limit on the size of files gives. */
static void stick(struct db *db, int rc, const char *sql) {
	if (db->error) {
		return;
	}
	int code = db->conn ? sqlite3_extended_errcode(db->conn) : rc;
	db->error = error_of(db, rc);
	db->unsure = code != SQLITE_FULL && code != SQLITE_IOERR_WRITE;
	if (full_worth_saying(db->error)) {
		log_error("database: %s (%d) in: %.100s", db->conn ? sqlite3_errmsg(db->conn) : "no memory", code, sql);
	}
}

static void configure(void) {
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int note_wal(void *arg, sqlite3 *conn, const char *name, int pages) {
	struct db *db = arg;
	(void)conn;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static int set_up(struct db *db, bool readonly) {
	sqlite3_busy_timeout(db->conn, BUSY_MS);
	sqlite3_extended_result_codes(db->conn, 1);
	sqlite3_db_config(db->conn, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	int rc = db_exec(db, "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;"
			     "PRAGMA trusted_schema=OFF;");
	if (rc || readonly) {
		return rc ? rc : db_exec(db, "PRAGMA query_only=ON; PRAGMA cache_size=-1024");
	}
	/* cache_spill off: nothing is written before the commit, so that a full disk shows itself there alone. */
	rc = db_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF;"
			 "PRAGMA cache_spill=OFF; PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=0;"
			 "PRAGMA journal_size_limit=67108864;");
	sqlite3_wal_hook(db->conn, note_wal, db);
	return rc;
}

int db_open(struct db **out, const char *path, bool readonly) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int flags = readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	struct db *db = heap_alloc(sizeof(*db));
	*out = db;
	db->none.db = db;
	db->cap = 64;
	db->slots = heap_alloc(db->cap * sizeof(struct query *));
	pthread_once(&once, configure);
	int rc = sqlite3_open_v2(path, &db->conn, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
	if (rc != SQLITE_OK) {
		stick(db, rc, path);
		return db->error;
	}
	return set_up(db, readonly);
}

void db_close(struct db *db) {
	if (!db) {
		return;
	}
	for (size_t i = 0; i < db->cap; i++) {
		while (db->slots[i]) {
			struct query *q = db->slots[i];
			db->slots[i] = q->same;
			sqlite3_finalize(q->stmt);
			heap_free(q);
		}
	}
	sqlite3_close_v2(db->conn);
	heap_free(db->slots);
	heap_free(db);
}

int db_error(const struct db *db) {
	return db->error;
}

bool db_unsure(const struct db *db) {
	return db->unsure;
}

void db_clear_error(struct db *db) {
	db->error = 0;
	db->unsure = false;
}

/* --- the cache of statements --- */

static size_t place(struct query *const *slots, size_t cap, const char *sql) {
	size_t i = (size_t)(((uintptr_t)sql * 0x9e3779b97f4a7c15u) >> 32) & (cap - 1);
	while (slots[i] && slots[i]->sql != sql) {
		i = (i + 1) & (cap - 1);
	}
	return i;
}

static void widen(struct db *db) {
	size_t cap = db->cap * 2;
	struct query **slots = heap_alloc(cap * sizeof(struct query *));
	for (size_t i = 0; i < db->cap; i++) {
		if (db->slots[i]) {
			slots[place(slots, cap, db->slots[i]->sql)] = db->slots[i];
		}
	}
	heap_free(db->slots);
	db->slots = slots;
	db->cap = cap;
}

static struct query *prepare(struct db *db, const char *sql) {
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v3(db->conn, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
	if (rc != SQLITE_OK) {
		stick(db, rc, sql);
		return NULL;
	}
	struct query *q = heap_alloc(sizeof(*q));
	*q = (struct query){ .db = db, .stmt = stmt, .sql = sql };
	return q;
}

static struct query *find_free(struct db *db, const char *sql) {
	size_t i = place(db->slots, db->cap, sql);
	struct query *q = db->slots[i];
	while (q && q->open) {
		q = q->same;
	}
	if (q) {
		return q;
	}
	q = prepare(db, sql);
	if (!q) {
		return NULL;
	}
	q->same = db->slots[i];
	db->slots[i] = q;
	db->n += !q->same;
	if (db->n * 2 > db->cap) {
		widen(db);
	}
	return q;
}

static int bind_str(sqlite3_stmt *stmt, int i, str s, bool text, bool stays) {
	sqlite3_destructor_type how = stays || s.n == 0 ? SQLITE_STATIC : SQLITE_TRANSIENT;
	if (!s.p) {
		return sqlite3_bind_null(stmt, i);
	}
	if (text) {
		return sqlite3_bind_text64(stmt, i, s.p, s.n, how, SQLITE_UTF8);
	}
	return s.n ? sqlite3_bind_blob64(stmt, i, s.p, s.n, how) : sqlite3_bind_zeroblob(stmt, i, 0);
}

static int bind(sqlite3_stmt *stmt, const char *fmt, va_list ap, bool stays) {
	int rc = SQLITE_OK;
	for (int i = 1; *fmt && rc == SQLITE_OK; fmt++, i++) {
		switch (*fmt) {
		case 'i': rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t)); break;
		case 'd': rc = sqlite3_bind_double(stmt, i, va_arg(ap, double)); break;
		case 's': rc = bind_str(stmt, i, va_arg(ap, str), false, stays); break;
		case 't': rc = bind_str(stmt, i, va_arg(ap, str), true, stays); break;
		case 'n': rc = sqlite3_bind_null(stmt, i); break;
		default: bug("no such parameter: %c", *fmt);
		}
	}
	return rc;
}

static struct query *begin(struct db *db, const char *sql, const char *fmt, va_list ap, bool stays) {
	struct query *q = db->error ? NULL : find_free(db, sql);
	if (!q) {
		return &db->none;
	}
	if (sqlite3_bind_parameter_count(q->stmt) != (int)strlen(fmt)) {
		bug("parameters \"%s\" for: %s", fmt, sql);
	}
	int rc = bind(q->stmt, fmt, ap, stays);
	if (rc != SQLITE_OK) {
		stick(db, rc, sql);
		return &db->none;
	}
	q->open = true;
	q->over = false;
	db->n_open++;
	return q;
}

struct query *db_query(struct db *db, const char *sql, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	struct query *q = begin(db, sql, fmt, ap, false);
	va_end(ap);
	return q;
}

bool query_step(struct query *q) {
	if (!q->open || q->over || q->db->error) {
		return false;
	}
	int rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW) {
		return true;
	}
	if (rc != SQLITE_DONE) {
		stick(q->db, rc, q->sql);
	}
	sqlite3_reset(q->stmt);
	q->over = true;
	return false;
}

int64_t query_int(struct query *q, int column) {
	return q->open && !q->over ? sqlite3_column_int64(q->stmt, column) : 0;
}

double query_dbl(struct query *q, int column) {
	return q->open && !q->over ? sqlite3_column_double(q->stmt, column) : 0;
}

str query_str(struct query *q, int column) {
	if (query_null(q, column)) {
		return (str){ 0 };
	}
	const char *p = sqlite3_column_blob(q->stmt, column);
	return (str){ p ? p : "", (size_t)sqlite3_column_bytes(q->stmt, column) };
}

str query_dup(struct arena *a, struct query *q, int column) {
	return str_dup(a, query_str(q, column));
}

bool query_null(struct query *q, int column) {
	return !q->open || q->over || sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

void query_done(struct query *q) {
	if (!q || !q->open) {
		return;
	}
	if (!q->over) {
		sqlite3_reset(q->stmt);
	}
	q->open = false;
	q->db->n_open--;
}

void query_leave(struct query **q) {
	query_done(*q);
}

void db_reset(struct db *db) {
	for (size_t i = 0; db->n_open && i < db->cap; i++) {
		for (struct query *q = db->slots[i]; q; q = q->same) {
			query_done(q);
		}
	}
}

/* --- statements --- */

int64_t db_run(struct db *db, const char *sql, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	AUTO_QUERY q = begin(db, sql, fmt, ap, true);
	va_end(ap);
	while (query_step(q)) {
	}
	return db->error ? db->error : sqlite3_changes64(db->conn);
}

int db_exec(struct db *db, const char *sql) {
	if (!db->error) {
		int rc = sqlite3_exec(db->conn, sql, NULL, NULL, NULL);
		if (rc != SQLITE_OK) {
			stick(db, rc, sql);
		}
	}
	return db->error;
}

int64_t db_last_rowid(struct db *db) {
	return sqlite3_last_insert_rowid(db->conn);
}

int64_t db_changes(struct db *db) {
	return sqlite3_total_changes64(db->conn);
}

bool db_in_transaction(struct db *db) {
	return !sqlite3_get_autocommit(db->conn);
}

int db_checkpoint(struct db *db) {
	int pages = 0, moved = 0;
	int rc = sqlite3_wal_checkpoint_v2(db->conn, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
	if ((rc & 0xff) == SQLITE_BUSY) {
		return -EBUSY;
	}
	if (rc != SQLITE_OK) {
		int e = error_of(db, rc);
		if (full_worth_saying(e)) {
			log_error("database: the checkpoint failed: %s (%d)", sqlite3_errmsg(db->conn), rc);
		}
		return e;
	}
	db->wal_pages = pages - moved;
	return 0;
}

int64_t db_wal_pages(const struct db *db) {
	return db->wal_pages;
}

void db_set_owner(struct db *db, void *owner) {
	db->owner = owner;
}

void *db_owner(const struct db *db) {
	return db->owner;
}
