#include "s3/body.h"

#include "base/fd.h"
#include "core/cloud.h"
#include "s3/upload.h"

#include <errno.h>

struct stretch {
	int64_t blob, at, n;
	struct piece piece;
};

struct body {
	struct store *store;
	struct db *db; /* the snapshot that it holds; NULL: all is open */
	struct stretch *all;
	size_t n, next, opened; /* [next, opened) are open and not given away */
};

static void close_rest(void *p) {
	struct body *b = p;
	for (size_t i = b->next; i < b->opened; i++) {
		if (b->all[i].piece.close_fd) {
			close(b->all[i].piece.fd);
		}
	}
	b->next = b->opened;
	if (b->db) {
		store_reader_done(b->store, b->db);
		b->db = NULL;
	}
}

static int open_ahead(struct body *b, struct db *db) {
	while (b->opened < b->n && b->opened - b->next < BODY_AHEAD) {
		struct stretch *s = &b->all[b->opened];
		int rc = blob_open(db, s->blob, s->at, s->n, &s->piece);
		if (rc) {
			return rc;
		}
		b->opened++;
		if (s->piece.n != s->n) {
			return -EIO;
		}
	}
	return 0;
}

/* Does a part of this number or a higher one begin at `at` or before? */
static bool begins_before(struct db *db, int64_t upload, int64_t number, int64_t at) {
	AUTO_QUERY q = db_query(db, "SELECT start FROM part WHERE upload = ? AND number >= ? ORDER BY number LIMIT 1",
				"ii", upload, number);
	return query_step(q) && query_int(q, 0) <= at;
}

/* The last part that begins at `at` or before: parts begin in the order of their numbers. */
static int64_t part_at(struct db *db, int64_t upload, int64_t at) {
	int64_t low = 1, high = PARTS_MAX;
	while (low < high) {
		int64_t middle = (low + high + 1) / 2;
		if (begins_before(db, upload, middle, at)) {
			low = middle;
		} else {
			high = middle - 1;
		}
	}
	return low;
}

/* The parts that bytes [at, end) of an object lie in. */
static void read_parts(struct call *c, const struct object *o, int64_t at, int64_t end, struct body *b) {
	struct db *db = call_db(c);
	int64_t from = part_at(db, o->upload, at), to = part_at(db, o->upload, end - 1);
	b->all = NEWS(c->arena, struct stretch, to - from + 1);
	AUTO_QUERY q = db_query(db,
				"SELECT start, size, blob FROM part WHERE upload = ? AND number BETWEEN ? AND ?"
				" AND size > 0 ORDER BY number",
				"iii", o->upload, from, to);
	while (query_step(q)) {
		int64_t start = query_int(q, 0), stop = start + query_int(q, 1);
		int64_t first = start > at ? start : at, last = stop < end ? stop : end;
		b->all[b->n++] = (struct stretch){ .blob = query_int(q, 2), .at = first - start, .n = last - first };
	}
}

int body_find(struct call *c, const struct object *o, int64_t at, int64_t n, struct body **out) {
	struct db *db = call_db(c);
	struct body *b = *out = NEW(c->arena, struct body);
	*b = (struct body){ .store = c->cloud->store };
	if (n > 0 && o->blob) {
		b->all = NEW(c->arena, struct stretch);
		b->all[b->n++] = (struct stretch){ .blob = o->blob, .at = at, .n = n };
	} else if (n > 0) {
		read_parts(c, o, at, at + n, b);
	}
	arena_defer(c->arena, close_rest, b);
	int64_t found = 0;
	for (size_t i = 0; i < b->n; i++) {
		found += b->all[i].n;
	}
	if (b->n > BODY_AHEAD) {
		b->db = db;
		c->reader = NULL;
	}
	return found == n ? open_ahead(b, db) : -EIO;
}

int body_next(void *body, struct piece *out) {
	struct body *b = body;
	if (b->next == b->n) {
		return 0;
	}
	if (b->next == b->opened) {
		int rc = b->db ? open_ahead(b, b->db) : -EIO;
		if (rc) {
			return rc;
		}
	}
	*out = b->all[b->next++].piece;
	return 1;
}

int body_open(struct call *c, const struct object *o, int64_t at, int64_t n) {
	struct body *b;
	int rc = body_find(c, o, at, n, &b);
	if (rc) {
		return rc;
	}
	c->pull = body_next;
	c->pull_arg = b;
	c->pull_length = n;
	return 0;
}

enum { READ_SIZE = 256 * 1024 };

static int read_piece(const struct piece *piece, char *room, int (*take)(void *arg, const void *p, size_t n),
		      void *arg) {
	int rc = 0;
	for (int64_t done = 0; !rc && done < piece->n;) {
		size_t n = piece->n - done < READ_SIZE ? (size_t)(piece->n - done) : READ_SIZE;
		rc = pread_all(piece->fd, room, n, piece->at + done);
		if (!rc) {
			rc = take(arg, room, n);
		}
		done += (int64_t)n;
	}
	return rc;
}

int body_read(struct call *c, struct body *body, int (*take)(void *arg, const void *p, size_t n), void *arg) {
	struct piece piece;
	char *room = arena_alloc(c->arena, READ_SIZE);
	int rc;
	while ((rc = body_next(body, &piece)) == 1) {
		rc = read_piece(&piece, room, take, arg);
		if (piece.close_fd) {
			close(piece.fd);
		}
		if (rc) {
			break;
		}
	}
	return rc;
}
