/* The store alone, for the crash tests.
 *
 *   store write DIR THREADS FIRST OPS   puts and deletes until killed, or so many a thread (0: no end). stdout is a
 *                                       SOCK_SEQPACKET that is told "op ID KEY STATE" before and "ack ID" after each;
 *                                       the state is what the key is then ("-": gone). Ids begin at FIRST.
 *   store check DIR                     "have KEY STATE" or "torn KEY" for each key, then
 *                                       "fsck MISSING TORN ORPHANS UNOWNED"
 *
 * The body of an id is always the same, so that a state (ID:SIZE) says what the bytes are. */
#include "core/store.h"
#include "base/fd.h"
#include "base/rand.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { KEYS = 12, TELL = 1 };

static const struct store_table tables[] = {
	{ "CREATE TABLE IF NOT EXISTS thing(key BLOB PRIMARY KEY, body INTEGER NOT NULL, id INTEGER NOT NULL) WITHOUT "
	  "ROWID;",
	  "SELECT body FROM thing" },
	{ 0 },
};

static struct arena top;
static struct store *store;
static atomic_llong next_id;
static int64_t ops;

struct change {
	str key;
	int64_t body, id; /* body 0: delete */
};

static int run(struct db *db, void *arg) {
	const struct change *c = arg;
	AUTO_QUERY q = db_query(db, "DELETE FROM thing WHERE key = ? RETURNING body", "s", c->key);
	if (query_step(q)) {
		blob_forget(db, query_int(q, 0));
	}
	query_done(q);
	if (c->body) {
		db_run(db, "INSERT INTO thing(key, body, id) VALUES(?, ?, ?)", "sii", c->key, c->body, c->id);
	}
	return 0;
}

static char *make_bytes(struct arena *a, int64_t id, size_t size) {
	char *p = arena_alloc(a, size);
	uint64_t x = (uint64_t)id * 0x9e3779b97f4a7c15u + 1;
	for (size_t i = 0; i < size; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		p[i] = (char)(x >> 56);
	}
	return p;
}

static void tell(str line) {
	if (send(TELL, line.p, line.n, 0) < 0) {
		exit(0); /* nobody listens any more */
	}
}

static void fail(const char *what, int rc) {
	fprintf(stderr, "store: %s: %s\n", what, strerror(-rc));
	exit(1);
}

/* 1 byte to 1 MiB, each power of two as often as the next. */
static size_t pick_size(void) {
	uint64_t top_size = (uint64_t)1 << (rand_u64() % 21);
	return (size_t)(1 + rand_u64() % top_size);
}

/* A disk that fails is no reason to end: what was not acknowledged may have happened or not. */
static int write_body(struct arena *a, int64_t id, size_t size, struct blob_writer **out) {
	struct blob_writer *w = *out = blob_begin(store, a);
	int rc = blob_append(w, make_bytes(a, id, size), size);
	return rc ? rc : blob_finish(w);
}

static void change_one(int thread) {
	AUTO_ARENA a = { 0 };
	int64_t id = atomic_fetch_add(&next_id, 1);
	bool gone = rand_u64() % 5 == 0;
	size_t size = pick_size();
	str key = str_printf(&a, "t%d-%d", thread, (int)(rand_u64() % KEYS));
	str state = gone ? S("-") : str_printf(&a, "%lld:%zu", (long long)id, size);
	tell(str_printf(&a, "op %lld " STR_FMT " " STR_FMT, (long long)id, STR_ARG(key), STR_ARG(state)));
	struct blob_writer *w = NULL;
	int rc = gone ? 0 : write_body(&a, id, size, &w);
	struct change c = { .key = key, .body = w ? blob_id(w) : 0, .id = id };
	struct work work = { .run = run, .arg = &c, .blobs = w ? &w : NULL, .n_blobs = w ? 1 : 0 };
	rc = rc ? rc : store_write(store, &work);
	if (!rc) {
		tell(str_printf(&a, "ack %lld", (long long)id));
	} else if (rc != -EIO && rc != -ENOSPC) {
		fail("a change", rc);
	}
}

static void *work(void *arg) {
	int thread = *(int *)arg;
	for (int64_t i = 0; !ops || i < ops; i++) {
		change_one(thread);
	}
	return NULL;
}

static void write_all_threads(int n) {
	pthread_t *t = NEWS(&top, pthread_t, n);
	int *number = NEWS(&top, int, n);
	for (int i = 0; i < n; i++) {
		number[i] = i;
		pthread_create(&t[i], NULL, work, &number[i]);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(t[i], NULL);
	}
}

/* --- checking --- */

static bool is_whole(struct db *db, int64_t body, int64_t id) {
	AUTO_ARENA a = { 0 };
	struct piece p;
	if (blob_open(db, body, 0, INT64_MAX, &p)) {
		return false;
	}
	AUTO_CLOSE fd = p.fd;
	size_t n = (size_t)p.n;
	char *got = arena_alloc(&a, n);
	return pread_all(fd, got, n, p.at) == 0 && memcmp(got, make_bytes(&a, id, n), n) == 0;
}

static void say(void *arg, str line) {
	(void)arg;
	printf("# " STR_FMT "\n", STR_ARG(line));
}

static void check(void) {
	struct db *db = store_reader(store);
	struct query *q = db_query(db, "SELECT key, body, id FROM thing", "");
	struct fsck f;
	while (query_step(q)) {
		str key = query_str(q, 0);
		int64_t body = query_int(q, 1), id = query_int(q, 2);
		if (is_whole(db, body, id)) {
			printf("have " STR_FMT " %lld:%lld\n", STR_ARG(key), (long long)id,
			       (long long)blob_length(db, body));
		} else {
			printf("torn " STR_FMT "\n", STR_ARG(key));
		}
	}
	query_done(q);
	store_reader_done(store, db);
	int rc = store_fsck(store, &f, say, NULL);
	if (rc) {
		fail("fsck", rc);
	}
	printf("fsck %lld %lld %lld %lld\n", (long long)f.missing, (long long)f.torn, (long long)f.orphans,
	       (long long)f.unowned);
}

int main(int argc, char **argv) {
	str why;
	int64_t threads = 0, first = 0;
	bool writes = argc == 6 && strcmp(argv[1], "write") == 0 && str_uint(str_from(argv[3]), &threads) &&
		      str_uint(str_from(argv[4]), &first) && str_uint(str_from(argv[5]), &ops);
	if (!writes && (argc != 3 || strcmp(argv[1], "check") != 0)) {
		fprintf(stderr, "usage: store write DIR THREADS FIRST OPS | store check DIR\n");
		return 2;
	}
	if (store_open(&top, &store, argv[2], tables, &why)) {
		fprintf(stderr, "store: " STR_FMT "\n", STR_ARG(why));
		return 1;
	}
	if (writes) {
		atomic_store(&next_id, first);
		write_all_threads((int)threads);
	} else {
		check();
	}
	store_close(store);
	arena_free(&top);
	return 0;
}
