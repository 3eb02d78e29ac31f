#include "core/store_inside.h"

#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { IDS_AT_ONCE = 4096, WRITE_AT_ONCE = 2 * BLOB_SMALL, WRITEBACK = 4 << 20, AHEAD = 8 << 20 };

void body_name(char out[NAME_ROOM], int64_t id) {
	snprintf(out, NAME_ROOM, "%016llx", (unsigned long long)id);
}

int body_dir(const struct store *s, int64_t id) {
	return s->bodies_fds[id % BODY_DIRS];
}

/* --- ids: reserved by the thousand, so that not even a file that was given up leaves one to be used again --- */

static int64_t highest(struct db *db) {
	AUTO_ARENA a = { 0 };
	int64_t id = 0, max = 0;
	if (!str_uint(store_get(db, &a, "blob_ids"), &id)) {
		id = 0;
	}
	AUTO_QUERY q = db_query(db, "SELECT max(id) FROM blob", "");
	if (query_step(q)) {
		max = query_int(q, 0);
	}
	return max > id ? max : id;
}

int ids_open(struct store *s) {
	s->last_id = highest(s->writer.db);
	s->next_id = s->first_id = s->last_id + 1;
	return db_error(s->writer.db);
}

static int reserve(struct db *db, void *arg) {
	AUTO_ARENA a = { 0 };
	struct store *s = arg;
	store_put(db, "blob_ids", str_printf(&a, "%lld", (long long)(s->last_id + IDS_AT_ONCE)));
	return 0;
}

static int next_id(struct store *s, int64_t *id) {
	AUTO_LOCK(&s->ids_lock);
	if (s->next_id > s->last_id) {
		struct work w = { .run = reserve, .arg = s };
		int rc = store_write(s, &w);
		if (rc) {
			return rc;
		}
		s->last_id += IDS_AT_ONCE;
	}
	*id = s->next_id++;
	return 0;
}

/* --- coming in --- */

static void enlist(struct blob_writer *w) {
	struct store *s = w->store;
	AUTO_LOCK(&s->files_lock);
	w->large = true;
	w->next = s->writers;
	w->prev = &s->writers;
	if (w->next) {
		w->next->prev = &w->next;
	}
	s->writers = w;
}

static void delist(struct blob_writer *w) {
	struct store *s = w->store;
	AUTO_LOCK(&s->files_lock);
	*w->prev = w->next;
	if (w->next) {
		w->next->prev = w->prev;
	}
}

static void drop(void *p) {
	struct blob_writer *w = p;
	char name[NAME_ROOM];
	digest_drop(&w->crc);
	close_fd(&w->fd);
	if (!w->large) {
		return;
	}
	if (w->state == BLOB_UNSURE) {
		struct removal *r = heap_alloc(sizeof(*r));
		*r = (struct removal){ .id = w->id };
		removal_add(w->store, r, atomic_load(&w->store->epoch) + 1);
	} else if (w->state != BLOB_KEPT) {
		body_name(name, w->id);
		unlinkat(body_dir(w->store, w->id), name, 0);
	}
	delist(w);
}

struct blob_writer *blob_begin(struct store *s, struct arena *a) {
	struct blob_writer *w = NEW(a, struct blob_writer);
	w->store = s;
	w->fd = -1;
	w->bytes.arena = a;
	w->error = next_id(s, &w->id);
	digest_init(&w->crc, DIGEST_CRC32C);
	arena_defer(a, drop, w);
	return w;
}

static int fail_body(struct blob_writer *w, const char *what) {
	w->error = store_errno();
	if (full_worth_saying(w->error)) {
		log_error("body %016llx: %s: %s", (unsigned long long)w->id, what, strerror(-w->error));
	}
	return w->error;
}

