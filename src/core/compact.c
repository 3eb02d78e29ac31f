#include "core/store_inside.h"

#include "base/fd.h"
#include "base/log.h"

#include <errno.h>

/* What one work moves. */
enum { MOVE_ENTRIES = 256, MOVE_BYTES = 1 << 20 };

struct segment_row {
	int64_t id, size, live;
};

/* Where the walk through a segment is. */
struct move {
	struct store *store;
	struct arena arena; /* for one group */
	int64_t segment, size, at;
	int fd;
	struct blob_writer *writers[MOVE_ENTRIES];
	size_t n;
	int64_t bytes;
};

static bool is_stuck(const struct store *s, int64_t id) {
	for (size_t i = 0; i < s->n_stuck; i++) {
		if (s->stuck[i] == id) {
			return true;
		}
	}
	return false;
}

static void give_up(struct store *s, int64_t id, const char *why) {
	log_error("segment %lld is not compacted: %s", (long long)id, why);
	s->stuck = heap_grow(s->stuck, (s->n_stuck + 1) * sizeof(int64_t));
	s->stuck[s->n_stuck++] = id;
}

static bool find_dead(struct store *s, struct segment_row *out) {
	struct db *db = store_reader(s);
	struct query *q =
		db_query(db,
			 "SELECT id, size, live FROM segment WHERE id > 0 AND id != ? AND (n = 0 OR live < size / 2)"
			 " ORDER BY live, id",
			 "i", atomic_load(&s->current));
	bool found = false;
	while (!found && query_step(q)) {
		*out = (struct segment_row){ query_int(q, 0), query_int(q, 1), query_int(q, 2) };
		found = !is_stuck(s, out->id);
	}
	query_done(q);
	store_reader_done(s, db);
	return found;
}

static bool is_live(struct db *db, const struct move *m, const struct entry *e) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM blob WHERE id = ? AND seg = ? AND off = ?", "iii", e->id, m->segment,
				m->at + SEGMENT_HEAD);
	return query_step(q);
}

static bool read_entry(struct move *m, const struct entry *e) {
	struct blob_writer *w = NEW(&m->arena, struct blob_writer);
	char *p = arena_alloc(&m->arena, (size_t)e->size);
	if (pread_all(m->fd, p, (size_t)e->size, m->at + SEGMENT_HEAD)) {
		return false;
	}
	struct digest_value v = digest_of(DIGEST_CRC32C, (str){ p, (size_t)e->size });
	*w = (struct blob_writer){ .store = m->store, .id = e->id, .size = e->size, .state = BLOB_WHOLE, .fd = -1 };
	w->sum = e->crc;
	w->bytes = (struct buf){ .p = p, .n = (size_t)e->size };
	w->from_seg = m->segment;
	w->from_off = m->at + SEGMENT_HEAD;
	m->writers[m->n++] = w;
	m->bytes += e->size;
	return crc_value(&v) == e->crc;
}

/* The next live entries into m->writers; none at the end of the segment. False: something in it cannot be read. */
static bool gather(struct move *m, struct db *db) {
	uint8_t head[SEGMENT_HEAD];
	struct entry e;
	m->n = 0;
	m->bytes = 0;
	while (m->at < m->size && m->n < MOVE_ENTRIES && m->bytes < MOVE_BYTES) {
		if (pread_all(m->fd, head, sizeof(head), m->at) || !entry_read(head, &e)) {
			return false;
		}
		if (is_live(db, m, &e) && !read_entry(m, &e)) {
			return false;
		}
		m->at += SEGMENT_HEAD + e.size;
	}
	return !db_error(db);
}

static int nothing_more(struct db *db, void *arg) {
	(void)db;
	(void)arg;
	return 0;
}

static int unlist(struct db *db, void *arg) {
	const int64_t *id = arg;
	struct conn *c = db_owner(db);
	if (db_run(db, "DELETE FROM segment WHERE id = ? AND n = 0", "i", *id) != 1) {
		return 1;
	}
	struct removal *r = heap_alloc(sizeof(*r));
	*r = (struct removal){ .id = *id, .segment = true, .next = c->store->forgotten };
	c->store->forgotten = r;
	return 0;
}

/* Moves one group. 1: there may be more, 0: the end, -EBADMSG: unreadable, -errno. */
static int step(struct move *m) {
	struct db *db = store_reader(m->store);
	bool good = gather(m, db);
	store_reader_done(m->store, db);
	if (!good || !m->n) {
		return good ? 0 : -EBADMSG;
	}
	struct blob_writer **writers = m->writers;
	struct work w = { .run = nothing_more, .blobs = writers, .n_blobs = m->n };
	int rc = store_write(m->store, &w);
	return rc ? rc : 1;
}

static int compact(struct store *s, const struct segment_row *row) {
	int64_t id = row->id;
	struct work last = { .run = unlist, .arg = &id };
	int rc = store_write(s, &last);
	if (rc <= 0) {
		return rc; /* gone: nothing in it was live */
	}
	if (row->live > RESERVE_SIZE / 2 && reserve_ready(s)) {
		return -ENOSPC; /* its copy has no place until its end makes one */
	}
	AUTO_CLOSE fd = segment_dup(s, id);
	struct move m = { .store = s, .segment = id, .size = row->size, .fd = fd };
	rc = fd < 0 ? fd : 1;
	while (rc > 0) {
		rc = step(&m);
		arena_free(&m.arena);
	}
	return rc ? rc : store_write(s, &last);
}

void compact_all(struct store *s) {
	struct segment_row row;
	while (find_dead(s, &row)) {
		int rc = compact(s, &row);
		if (rc == -ENOSPC || rc == -ESHUTDOWN) {
			return; /* tried again when more has been forgotten */
		}
		if (rc) {
			give_up(s, row.id,
				rc > 0           ? "rows name what is not in it"
				: rc == -EBADMSG ? "an entry in it is damaged"
						 : strerror(-rc));
		}
	}
}
