#include "core/store_inside.h"

#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { IDLE_READERS = 16 };

int store_errno(void) {
	return errno == EDQUOT || errno == EFBIG ? -ENOSPC : errno ? -errno : -EIO;
}

/* --- opening --- */

__attribute__((format(printf, 4, 5))) static int refuse(struct arena *a, str *why, int rc, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	*why = str_vprintf(a, fmt, ap);
	va_end(ap);
	return rc;
}

static int lock_folder(struct store *s) {
	s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	}
	return 0;
}

static int sync_parent(struct arena *a, str dir) {
	return dir_sync(str_z(a, str_printf(a, STR_FMT "/..", STR_ARG(dir))));
}

/* A folder with BODY_DIRS in it, all on disk, or none at all. */
static int make_bodies(struct store *s) {
	char name[NAME_ROOM];
	if (mkdirat(s->dir_fd, "bodies.new", 0700) < 0 && errno != EEXIST) {
		return -errno;
	}
	AUTO_CLOSE fd = openat(s->dir_fd, "bodies.new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < BODY_DIRS; i++) {
		snprintf(name, sizeof(name), "%02x", (unsigned)i);
		if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST) {
			return -errno;
		}
	}
	if (fd < 0 || fsync(fd) < 0 || renameat(s->dir_fd, "bodies.new", s->dir_fd, "bodies") < 0) {
		return -errno;
	}
	return 0;
}

static int make_folders(struct store *s) {
	int rc = 0;
	bool made = mkdirat(s->dir_fd, "segments", 0700) == 0;
	if (!made && errno != EEXIST) {
		return -errno;
	}
	if (faccessat(s->dir_fd, "bodies", F_OK, 0) < 0) {
		rc = make_bodies(s);
		made = true;
	}
	return rc ? rc : made && fsync(s->dir_fd) < 0 ? -errno : 0;
}

static int open_folders(struct store *s) {
	char name[NAME_ROOM];
	int rc = make_folders(s);
	for (int i = 0; !rc && i < BODY_DIRS; i++) {
		snprintf(name, sizeof(name), "bodies/%02x", (unsigned)i);
		s->bodies_fds[i] = openat(s->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = s->bodies_fds[i] < 0 ? -errno : 0;
	}
	if (!rc) {
		s->segments_fd = openat(s->dir_fd, "segments", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = s->segments_fd < 0 ? -errno : 0;
	}
	return rc;
}

/* What file_write of a crashed process left. */
static void sweep_new_files(struct store *s) {
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		if (str_ends(str_from(e->d_name), S(".new"))) {
			unlinkat(s->dir_fd, e->d_name, 0);
		}
	}
	if (d) {
		closedir(d);
	}
}

static const char own_schema[] =
	"CREATE TABLE IF NOT EXISTS kv(name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS blob(id INTEGER PRIMARY KEY, seg INTEGER NOT NULL, off INTEGER NOT NULL,"
	" size INTEGER NOT NULL, crc INTEGER NOT NULL);"
	/* size: bytes of the file; live, n: those of entries that have a row. Row 0 is for the bodies in files. */
	"CREATE TABLE IF NOT EXISTS segment(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, live INTEGER NOT NULL,"
	" n INTEGER NOT NULL);"
	"INSERT INTO segment(id, size, live, n) SELECT 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM segment WHERE id = "
	"0);";

static int64_t version_of(struct db *db) {
	AUTO_QUERY q = db_query(db, "PRAGMA user_version", "");
	return query_step(q) ? query_int(q, 0) : 0;
}

static int make_tables(struct store *s, int64_t version) {
	struct db *db = s->writer.db;
	db_exec(db, "BEGIN IMMEDIATE");
	db_exec(db, own_schema);
	for (const struct store_table *t = s->tables; t && t->schema; t++) {
		db_exec(db, t->schema);
	}
	if (version != STORE_VERSION) {
		db_exec(db, "PRAGMA user_version = 2");
	}
	db_exec(db, "COMMIT");
	return db_error(db);
}

static char *path_of(struct arena *a, const struct store *s) {
	return str_z(a, str_printf(a, STR_FMT "/aerostat.db", STR_ARG(s->dir)));
}

static int open_database(struct store *s, struct arena *a, str *why) {
	int rc = db_open(&s->writer.db, path_of(a, s), false);
	if (rc) {
		return refuse(a, why, rc, "the database in " STR_FMT " cannot be opened: %s", STR_ARG(s->dir),
			      strerror(-rc));
	}
	db_set_owner(s->writer.db, &s->writer);
	int64_t version = version_of(s->writer.db);
	if (version > STORE_VERSION) {
		return refuse(a, why, -EPROTONOSUPPORT,
			      "the data in " STR_FMT
			      " is of version %lld, and this program reads up to %d: use a newer one",
			      STR_ARG(s->dir), (long long)version, STORE_VERSION);
	}
	if (version && version < STORE_VERSION) {
		return refuse(a, why, -EPROTONOSUPPORT,
			      "the data in " STR_FMT
			      " is of version %lld, which was never released, and this program reads %d: start with an"
			      " empty folder",
			      STR_ARG(s->dir), (long long)version, STORE_VERSION);
	}
	rc = make_tables(s, version);
	rc = rc ? rc : segments_open(s);
	rc = rc ? rc : ids_open(s);
	if (!rc && fsync(s->dir_fd) < 0) { /* the WAL's name: SQLite itself does not look whether this went well */
		rc = -errno;
	}
	return rc ? refuse(a, why, rc, "the database in " STR_FMT " cannot be used: %s", STR_ARG(s->dir), strerror(-rc))
		  : 0;
}

static void init(struct store *s, struct arena *a, const char *dir, const struct store_table *tables) {
	pthread_mutex_t *locks[] = { &s->queue_lock, &s->ids_lock,     &s->conns_lock,
				     &s->files_lock, &s->reserve_lock, &s->keeper_lock };
	pthread_cond_t *conds[] = { &s->queue_filled, &s->keeper_woken, &s->keeper_swept };
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		pthread_mutex_init(locks[i], NULL);
	}
	for (size_t i = 0; i < sizeof(conds) / sizeof(conds[0]); i++) {
		pthread_cond_init(conds[i], NULL);
	}
	pthread_rwlock_init(&s->fds_lock, NULL);
	for (int i = 0; i < BODY_DIRS; i++) {
		s->bodies_fds[i] = -1;
	}
	s->dir = str_dup(a, str_from(dir));
	s->tables = tables;
	s->dir_fd = s->lock_fd = s->segments_fd = s->segment_fd = s->reserve_fd = -1;
	s->writer.store = s;
}