static int make_file(struct blob_writer *w) {
	char name[NAME_ROOM];
	body_name(name, w->id);
	enlist(w);
	w->fd = openat(body_dir(w->store, w->id), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return w->fd < 0 ? fail_body(w, "cannot be made") : 0;
}

/* Asking for room ahead makes the writes cheaper; if there is none, the write says so. */
static void allocate(struct blob_writer *w, int64_t end) {
	if (end > WRITEBACK && end > w->allocated) {
		w->allocated = end + AHEAD;
		fallocate(w->fd, FALLOC_FL_KEEP_SIZE, w->written, w->allocated - w->written);
	}
}

/* Writeback is begun along the way, so that little is left for the sync. */
static int pour(struct blob_writer *w, const char *p, size_t n) {
	if (reserve_ready(w->store)) {
		return w->error = -ENOSPC;
	}
	allocate(w, w->written + (int64_t)n);
	errno = 0;
	if (pwrite_all(w->fd, p, n, w->written) < 0) {
		return fail_body(w, "cannot be written");
	}
	w->written += (int64_t)n;
	if (w->written - w->started >= WRITEBACK) {
		sync_file_range(w->fd, w->started, w->written - w->started, SYNC_FILE_RANGE_WRITE);
		w->started = w->written;
	}
	return 0;
}

static int append_large(struct blob_writer *w, const char *p, size_t n) {
	while (n && !w->error) {
		size_t room = WRITE_AT_ONCE - w->bytes.n;
		size_t k = n < room ? n : room;
		if (w->bytes.n == 0 && n >= WRITE_AT_ONCE) {
			k = n - n % WRITE_AT_ONCE;
			pour(w, p, k);
		} else {
			put(&w->bytes, (str){ p, k });
		}
		if (w->bytes.n == WRITE_AT_ONCE) {
			pour(w, w->bytes.p, w->bytes.n);
			w->bytes.n = 0;
		}
		p += k;
		n -= k;
	}
	return w->error;
}

int blob_append(struct blob_writer *w, const void *p, size_t n) {
	if (w->error || w->state != BLOB_OPEN) {
		return w->error ? w->error : -EINVAL;
	}
	digest_update(&w->crc, p, n);
	w->size += (int64_t)n;
	if (w->size <= BLOB_SMALL) {
		put(&w->bytes, (str){ p, n });
		return 0;
	}
	if (!w->large && make_file(w)) {
		return w->error;
	}
	return append_large(w, p, n);
}

int blob_finish(struct blob_writer *w) {
	if (w->error || w->state != BLOB_OPEN) {
		return w->error ? w->error : -EINVAL;
	}
	struct digest_value v = digest_finish(&w->crc);
	w->sum = (uint32_t)crc_value(&v);
	if (w->large) {
		if (pour(w, w->bytes.p, w->bytes.n)) {
			return w->error;
		}
		if ((w->allocated && ftruncate(w->fd, w->size) < 0) || fdatasync(w->fd) < 0 ||
		    fsync(body_dir(w->store, w->id)) < 0) {
			return fail_body(w, "cannot be synced");
		}
		close_fd(&w->fd);
	}
	w->state = BLOB_WHOLE;
	return 0;
}

int64_t blob_id(const struct blob_writer *w) {
	return w->id;
}

int64_t blob_size(const struct blob_writer *w) {
	return w->size;
}

/* --- in works --- */

static int move(struct db *db, struct blob_writer *w) {
	w->placed = db_run(db, "UPDATE blob SET seg = ?, off = ? WHERE id = ? AND seg = ? AND off = ?", "iiiii", w->seg,
			   w->off, w->id, w->from_seg, w->from_off) == 1;
	if (w->placed) {
		db_run(db, "UPDATE segment SET live = live - ?, n = n - 1 WHERE id = ?", "ii", w->size + SEGMENT_HEAD,
		       w->from_seg);
	}
	return db_error(db);
}

int blob_place(struct db *db, struct blob_writer *w) {
	if (w->from_seg) {
		return move(db, w);
	}
	db_run(db, "INSERT INTO blob(id, seg, off, size, crc) VALUES(?, ?, ?, ?, ?)", "iiiii", w->id, w->seg, w->off,
	       w->size, (int64_t)w->sum);
	w->placed = !db_error(db);
	return db_error(db);
}

void blob_forget(struct db *db, int64_t id) {
	struct conn *c = db_owner(db);
	struct store *s = c->store;
	AUTO_QUERY q = db_query(db, "DELETE FROM blob WHERE id = ? RETURNING seg, size", "i", id);
	if (!query_step(q)) {
		return;
	}
	int64_t seg = query_int(q, 0), size = query_int(q, 1);
	query_done(q);
	if (seg) {
		size += SEGMENT_HEAD;
		s->forgotten_bytes += size;
	} else {
		struct removal *r = heap_alloc(sizeof(*r));
		*r = (struct removal){ .id = id, .next = s->forgotten };
		s->forgotten = r;
	}
	db_run(db, "UPDATE segment SET live = live - ?, n = n - 1 WHERE id = ?", "ii", size, seg);
}

/* --- going out --- */

int64_t blob_length(struct db *db, int64_t id) {
	AUTO_QUERY q = db_query(db, "SELECT size FROM blob WHERE id = ?", "i", id);
	if (query_step(q)) {
		return query_int(q, 0);
	}
	return db_error(db) ? db_error(db) : -ENOENT;
}

static int open_file(struct store *s, int64_t id) {
	char name[NAME_ROOM];
	body_name(name, id);
	int fd = openat(body_dir(s, id), name, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Where a body is, and how much of [at, at + n) there is. */
struct place {
	struct store *store;
	int64_t id, seg, off, n;
};

static int find_place(struct db *db, int64_t id, int64_t at, int64_t n, struct place *out) {
	AUTO_QUERY q = db_query(db, "SELECT seg, off, size FROM blob WHERE id = ?", "i", id);
	if (!query_step(q)) {
		return db_error(db) ? db_error(db) : -ENOENT;
	}
	int64_t size = query_int(q, 2);
	const struct conn *c = db_owner(db);
	at = at < size ? at : size;
	n = n < size - at ? n : size - at;
	*out = (struct place){ c->store, id, query_int(q, 0), query_int(q, 1) + at, n };
	return 0;
}

static int complain(int64_t id, int rc) {
	log_error("body %016llx cannot be read: %s", (unsigned long long)id, strerror(-rc));
	return rc;
}

int blob_open(struct db *db, int64_t id, int64_t at, int64_t n, struct piece *out) {
	struct place p;
	int rc = find_place(db, id, at, n, &p);
	if (rc) {
		return rc;
	}
	int fd = p.seg ? segment_dup(p.store, p.seg) : open_file(p.store, id);
	if (fd < 0) {
		return complain(id, fd);
	}
	*out = (struct piece){ .fd = fd, .at = p.off, .n = p.n, .close_fd = true };
	return 0;
}

int blob_read(struct db *db, int64_t id, int64_t at, int64_t n, void *to) {
	struct place p;
	int rc = find_place(db, id, at, n, &p);
	if (rc || p.n != n) {
		return rc ? rc : complain(id, -EIO);
	}
	if (p.seg) {
		rc = segment_read(p.store, p.seg, &(struct segment_use){ to, (size_t)n, p.off });
	} else {
		AUTO_CLOSE fd = open_file(p.store, id);
		rc = fd < 0 ? fd : pread_all(fd, to, (size_t)n, p.off);
	}
	return rc ? complain(id, rc) : 0;
}

bool blob_in_hand(struct store *s, int64_t id) {
	AUTO_LOCK(&s->files_lock);
	for (const struct blob_writer *w = s->writers; w; w = w->next) {
		if (w->id == id) {
			return true;
		}
	}
	for (const struct removal *r = s->removals; r; r = r->next) {
		if (!r->segment && r->id == id) {
			return true;
		}
	}
	return false;
}

static bool is_body(const char *name, int64_t *id) {
	char as_ours[NAME_ROOM];
	uint64_t v;
	if (!str_hex(str_from(name), &v)) {
		return false;
	}
	*id = (int64_t)v;
	body_name(as_ours, *id);
	return strcmp(name, as_ours) == 0;
}

static int each_in(int dir_fd, void (*each)(void *arg, int64_t id), void *arg) {
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int64_t id;
	if (!d) {
		return -errno;
	}
	while ((e = readdir(d))) {
		if (is_body(e->d_name, &id)) {
			each(arg, id);
		}
	}
	closedir(d);
	return 0;
}

int bodies_each(struct store *s, void (*each)(void *arg, int64_t id), void *arg) {
	int rc = 0;
	for (int i = 0; !rc && i < BODY_DIRS; i++) {
		rc = each_in(s->bodies_fds[i], each, arg);
	}
	return rc;
}
