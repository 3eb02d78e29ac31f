#include "s3/body.h"

#include "base/fd.h"
#include "base/log.h"
#include "core/cloud.h"
#include "s3/cipher.h"
#include "s3/sse.h"
#include "s3/upload.h"

#include <errno.h>

struct stretch {
	int64_t blob, at, n; /* of its content */
	int64_t size; /* of the content of all of this body */
	struct piece piece;
};

struct body {
	struct store *store;
	struct db *db; /* the snapshot that it holds; NULL: all is open */
	struct stretch *all;
	size_t n, next, opened; /* [next, opened) are open and not given away */
	struct arena *arena;
	const struct seal *seal; /* encrypted bodies: what their keys are sealed under; NULL: plain ones */
	struct decryption *decryption;
	const struct stretch *begun; /* whose body it is of */
	char *sealed, *plain; /* room for a chunk */
	struct piece first; /* the first chunk, which is decrypted before anything is answered; n 0: given away */
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
		int64_t at = b->seal ? 0 : s->at, n = b->seal ? cipher_size(s->size) : s->n;
		int rc = blob_open(db, s->blob, at, n, &s->piece);
		if (rc) {
			return rc;
		}
		b->opened++;
		if (s->piece.n != n) {
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
		b->all[b->n++] = (struct stretch){
			.blob = query_int(q, 2), .at = first - start, .n = last - first, .size = stop - start
		};
	}
}

/* --- encrypted ones, chunk by chunk --- */

static int begin_decryption(struct body *b, const struct stretch *s) {
	char head[CIPHER_HEAD];
	int rc = pread_all(s->piece.fd, head, sizeof(head), s->piece.at);
	rc = rc ? rc : decrypt_begin(b->arena, b->seal, s->blob, (str){ head, sizeof(head) }, &b->decryption);
	b->begun = rc ? NULL : s;
	return rc;
}

static int read_chunk(struct body *b, const struct stretch *s, int64_t chunk) {
	int64_t left = s->size - chunk * CIPHER_CHUNK;
	size_t n = (size_t)(left < CIPHER_CHUNK ? left : CIPHER_CHUNK) + CIPHER_TAG;
	int rc = b->begun == s ? 0 : begin_decryption(b, s);
	rc = rc ? rc : pread_all(s->piece.fd, b->sealed, n, s->piece.at + cipher_at(chunk));
	rc = rc ? rc : decrypt_chunk(b->decryption, chunk, (str){ b->sealed, n }, b->plain);
	if (rc == -EBADMSG) {
		log_error("body %016llx: chunk %lld is not what was written", (unsigned long long)s->blob,
			  (long long)chunk);
	}
	return rc;
}

static int next_chunk(struct body *b, struct piece *out) {
	struct stretch *s = &b->all[b->next];
	int64_t skip = s->at % CIPHER_CHUNK, n = CIPHER_CHUNK - skip;
	int rc = read_chunk(b, s, s->at / CIPHER_CHUNK);
	if (rc) {
		return rc;
	}
	n = n < s->n ? n : s->n;
	*out = (struct piece){ .fd = -1, .n = n, .bytes = b->plain + skip };
	s->at += n;
	s->n -= n;
	if (!s->n) {
		close_fd(&s->piece.fd);
		b->next++;
	}
	return 1;
}

static int begin_chunks(struct body *b) {
	int64_t room = 0;
	for (size_t i = 0; i < b->n; i++) {
		room = b->all[i].size > room ? b->all[i].size : room;
	}
	room = room < CIPHER_CHUNK ? room : CIPHER_CHUNK;
	b->sealed = arena_raw(b->arena, (size_t)room + CIPHER_TAG);
	b->plain = arena_raw(b->arena, (size_t)room);
	int rc = next_chunk(b, &b->first);
	return rc < 0 ? rc : 0;
}

/* --- all --- */

/* Nobody may be given the encrypted bytes, whoever has forgotten to ask for the key. */
static int check_key(const struct object *o) {
	return o->seal || !sse_sealed(o->meta) ? 0 : -EKEYREJECTED;
}

static int begin(struct call *c, struct body *b) {
	struct db *db = call_db(c);
	if (b->n > BODY_AHEAD) {
		b->db = db;
		c->reader = NULL;
	}
	int rc = open_ahead(b, db);
	return rc || !b->seal || !b->n ? rc : begin_chunks(b);
}

int body_find(struct call *c, const struct object *o, int64_t at, int64_t n, struct body **out) {
	struct body *b = *out = NEW(c->arena, struct body);
	*b = (struct body){ .store = c->cloud->store, .arena = c->arena, .seal = o->seal };
	if (n > 0 && o->blob) {
		b->all = NEW(c->arena, struct stretch);
		b->all[b->n++] = (struct stretch){ .blob = o->blob, .at = at, .n = n, .size = o->size };
	} else if (n > 0) {
		read_parts(c, o, at, at + n, b);
	}
	arena_defer(c->arena, close_rest, b);
	int64_t found = 0;
	for (size_t i = 0; i < b->n; i++) {
		found += b->all[i].n;
	}
	int rc = check_key(o);
	return rc ? rc : found == n ? begin(c, b) : -EIO;
}

int body_next(void *body, struct piece *out) {
	struct body *b = body;
	if (b->first.n) {
		*out = b->first;
		b->first.n = 0;
		return 1;
	}
	if (b->next == b->n) {
		return 0;
	}
	if (b->next == b->opened) {
		int rc = b->db ? open_ahead(b, b->db) : -EIO;
		if (rc) {
			return rc;
		}
	}
	if (b->seal) {
		return next_chunk(b, out);
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

int body_small(struct call *c, const struct object *o, int64_t at, int64_t n, char *to) {
	struct decryption *d = NULL;
	int64_t size = cipher_size(o->size);
	if (check_key(o)) {
		return check_key(o);
	}
	if (!o->seal) {
		return blob_read(call_db(c), o->blob, at, n, to);
	}
	char *sealed = arena_raw(c->arena, (size_t)(size + o->size)), *plain = sealed + size;
	int rc = blob_read(call_db(c), o->blob, 0, size, sealed);
	rc = rc ? rc : decrypt_begin(c->arena, o->seal, o->blob, (str){ sealed, CIPHER_HEAD }, &d);
	str chunk = { sealed + CIPHER_HEAD, (size_t)size - CIPHER_HEAD };
	rc = rc ? rc : decrypt_chunk(d, 0, chunk, plain);
	if (rc == -EBADMSG) {
		log_error("body %016llx is not what was written", (unsigned long long)o->blob);
	}
	if (!rc) {
		memcpy(to, plain + at, (size_t)n);
	}
	return rc;
}

enum { READ_SIZE = 256 * 1024 };

static int read_piece(const struct piece *piece, char *room, int (*take)(void *arg, const void *p, size_t n),
		      void *arg) {
	int rc = 0;
	if (piece->bytes) {
		return take(arg, piece->bytes, (size_t)piece->n);
	}
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