static void close_files(struct store *s) {
	db_close(s->keeper_db);
	db_close(s->writer.db);
	segment_forget_fds(s, 0);
	close_fd(&s->segment_fd);
	close_fd(&s->reserve_fd);
	close_fd(&s->segments_fd);
	for (int i = 0; i < BODY_DIRS; i++) {
		close_fd(&s->bodies_fds[i]);
	}
	close_fd(&s->dir_fd);
	close_fd(&s->lock_fd);
	heap_free(s->stuck);
}

static int open_folder(struct store *s, struct arena *a, str *why) {
	char *dir = str_z(a, s->dir);
	int rc = make_dirs(dir, 0700);
	s->dir_fd = rc ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0) {
		rc = rc ? rc : -errno;
		return refuse(a, why, rc, "the folder " STR_FMT " cannot be used: %s", STR_ARG(s->dir), strerror(-rc));
	}
	rc = lock_folder(s);
	if (rc == -EBUSY) {
		return refuse(a, why, rc, "another server is using the folder " STR_FMT, STR_ARG(s->dir));
	}
	if (!rc && fchmod(s->dir_fd, 0700) < 0) {
		rc = -errno;
	}
	rc = rc ? rc : sync_parent(a, s->dir);
	rc = rc ? rc : open_folders(s);
	if (rc) {
		return refuse(a, why, rc, "the folder " STR_FMT " cannot be used: %s", STR_ARG(s->dir), strerror(-rc));
	}
	sweep_new_files(s);
	return 0;
}

static int start_threads(struct store *s, struct arena *a, str *why) {
	int rc = db_open(&s->keeper_db, path_of(a, s), false);
	rc = rc ? rc : committer_start(s);
	if (rc) {
		return refuse(a, why, rc, "the store cannot start: %s", strerror(-rc));
	}
	rc = keeper_start(s);
	if (rc) {
		committer_stop(s);
		return refuse(a, why, rc, "the store cannot start: %s", strerror(-rc));
	}
	return 0;
}

int store_open(struct arena *a, struct store **out, const char *dir, const struct store_table *tables, str *why) {
	struct store *s = NEW(a, struct store);
	*out = NULL;
	*why = S("");
	init(s, a, dir, tables);
	int rc = open_folder(s, a, why);
	rc = rc ? rc : open_database(s, a, why);
	if (!rc) {
		reserve_open(s);
	}
	rc = rc ? rc : start_threads(s, a, why);
	if (rc) {
		close_files(s);
		return rc;
	}
	*out = s;
	return 0;
}

