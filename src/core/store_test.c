#include "core/store_try.h"

#include <fcntl.h>

static void test_sizes(void) {
	static const size_t sizes[] = { 0, 1, 4096, BLOB_SMALL - 1, BLOB_SMALL, BLOB_SMALL + 1, 300000, 5 << 20 };
	AUTO_ARENA a = { 0 };
	struct store *s = must_open();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			char *p = make_bytes(&a, i, sizes[i]);
			str name = str_printf(&a, "size-%zu", i);
			CHECK_INT(round ? 0 : put_body(s, name, p, sizes[i], 0), 0);
			CHECK_INT(check(s, name, p, sizes[i]), 0);
		}
		CHECK_INT(store_stats(s).files, 3);
		CHECK(is_clean(s));
		CHECK_INT(count_in("bodies"), 3);
		store_close(s);
		s = must_open();
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_INT(delete (s, str_printf(&a, "size-%zu", i)), 0);
	}
	CHECK_INT(store_stats(s).live_bytes, 0);
	CHECK(files_become("bodies", 0));
	CHECK(is_clean(s));
	store_close(s);
}

static void test_ranges(void) {
	AUTO_ARENA a = { 0 };
	struct store *s = must_open();
	static const size_t sizes[] = { 1000, 200000 };
	for (size_t i = 0; i < 2; i++) {
		char *p = make_bytes(&a, 70 + i, sizes[i]);
		int64_t size = (int64_t)sizes[i];
		struct piece piece;
		char got[100];
		CHECK_INT(put_body(s, S("range"), p, sizes[i], 0), 0);
		struct db *db = store_reader(s);
		int64_t id = find(db, S("range"));
		CHECK_INT(blob_length(db, id), size);
		CHECK_INT(blob_open(db, id, 500, 100, &piece), 0);
		CHECK_INT(piece.n, 100);
		CHECK_INT(blob_read(db, id, 700, 100, got), 0);
		CHECK(!memcmp(got, p + 700, 100));
		CHECK_INT(blob_read(db, id, size - 99, 100, got), -EIO);
		CHECK(!pread_all(piece.fd, got, 100, piece.at) && !memcmp(got, p + 500, 100));
		close(piece.fd);
		CHECK_INT(blob_open(db, id, size - 10, 100, &piece), 0);
		CHECK_INT(piece.n, 10);
		close(piece.fd);
		CHECK_INT(blob_open(db, id, size + 10, 100, &piece), 0);
		CHECK_INT(piece.n, 0);
		close(piece.fd);
		CHECK_INT(blob_open(db, id + 1000, 0, 100, &piece), -ENOENT);
		CHECK_INT(blob_length(db, id + 1000), -ENOENT);
		store_reader_done(s, db);
	}
	CHECK_INT(delete (s, S("range")), 0);
	store_close(s);
}

static void test_rules(void) {
	AUTO_ARENA a = { 0 };
	struct store *s = must_open();
	char *p = make_bytes(&a, 5, 400000);
	CHECK_INT(put_body(s, S("kept"), p, 100, 0), 0);
	CHECK_INT(put_body(s, S("kept"), p, 50, 1), 1); /* fails by a rule: nothing of it stays */
	CHECK_INT(check(s, S("kept"), p, 100), 0);
	CHECK_INT(put_body(s, S("kept"), p, 400000, 7), 7);
	CHECK_INT(check(s, S("kept"), p, 100), 0);
	CHECK_INT(count_in("bodies"), 0);
	CHECK_INT(put_body(s, S("kept"), p, 400000, 0), 0);
	CHECK_INT(put_body(s, S("kept"), p, 10, 1), 1); /* and the file that it forgot is still there */
	CHECK_INT(check(s, S("kept"), p, 400000), 0);
	CHECK_INT(delete (s, S("nothing")), 1);
	CHECK_INT(delete (s, S("kept")), 0);
	CHECK(files_become("bodies", 0));
	CHECK(is_clean(s));
	store_close(s);
}

static int run_bad_sql(struct db *db, void *arg) {
	(void)arg;
	db_run(db, "INSERT INTO thing(name) VALUES('x')", "");
	db_run(db, "INSERT INTO no_such_table VALUES(1)", "");
	return 0;
}

static void test_broken_work(void) {
	struct store *s = must_open();
	struct work w = { .run = run_bad_sql };
	CHECK_INT(store_write(s, &w), -EIO);
	CHECK_INT(put_note(s, S("after"), S("fine"), 0), 0);
	struct db *db = store_reader(s);
	CHECK_INT(find(db, S("x")), -1);
	CHECK(find(db, S("after")) >= 0);
	store_reader_done(s, db);
	CHECK_INT(delete (s, S("after")), 0);
	store_close(s);
}

