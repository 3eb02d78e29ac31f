/* What the tests of the store share: a table of named bodies, as a service has one. */
#pragma once

#include "base/fd.h"
#include "base/tap.h"
#include "core/store_inside.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static const struct store_table tables[] = {
	{ "CREATE TABLE IF NOT EXISTS thing(name BLOB PRIMARY KEY, body INTEGER, note BLOB) WITHOUT ROWID;",
	  "SELECT body FROM thing WHERE body IS NOT NULL" },
	{ 0 },
};

static struct arena top;
static const char *dir;

static inline struct store *must_open(void) {
	struct store *s = NULL;
	str why;
	int rc = store_open(&top, &s, dir, tables, &why);
	if (rc) {
		printf("Bail out! store_open: " STR_FMT "\n", STR_ARG(why));
		exit(1);
	}
	return s;
}

struct put {
	str name;
	int64_t body; /* 0: none */
	str note;
	int rc; /* what run is to return */
};

static inline void forget_old(struct db *db, str name) {
	AUTO_QUERY q = db_query(db, "SELECT body FROM thing WHERE name = ?", "s", name);
	if (query_step(q) && !query_null(q, 0)) {
		blob_forget(db, query_int(q, 0));
	}
}

static inline int run_put(struct db *db, void *arg) {
	const struct put *p = arg;
	forget_old(db, p->name);
	if (p->body) {
		db_run(db, "INSERT OR REPLACE INTO thing(name, body, note) VALUES(?, ?, ?)", "sis", p->name, p->body,
		       p->note);
	} else {
		db_run(db, "INSERT OR REPLACE INTO thing(name, note) VALUES(?, ?)", "ss", p->name, p->note);
	}
	return p->rc;
}

static inline int run_delete(struct db *db, void *arg) {
	const str *name = arg;
	forget_old(db, *name);
	return db_run(db, "DELETE FROM thing WHERE name = ?", "s", *name) == 1 ? 0 : 1;
}

/* The nth body of a size is always the same: byte i is from a small generator of n. */
static inline char *make_bytes(struct arena *a, uint64_t n, size_t size) {
	char *p = arena_alloc(a, size);
	uint64_t x = n * 0x9e3779b97f4a7c15u + 1;
	for (size_t i = 0; i < size; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		p[i] = (char)(x >> 56);
	}
	return p;
}

static inline int put_body(struct store *s, str name, const char *p, size_t n, int run_rc) {
	AUTO_ARENA a = { 0 };
	struct blob_writer *w = blob_begin(s, &a);
	for (size_t at = 0; at < n; at += 50000) {
		if (blob_append(w, p + at, n - at < 50000 ? n - at : 50000)) {
			return w->error;
		}
	}
	int rc = blob_finish(w);
	if (rc) {
		return rc;
	}
	struct put put = { .name = name, .body = blob_id(w), .rc = run_rc };
	struct work work = { .run = run_put, .arg = &put, .blobs = &w, .n_blobs = 1 };
	return store_write(s, &work);
}

static inline int put_note(struct store *s, str name, str note, int run_rc) {
	struct put put = { .name = name, .note = note, .rc = run_rc };
	struct work work = { .run = run_put, .arg = &put };
	return store_write(s, &work);
}

static inline int delete (struct store *s, str name) {
	struct work work = { .run = run_delete, .arg = &name };
	return store_write(s, &work);
}

static inline int64_t find(struct db *db, str name) {
	AUTO_QUERY q = db_query(db, "SELECT body FROM thing WHERE name = ?", "s", name);
	return query_step(q) ? query_int(q, 0) : -1;
}

/* -ENOENT, or what blob_open says, or -EIO; 0 if the body is exactly this. */
static inline int check_body(struct db *db, str name, const char *p, size_t n) {
	AUTO_ARENA a = { 0 };
	struct piece piece;
	int64_t id = find(db, name);
	if (id < 0) {
		return -ENOENT;
	}
	int rc = blob_open(db, id, 0, INT64_MAX, &piece);
	if (rc) {
		return rc;
	}
	AUTO_CLOSE fd = piece.fd;
	char *got = arena_alloc(&a, n + 1);
	rc = piece.n == (int64_t)n ? pread_all(fd, got, n, piece.at) : -EIO;
	return rc ? rc : memcmp(got, p, n) == 0 ? 0 : -EIO;
}

static inline int check(struct store *s, str name, const char *p, size_t n) {
	struct db *db = store_reader(s);
	int rc = check_body(db, name, p, n);
	store_reader_done(s, db);
	return rc;
}

static inline void say(void *arg, str line) {
	(void)arg;
	printf("# fsck: " STR_FMT "\n", STR_ARG(line));
}

static inline struct fsck fsck(struct store *s) {
	struct fsck f;
	CHECK_INT(store_fsck(s, &f, say, NULL), 0);
	return f;
}

static inline bool is_clean(struct store *s) {
	struct fsck f = fsck(s);
	return !f.missing && !f.torn && !f.orphans && !f.unowned;
}

static inline int count_files(const char *path) {
	AUTO_ARENA a = { 0 };
	DIR *d = opendir(path);
	int n = 0;
	struct dirent *e;
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.') {
			continue;
		}
		n += e->d_type == DT_DIR ? count_files(str_z(&a, str_printf(&a, "%s/%s", path, e->d_name))) : 1;
	}
	if (d) {
		closedir(d);
	}
	return n;
}

static inline int count_in(const char *name) {
	AUTO_ARENA a = { 0 };
	return count_files(str_z(&a, str_printf(&a, "%s/%s", dir, name)));
}

/* Files go in the background: waits for it, at most two seconds. */
static inline bool files_become(const char *name, int n) {
	for (int i = 0; i < 200 && count_in(name) != n; i++) {
		usleep(10000);
	}
	return count_in(name) == n;
}

/* main: runs them in a folder of their own. */
static inline int run_in_folder(void (*const *tests)(void)) {
	char tmp[] = "/tmp/store_test.XXXXXX";
	if (!mkdtemp(tmp)) {
		return 1;
	}
	dir = str_z(&top, str_printf(&top, "%s/data", tmp));
	for (; *tests; tests++) {
		(*tests)();
	}
	CHECK_INT(system(str_z(&top, str_printf(&top, "rm -rf %s", tmp))), 0);
	int rc = tap_done();
	arena_free(&top);
	return rc;
}