void store_close(struct store *s) {
	if (!s) {
		return;
	}
	keeper_stop(s);
	committer_stop(s);
	while (s->conns) {
		struct conn *c = s->conns;
		s->conns = c->next;
		db_close(c->db);
		heap_free(c);
	}
	while (s->removals) {
		struct removal *r = s->removals;
		s->removals = r->next;
		heap_free(r);
	}
	close_files(s);
}

/* --- readers --- */

/* A snapshot begins at its first read, and no commit older than the epoch read before that is missing from it. */
static void renew(struct conn *c) {
	if (c->begun) {
		db_run(c->db, "COMMIT", "");
	}
	c->begun = true;
	db_run(c->db, "BEGIN", "");
}

/* The epoch is read under the lock: what the keeper removes after this, it removes with this reader in view. */
static struct conn *take_idle(struct store *s, bool *fresh) {
	AUTO_LOCK(&s->conns_lock);
	int64_t epoch = atomic_load(&s->epoch);
	struct conn *c = s->idle;
	if (c) {
		s->idle = c->next_idle;
		s->n_idle--;
		*fresh = c->begun && c->epoch == epoch;
		c->epoch = epoch;
		c->out = true;
	}
	return c;
}

static struct conn *make_conn(struct store *s) {
	AUTO_ARENA a = { 0 };
	struct conn *c = heap_alloc(sizeof(*c));
	c->store = s;
	db_open(&c->db, path_of(&a, s), true);
	db_set_owner(c->db, c);
	AUTO_LOCK(&s->conns_lock);
	c->epoch = atomic_load(&s->epoch);
	c->out = true;
	c->next = s->conns;
	s->conns = c;
	return c;
}

/* As long as nothing was committed since, a reader's last snapshot serves again: no lock of SQLite's is touched. */
struct db *store_reader(struct store *s) {
	bool fresh = false;
	struct conn *c = take_idle(s, &fresh);
	if (!c) {
		c = make_conn(s);
	}
	if (!fresh) {
		renew(c);
	}
	return c->db;
}

/* True if it is kept. */
static bool put_back(struct store *s, struct conn *c, bool good) {
	AUTO_LOCK(&s->conns_lock);
	c->out = false;
	if (good && s->n_idle < IDLE_READERS) {
		c->next_idle = s->idle;
		s->idle = c;
		s->n_idle++;
		return true;
	}
	struct conn **at = &s->conns;
	while (*at != c) {
		at = &(*at)->next;
	}
	*at = c->next;
	return false;
}

void store_reader_done(struct store *s, struct db *db) {
	if (!db) {
		return;
	}
	struct conn *c = db_owner(db);
	bool old = c->epoch < atomic_load(&s->epoch);
	db_reset(db);
	if (old) {
		db_run(db, "COMMIT", "");
		c->begun = false;
	}
	if (!put_back(s, c, !db_error(db))) {
		db_close(db);
		heap_free(c);
	}
	if (old && atomic_load(&s->n_removals)) {
		keeper_wake(s, false, false);
	}
}

void store_idle_end(struct store *s) {
	AUTO_LOCK(&s->conns_lock);
	for (struct conn *c = s->idle; c; c = c->next_idle) {
		if (c->begun) {
			db_run(c->db, "COMMIT", "");
			c->begun = false;
		}
	}
}

int64_t store_oldest(struct store *s) {
	AUTO_LOCK(&s->conns_lock);
	int64_t oldest = atomic_load(&s->epoch);
	for (const struct conn *c = s->conns; c; c = c->next) {
		oldest = c->out && c->epoch < oldest ? c->epoch : oldest;
	}
	return oldest;
}

/* --- small values and figures --- */

str store_get(struct db *db, struct arena *a, const char *name) {
	AUTO_QUERY q = db_query(db, "SELECT value FROM kv WHERE name = ?", "t", str_from(name));
	return query_step(q) ? query_dup(a, q, 0) : (str){ 0 };
}

void store_put(struct db *db, const char *name, str value) {
	db_run(db, "INSERT INTO kv(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
	       "ts", str_from(name), value);
}

struct store_stats store_stats(struct store *s) {
	struct store_stats st = { .works = atomic_load(&s->works), .batches = atomic_load(&s->batches) };
	struct db *db = store_reader(s);
	struct query *q = db_query(db, "SELECT id, size, live, n FROM segment", "");
	while (query_step(q)) {
		if (query_int(q, 0) == 0) {
			st.files = query_int(q, 3);
			st.live_bytes += query_int(q, 2);
		} else {
			st.segments++;
			st.segment_bytes += query_int(q, 1);
			st.live_bytes += query_int(q, 2);
		}
	}
	query_done(q);
	store_reader_done(s, db);
	return st;
}