static void test_abort(void) {
	AUTO_ARENA a = { 0 };
	struct store *s = must_open();
	char *p = make_bytes(&a, 6, 1 << 20);
	for (int finish = 0; finish < 2; finish++) {
		AUTO_ARENA b = { 0 };
		struct blob_writer *w = blob_begin(s, &b);
		CHECK_INT(blob_append(w, p, 1 << 20), 0);
		CHECK_INT(finish ? blob_finish(w) : 0, 0);
		CHECK_INT(count_in("bodies"), 1);
		CHECK(is_clean(s)); /* what is being written is not an orphan */
		arena_free(&b);
		CHECK_INT(count_in("bodies"), 0);
	}
	AUTO_ARENA c = { 0 };
	struct blob_writer *w = blob_begin(s, &c);
	struct work work = { .run = run_bad_sql, .blobs = &w, .n_blobs = 1 };
	CHECK_INT(store_write(s, &work), -EINVAL); /* not finished */
	arena_free(&c);
	CHECK(is_clean(s));
	store_close(s);
}

static void test_snapshot(void) {
	AUTO_ARENA a = { 0 };
	struct store *s = must_open();
	char *p = make_bytes(&a, 7, 200000), *q = make_bytes(&a, 8, 200000);
	CHECK_INT(put_body(s, S("small"), p, 1000, 0), 0);
	CHECK_INT(put_body(s, S("large"), p, 200000, 0), 0);
	struct db *old = store_reader(s);
	CHECK_INT(check_body(old, S("small"), p, 1000), 0);
	CHECK_INT(put_body(s, S("small"), q, 2000, 0), 0);
	CHECK_INT(put_body(s, S("large"), q, 150000, 0), 0);
	usleep(50000); /* the keeper would have had its time */
	CHECK_INT(check_body(old, S("small"), p, 1000), 0);
	CHECK_INT(check_body(old, S("large"), p, 200000), 0);
	CHECK_INT(check(s, S("small"), q, 2000), 0);
	CHECK_INT(check(s, S("large"), q, 150000), 0);
	CHECK_INT(count_in("bodies"), 2);
	CHECK(is_clean(s));
	store_reader_done(s, old);
	CHECK(files_become("bodies", 1));
	CHECK_INT(delete (s, S("small")), 0);
	CHECK_INT(delete (s, S("large")), 0);
	store_close(s);
}

static void test_open_twice(void) {
	AUTO_ARENA a = { 0 };
	struct store *s = must_open(), *t = NULL;
	str why;
	size_t at;
	struct stat st;
	CHECK_INT(store_open(&a, &t, dir, tables, &why), -EBUSY);
	CHECK(!t && str_find(why, str_from(dir), &at));
	CHECK(!stat(dir, &st) && (st.st_mode & 0777) == 0700);
	store_close(s);
	struct db *db;
	CHECK_INT(db_open(&db, str_z(&a, str_printf(&a, "%s/aerostat.db", dir)), false), 0);
	CHECK_INT(db_exec(db, "PRAGMA user_version = 3"), 0);
	CHECK_INT(store_open(&a, &t, dir, tables, &why), -EPROTONOSUPPORT);
	CHECK(!t && str_find(why, S("version 3"), &at));
	CHECK_INT(db_exec(db, "PRAGMA user_version = 1"), 0);
	CHECK_INT(store_open(&a, &t, dir, tables, &why), -EPROTONOSUPPORT);
	CHECK(!t && str_find(why, S("empty folder"), &at));
	CHECK_INT(db_exec(db, "PRAGMA user_version = 2"), 0);
	db_close(db);
	store_close(must_open());
}

static int run_kv(struct db *db, void *arg) {
	const str *value = arg;
	store_put(db, "test", *value);
	return 0;
}

static void test_kv(void) {
	AUTO_ARENA a = { 0 };
	str value = S("a\0b");
	struct work w = { .run = run_kv, .arg = &value };
	struct store *s = must_open();
	struct db *db = store_reader(s);
	CHECK(!store_get(db, &a, "test").p);
	store_reader_done(s, db);
	CHECK_INT(store_write(s, &w), 0);
	store_close(s);
	s = must_open();
	db = store_reader(s);
	CHECK_STR(store_get(db, &a, "test"), value);
	store_reader_done(s, db);
	store_close(s);
}

static void scribble(const char *path, off_t at, const char *bytes) {
	AUTO_ARENA a = { 0 };
	AUTO_CLOSE fd = open(str_z(&a, str_printf(&a, "%s/%s", dir, path)), O_WRONLY | O_CREAT, 0600);
	CHECK_INT(pwrite_all(fd, bytes, strlen(bytes), at), 0);
}

