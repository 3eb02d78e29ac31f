#include "core/store_inside.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

enum { ROWS_AT_ONCE = 256, READ_AT_ONCE = 1 << 20 };

struct ids {
	int64_t *p;
	size_t n, cap;
};

struct check {
	struct store *store;
	struct fsck *out;
	void (*say)(void *arg, str line);
	void *arg;
	struct ids owned, files;
	char *room; /* READ_AT_ONCE bytes */
};

static void add_id(void *arg, int64_t id) {
	struct ids *ids = arg;
	if (ids->n == ids->cap) {
		ids->cap = ids->cap ? ids->cap * 2 : 1024;
		ids->p = heap_grow(ids->p, ids->cap * sizeof(int64_t));
	}
	ids->p[ids->n++] = id;
}

static int compare(const void *a, const void *b) {
	int64_t x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static void sort(struct ids *ids) {
	if (ids->n) {
		qsort(ids->p, ids->n, sizeof(int64_t), compare);
	}
}

__attribute__((format(printf, 3, 4))) static void find(struct check *c, int64_t *counter, const char *fmt, ...) {
	char line[256];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	++*counter;
	if (c->say && n > 0) {
		c->say(c->arg, (str){ line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1 });
	}
}

/* --- rows against owners, in one snapshot --- */

static void read_owners(struct check *c, struct db *db) {
	for (const struct store_table *t = c->store->tables; t && t->schema; t++) {
		AUTO_QUERY q = t->blob_ids ? db_query(db, t->blob_ids, "") : NULL;
		while (q && query_step(q)) {
			if (!query_null(q, 0)) {
				add_id(&c->owned, query_int(q, 0));
			}
		}
	}
	sort(&c->owned);
}

static void check_owners(struct check *c, struct db *db) {
	const struct ids *ids = &c->owned;
	size_t i = 0;
	AUTO_QUERY q = db_query(db, "SELECT id FROM blob ORDER BY id", "");
	bool row = query_step(q);
	while (row || i < ids->n) {
		int64_t id = row ? query_int(q, 0) : INT64_MAX;
		if (i < ids->n && ids->p[i] < id) {
			find(c, &c->out->missing, "body %016llx is named but has no row",
			     (unsigned long long)ids->p[i]);
			i++;
			continue;
		}
		if (i == ids->n || ids->p[i] != id) {
			find(c, &c->out->unowned, "body %016llx is named by nothing", (unsigned long long)id);
		}
		while (i < ids->n && ids->p[i] == id) {
			i++;
		}
		row = query_step(q);
	}
}

/* --- bodies against rows --- */

struct row {
	int64_t id, seg, off, size, crc;
};

static bool sum_of(struct check *c, int fd, int64_t at, int64_t n, int64_t *crc) {
	struct digest d;
	digest_init(&d, DIGEST_CRC32C);
	while (n > 0) {
		size_t k = n < READ_AT_ONCE ? (size_t)n : READ_AT_ONCE;
		if (pread_all(fd, c->room, k, at)) {
			digest_drop(&d);
			return false;
		}
		digest_update(&d, c->room, k);
		at += (int64_t)k;
		n -= (int64_t)k;
	}
	struct digest_value v = digest_finish(&d);
	*crc = (int64_t)crc_value(&v);
	return true;
}

/* A segment's entry says the same as its row; a file is as long as its row says. */
static bool fits(int fd, const struct row *r) {
	uint8_t head[SEGMENT_HEAD];
	struct entry e;
	struct stat st;
	if (!r->seg) {
		return !fstat(fd, &st) && st.st_size == r->size;
	}
	return !pread_all(fd, head, sizeof(head), r->off - SEGMENT_HEAD) && entry_read(head, &e) && e.id == r->id &&
	       e.size == r->size && e.crc == r->crc;
}

static void check_body(struct check *c, struct db *db, const struct row *r) {
	struct piece p = { .fd = -1 };
	unsigned long long id = (unsigned long long)r->id;
	int64_t crc = 0;
	int rc = blob_open(db, r->id, 0, r->size, &p);
	AUTO_CLOSE fd = p.fd;
	c->out->bodies++;
	c->out->bytes += r->size;
	if (rc) {
		find(c, &c->out->missing, "body %016llx cannot be opened: %s", id, strerror(-rc));
	} else if (!fits(fd, r)) {
		find(c, &c->out->torn, "body %016llx is not of the length or kind that its row says", id);
	} else if (!sum_of(c, fd, r->off, r->size, &crc) || crc != r->crc) {
		find(c, &c->out->torn, "body %016llx does not have its checksum", id);
	}
}

/* The next rows behind *last, in a snapshot of their own, so that a long check holds nothing back. 1: there may be
 * more. */
static int check_some(struct check *c, int64_t *last) {
	AUTO_ARENA a = { 0 };
	struct row *rows = NEWS(&a, struct row, ROWS_AT_ONCE);
	size_t n = 0;
	struct db *db = store_reader(c->store);
	struct query *q = db_query(db, "SELECT id, seg, off, size, crc FROM blob WHERE id > ? ORDER BY id LIMIT ?",
				   "ii", *last, (int64_t)ROWS_AT_ONCE);
	while (n < ROWS_AT_ONCE && query_step(q)) {
		rows[n++] = (struct row){ query_int(q, 0), query_int(q, 1), query_int(q, 2), query_int(q, 3),
					  query_int(q, 4) };
	}
	query_done(q);
	for (size_t i = 0; i < n; i++) {
		check_body(c, db, &rows[i]);
		*last = rows[i].id;
	}
	int rc = db_error(db);
	store_reader_done(c->store, db);
	return rc ? rc : n == ROWS_AT_ONCE;
}

/* --- files against rows --- */

static int pass(struct db *db, void *arg) {
	(void)db;
	(void)arg;
	return 0;
}

static bool file_exists(struct store *s, int64_t id) {
	char name[NAME_ROOM];
	body_name(name, id);
	return faccessat(body_dir(s, id), name, F_OK, 0) == 0;
}

/* In this order a body that comes or goes meanwhile is never taken for an orphan: in hand, then a row, then gone. */
static int check_file(struct check *c, int64_t id) {
	if (blob_in_hand(c->store, id)) {
		return 0;
	}
	struct db *db = store_reader(c->store);
	int64_t size = blob_length(db, id);
	store_reader_done(c->store, db);
	if (size == -ENOENT && !blob_in_hand(c->store, id) && file_exists(c->store, id)) {
		find(c, &c->out->orphans, "file %016llx has no row", (unsigned long long)id);
	}
	return size < 0 && size != -ENOENT ? (int)size : 0;
}

static int check_files(struct check *c) {
	struct work wait = { .run = pass };
	int rc = bodies_each(c->store, add_id, &c->files);
	if (!rc) {
		rc = store_write(c->store, &wait); /* what forgot one of these has handed it to the keeper now */
	}
	for (size_t i = 0; !rc && i < c->files.n; i++) {
		rc = check_file(c, c->files.p[i]);
	}
	return rc;
}

static int check_rows(struct check *c) {
	struct db *db = store_reader(c->store);
	struct query *q = db_query(db, "PRAGMA quick_check(20)", "");
	while (query_step(q)) {
		str line = query_str(q, 0);
		if (!str_is(line, "ok")) {
			find(c, &c->out->torn, "database: " STR_FMT, STR_ARG(line));
		}
	}
	query_done(q);
	read_owners(c, db);
	check_owners(c, db);
	int rc = db_error(db);
	store_reader_done(c->store, db);
	return rc;
}

int store_fsck(struct store *s, struct fsck *out, void (*say)(void *arg, str line), void *arg) {
	struct check c = { .store = s, .out = out, .say = say, .arg = arg, .room = heap_alloc(READ_AT_ONCE) };
	int64_t last = INT64_MIN;
	*out = (struct fsck){ 0 };
	keeper_wait(s);
	int rc = check_rows(&c), more = !rc;
	while (more > 0) {
		more = check_some(&c, &last);
	}
	rc = rc ? rc : more;
	rc = rc ? rc : check_files(&c);
	heap_free(c.owned.p);
	heap_free(c.files.p);
	heap_free(c.room);
	return rc;
}
