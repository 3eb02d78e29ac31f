/* Objects as rows and the walk over them, against a plain model, without a store: bodies are 0. */
#include "s3/object_rows.h"

#include "base/rand.h"
#include "base/tap.h"

#include <stdlib.h>
#include <unistd.h>

enum { KEYS = 40, ROUNDS = 3000, MODEL_MAX = 4096 };

struct row {
	int key;
	str version;
	bool marker;
	int64_t size;
};

/* Newest last. */
static struct row model[MODEL_MAX];
static size_t n_model;

static str key_of(struct arena *a, int i) {
	return str_printf(a, "k%c%d", i % 3 ? '/' : '!', i);
}

static void take(size_t at) {
	memmove(&model[at], &model[at + 1], (n_model - at - 1) * sizeof(*model));
	n_model--;
}

static void insert(struct db *db, struct arena *a, int key, bool marker) {
	struct object o = { .bucket = 1, .key = key_of(a, key), .marker = marker, .size = (int64_t)n_model };
	bool enabled = bucket_versioning(db, 1) == VERSIONING_ENABLED;
	int rc = object_insert(db, a, &o);
	for (size_t i = 0; !enabled && i < n_model; i++) {
		if (model[i].key == key && str_is(model[i].version, "null")) {
			take(i);
			break;
		}
	}
	if (rc || str_is(o.version, "null") == enabled) {
		tap_check(false, __FILE__, __LINE__, "insert");
	}
	model[n_model++] = (struct row){ key, o.version, marker, o.size };
}

static bool is_latest(size_t at) {
	for (size_t i = at + 1; i < n_model; i++) {
		if (model[i].key == model[at].key) {
			return false;
		}
	}
	return true;
}

static bool find_row(const struct object *o, struct arena *a, size_t *at) {
	for (size_t i = 0; i < n_model; i++) {
		if (str_eq(model[i].version, o->version) && str_eq(key_of(a, model[i].key), o->key)) {
			*at = i;
			return true;
		}
	}
	return false;
}

static void check_finds(struct db *db, struct arena *a) {
	for (size_t i = 0; i < n_model; i++) {
		str key = key_of(a, model[i].key);
		struct object o = { .bucket = 1, .key = key, .version = model[i].version };
		bool found = object_find(db, a, &o);
		bool same = found && o.size == model[i].size && o.marker == model[i].marker;
		if (!same || o.latest != is_latest(i)) {
			tap_check(false, __FILE__, __LINE__, "find by version");
		}
		o = (struct object){ .bucket = 1, .key = key };
		if (is_latest(i) && (!object_find(db, a, &o) || o.size != model[i].size)) {
			tap_check(false, __FILE__, __LINE__, "find current");
		}
	}
}

/* A walk over all, from some place, in both manners. */
static void check_walk(struct db *db, struct arena *a, bool versions, str from) {
	struct walk w = { .db = db, .arena = a, .bucket = 1, .versions = versions, .from = from };
	w.from_seq = INT64_MIN;
	struct object o;
	str last = from;
	int64_t last_seq = INT64_MIN;
	size_t seen = 0, want = 0, at;
	while (walk_next(&w, &o)) {
		int order = str_cmp(last, o.key);
		bool ordered = order < 0 || (order == 0 && (seen == 0 || (versions && o.seq > last_seq)));
		bool right = find_row(&o, a, &at) && o.latest == is_latest(at) && (versions || !o.marker);
		if (!ordered || !right) {
			tap_check(false, __FILE__, __LINE__, "walk");
		}
		last = o.key;
		last_seq = o.seq;
		seen++;
	}
	walk_end(&w);
	for (size_t i = 0; i < n_model; i++) {
		bool shown = versions || (is_latest(i) && !model[i].marker);
		want += shown && str_cmp(key_of(a, model[i].key), from) >= 0;
	}
	if (seen != want) {
		CHECK_INT(seen, want);
	}
}

/* From each version on: the rest of its key, and what follows. */
static void check_resume(struct db *db, struct arena *a, str key) {
	struct object o, first;
	struct walk all = { .db = db, .arena = a, .bucket = 1, .versions = true, .from = key, .from_seq = INT64_MIN };
	for (int i = 0; walk_next(&all, &o) && str_eq(o.key, key); i++) {
		struct walk w = { .db = db, .arena = a, .bucket = 1, .versions = true, .from = key };
		w.from_seq = o.seq;
		if (!walk_next(&w, &first) || first.seq != o.seq || first.latest != (i == 0)) {
			tap_check(false, __FILE__, __LINE__, "resume");
		}
		walk_end(&w);
	}
	walk_end(&all);
}

static void check_seek(struct db *db, struct arena *a) {
	struct object o;
	struct walk w = { .db = db, .arena = a, .bucket = 1, .from = S("") };
	walk_next(&w, &o);
	walk_seek(&w, S("k/1"));
	while (walk_next(&w, &o)) {
		if (str_cmp(o.key, S("k/1")) < 0) {
			tap_check(false, __FILE__, __LINE__, "seek");
		}
	}
	walk_seek(&w, (str){ 0 });
	CHECK(!walk_next(&w, &o) && !w.from.p);
	walk_end(&w);
}

static void play(struct db *db, struct arena *a) {
	struct object o;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t dice = rand_u64();
		int key = (int)(dice % 7 < 3 ? 0 : dice / 7 % KEYS);
		if (dice >> 32 & 1 && n_model) {
			size_t at = (size_t)(rand_u64() % n_model);
			o = (struct object){ .bucket = 1,
					     .key = key_of(a, model[at].key),
					     .version = model[at].version };
			if (object_find(db, a, &o)) {
				object_remove(db, a, &o);
				take(at);
			}
		} else {
			insert(db, a, key, dice >> 33 & 1);
		}
		if (round % 100 == 0) {
			int64_t v = (int64_t)(rand_u64() % 2) + 1;
			db_run(db, "UPDATE bucket SET versioning = ? WHERE id = 1", "i", v);
		}
		if (round % 500 == 499) {
			check_finds(db, a);
			check_walk(db, a, true, S(""));
			check_walk(db, a, false, S(""));
			check_walk(db, a, false, S("k/1"));
			check_walk(db, a, true, S("k/1\0"));
			check_resume(db, a, key_of(a, 0));
		}
	}
	check_seek(db, a);
}

int main(void) {
	AUTO_ARENA a = { 0 };
	char path[] = "/tmp/object_rows_test.XXXXXX";
	int fd = mkstemp(path);
	struct db *db;
	close(fd);
	CHECK_INT(db_open(&db, path, false), 0);
	for (const struct store_table *t = s3_tables; t->schema; t++) {
		CHECK_INT(db_exec(db, t->schema), 0);
	}
	CHECK_INT(db_exec(db, "PRAGMA synchronous = OFF; BEGIN; INSERT INTO bucket VALUES"
			      "(1, x'62', x'31', x'72', 0, 0, 0, 0, 0), (2, x'63', x'31', x'72', 0, 0, 0, 0, 0)"),
		  0);
	insert(db, &a, 1, false);
	insert(db, &a, 1, false);
	CHECK_INT(n_model, 1);
	struct object gone = { .bucket = 3, .key = S("k") }, next = { .bucket = 2, .key = S("k!0") };
	CHECK_INT(object_insert(db, &a, &gone), 1);
	CHECK_INT(object_insert(db, &a, &next), 0);
	play(db, &a);
	CHECK_INT(db_error(db), 0);
	db_close(db);
	unlink(path);
	return tap_done();
}