static void test_sweep(void) {
	AUTO_ARENA a = { 0 };
	struct store *s = must_open();
	char *p = make_bytes(&a, 9, 200000);
	CHECK_INT(put_body(s, S("stays"), p, 200000, 0), 0);
	CHECK_INT(put_body(s, S("small"), p, 2000, 0), 0);
	store_close(s);
	scribble("bodies/02/0000000000000002", 0, "left over");
	scribble("bodies/3f/000000000000003f", 0, "left over");
	scribble("segments/000777.seg", 0, "left over");
	scribble("key.new", 0, "left over");
	CHECK_INT(count_in("bodies"), 3);
	s = must_open();
	CHECK(is_clean(s));
	CHECK_INT(count_in("bodies"), 1);
	CHECK_INT(count_in("segments"), 1);
	CHECK_INT(access(str_z(&a, str_printf(&a, "%s/key.new", dir)), F_OK), -1);
	CHECK_INT(check(s, S("stays"), p, 200000), 0);
	CHECK_INT(check(s, S("small"), p, 2000), 0);
	CHECK_INT(delete (s, S("stays")), 0);
	CHECK_INT(delete (s, S("small")), 0);
	store_close(s);
}

static void test_fsck(void) {
	AUTO_ARENA a = { 0 };
	struct store *s = must_open();
	char *p = make_bytes(&a, 10, 200000);
	struct piece piece;
	CHECK_INT(put_body(s, S("large"), p, 200000, 0), 0);
	CHECK_INT(put_body(s, S("gone"), p, 200000, 0), 0);
	CHECK_INT(put_body(s, S("small"), p, 2000, 0), 0);
	CHECK(is_clean(s));
	struct db *db = store_reader(s);
	int64_t large = find(db, S("large")), gone = find(db, S("gone")), small = find(db, S("small"));
	CHECK_INT(blob_open(db, small, 0, 1, &piece), 0);
	close(piece.fd);
	store_reader_done(s, db);
	char path[64];
	snprintf(path, sizeof(path), "bodies/%02x/%016llx", (unsigned)(large % BODY_DIRS), (unsigned long long)large);
	scribble(path, 1234, "flip");
	snprintf(path, sizeof(path), "segments/%06lld.seg", (long long)s->segment);
	scribble(path, piece.at + 5, "flip");
	snprintf(path, sizeof(path), "%s/bodies/%02x/%016llx", dir, (unsigned)(gone % BODY_DIRS),
		 (unsigned long long)gone);
	CHECK_INT(unlink(path), 0);
	scribble("bodies/3f/0000000fffffffff", 0, "orphan");
	struct put orphan = { .name = S("dangling"), .body = 1234567 };
	struct work w = { .run = run_put, .arg = &orphan };
	CHECK_INT(store_write(s, &w), 0);
	struct fsck f = fsck(s);
	CHECK_INT(f.torn, 2);
	CHECK_INT(f.missing, 2);
	CHECK_INT(f.orphans, 1);
	CHECK_INT(f.unowned, 0);
	CHECK_INT(f.bodies, 3);
	snprintf(path, sizeof(path), "%s/bodies/3f/0000000fffffffff", dir);
	unlink(path);
	CHECK_INT(delete (s, S("large")) | delete (s, S("gone")) | delete (s, S("small")), 0);
	CHECK_INT(delete (s, S("dangling")), 0);
	CHECK(is_clean(s));
	store_close(s);
}

static int run_break(struct db *db, void *arg) {
	(void)arg;
	return db_exec(db, "ALTER TABLE blob RENAME TO lost");
}

static int run_mend(struct db *db, void *arg) {
	(void)arg;
	return db_exec(db, "ALTER TABLE lost RENAME TO blob");
}

static void say_and_break(void *arg, str line) {
	struct work w = { .run = run_break };
	say(NULL, line);
	CHECK_INT(store_write(arg, &w), 0);
}

/* A check that could not be finished says so, and not that all is well. */
static void test_fsck_breaks(void) {
	struct store *s = must_open();
	struct fsck f;
	struct put dangling = { .name = S("dangling"), .body = 1234567 };
	struct work put = { .run = run_put, .arg = &dangling }, mend = { .run = run_mend };
	CHECK_INT(store_write(s, &put), 0);
	CHECK_INT(store_fsck(s, &f, say_and_break, s), -EIO);
	CHECK_INT(store_write(s, &mend), 0);
	CHECK_INT(delete (s, S("dangling")), 0);
	CHECK(is_clean(s));
	store_close(s);
}

int main(void) {
	static void (*const tests[])(void) = { test_sizes, test_ranges,   test_rules,       test_broken_work,
					       test_abort, test_snapshot, test_open_twice,  test_kv,
					       test_sweep, test_fsck,     test_fsck_breaks, NULL };
	return run_in_folder(tests);
}
