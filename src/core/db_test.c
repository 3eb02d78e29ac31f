#include "base/tap.h"
#include "core/db.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static char path[64];

static void test_values(struct db *db) {
	AUTO_ARENA a = { 0 };
	CHECK_INT(db_exec(db, "CREATE TABLE t(i, s, t, d, n)"), 0);
	CHECK_INT(db_run(db, "INSERT INTO t VALUES(?, ?, ?, ?, ?)", "istdn", INT64_MIN, S("a\0b"), S("text"), 1.5), 1);
	CHECK_INT(db_run(db, "INSERT INTO t VALUES(?, ?, ?, ?, ?)", "istdn", (int64_t)2, S(""), (str){ 0 }, 0.0), 1);
	CHECK_INT(db_last_rowid(db), 2);
	AUTO_QUERY q = db_query(db, "SELECT i, s, t, d, n, typeof(s), typeof(t) FROM t ORDER BY rowid", "");
	CHECK(query_step(q));
	CHECK(query_int(q, 0) == INT64_MIN);
	CHECK_STR(query_str(q, 1), S("a\0b"));
	CHECK_STR(query_dup(&a, q, 2), S("text"));
	CHECK(query_dbl(q, 3) > 1.4 && query_dbl(q, 3) < 1.6);
	CHECK(query_null(q, 4) && !query_str(q, 4).p);
	CHECK_STR(query_str(q, 5), S("blob"));
	CHECK_STR(query_str(q, 6), S("text"));
	CHECK(query_step(q));
	CHECK(query_str(q, 1).p && query_str(q, 1).n == 0); /* empty is not absent */
	CHECK(query_null(q, 2) && !query_dup(&a, q, 2).p);
	CHECK(!query_step(q));
	CHECK(!query_step(q)); /* it does not begin anew */
	CHECK(query_null(q, 0) && query_int(q, 0) == 0 && !query_str(q, 1).p);
	CHECK_INT(db_run(db, "UPDATE t SET n = 1", ""), 2);
	CHECK_INT(db_run(db, "UPDATE t SET n = 1 WHERE i = 77", ""), 0);
}

static int64_t count_up(struct db *db, int64_t from, int64_t depth) {
	int64_t sum = 0;
	AUTO_QUERY q = db_query(
		db, "WITH RECURSIVE c(x) AS (VALUES(?) UNION ALL SELECT x + 1 FROM c WHERE x < 5) SELECT x FROM c", "i",
		from);
	while (query_step(q)) {
		sum += query_int(q, 0) + (depth ? count_up(db, query_int(q, 0), depth - 1) : 0);
	}
	return sum;
}

/* The same text while it is open is another statement; what was bound lasts as long as the query. */
static void test_nesting(struct db *db) {
	CHECK_INT(count_up(db, 1, 0), 15);
	CHECK_INT(count_up(db, 4, 1), 9 + 9 + 5);
	CHECK_INT(count_up(db, 3, 2), 12 + (12 + 12 + 9 + 5) + (9 + 9 + 5) + (5 + 5));
	char text[16] = "before";
	AUTO_QUERY q = db_query(db, "SELECT ? UNION ALL SELECT ?", "ss", (str){ text, 6 }, (str){ text, 6 });
	snprintf(text, sizeof(text), "after.");
	CHECK(query_step(q));
	CHECK_STR(query_str(q, 0), S("before"));
	query_done(q);
	query_done(q);
	query_done(NULL);
	CHECK(!query_step(q));
}

static void test_many(struct db *db) {
	static char texts[300][32];
	for (int round = 0; round < 3; round++) {
		int wrong = 0;
		for (int i = 0; i < 300; i++) {
			snprintf(texts[i], sizeof(texts[i]), "SELECT %d + ?", i);
			AUTO_QUERY q = db_query(db, texts[i], "i", (int64_t)round);
			wrong += !query_step(q) || query_int(q, 0) != i + round;
		}
		CHECK_INT(wrong, 0);
	}
}

static void test_errors(struct db *db) {
	CHECK_INT(db_run(db, "INSERT INTO nowhere VALUES(1)", ""), -EIO);
	CHECK_INT(db_error(db), -EIO);
	AUTO_QUERY q = db_query(db, "SELECT 1", "");
	CHECK(!query_step(q) && query_int(q, 0) == 0 && query_null(q, 0));
	CHECK_INT(db_exec(db, "SELECT 1"), -EIO);
	db_clear_error(db);
	CHECK_INT(db_error(db), 0);
	AUTO_QUERY again = db_query(db, "SELECT 1", "");
	CHECK(query_step(again) && query_int(again, 0) == 1);
	CHECK_INT(db_exec(db, "CREATE TABLE u(k PRIMARY KEY) WITHOUT ROWID; INSERT INTO u VALUES(1)"), 0);
	CHECK_INT(db_run(db, "INSERT INTO u VALUES(1)", ""), -EIO);
	db_clear_error(db);
}

static void test_full(struct db *db) {
	CHECK_INT(db_exec(db, "PRAGMA max_page_count = 20; BEGIN"), 0);
	int64_t rc = 1;
	for (int i = 0; i < 100 && rc > 0; i++) {
		rc = db_run(db, "INSERT INTO t(i, s) VALUES(1, zeroblob(4000))", "");
	}
	CHECK_INT(rc, -ENOSPC);
	db_clear_error(db);
	if (db_in_transaction(db)) {
		CHECK_INT(db_exec(db, "ROLLBACK"), 0);
	}
	CHECK_INT(db_exec(db, "PRAGMA max_page_count = 100000"), 0);
	CHECK_INT(db_run(db, "INSERT INTO t(i) VALUES(1)", ""), 1);
}

/* The WAL at the limit on the size of a file: as full as a full disk. */
static void test_limit(struct db *db) {
	struct rlimit was, now;
	getrlimit(RLIMIT_FSIZE, &was);
	now = (struct rlimit){ 8192, was.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &now), 0);
	CHECK_INT(db_run(db, "INSERT INTO t(i, s) VALUES(1, zeroblob(100000))", ""), -ENOSPC);
	CHECK(!db_unsure(db));
	db_clear_error(db);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &was), 0);
	CHECK_INT(db_run(db, "INSERT INTO t(i, s) VALUES(1, zeroblob(100000))", ""), 1);
}

static void test_snapshots(struct db *db) {
	struct db *reader;
	CHECK_INT(db_open(&reader, path, true), 0);
	CHECK_INT(db_run(reader, "DELETE FROM t", ""), -EIO); /* read only */
	db_clear_error(reader);
	CHECK_INT(db_run(db, "DELETE FROM u", ""), 1);
	db_exec(reader, "BEGIN");
	struct query *q = db_query(reader, "SELECT count(*) FROM u", "");
	CHECK(query_step(q) && query_int(q, 0) == 0);
	CHECK_INT(db_run(db, "INSERT INTO u VALUES(5)", ""), 1);
	db_reset(reader); /* as query_done for all */
	CHECK(!query_step(q));
	q = db_query(reader, "SELECT count(*) FROM u", "");
	CHECK(query_step(q) && query_int(q, 0) == 0);
	query_done(q);
	db_exec(reader, "COMMIT");
	q = db_query(reader, "SELECT count(*) FROM u", "");
	CHECK(query_step(q) && query_int(q, 0) == 1);
	query_done(q);
	CHECK_INT(db_checkpoint(db), 0);
	CHECK_INT(db_wal_pages(db), 0);
	db_close(reader);
}

int main(void) {
	struct db *db;
	snprintf(path, sizeof(path), "/tmp/db_test.%d", (int)getpid());
	CHECK(db_open(&db, "/nowhere/at/all", false) < 0);
	CHECK(db_error(db) < 0);
	CHECK(!query_step(db_query(db, "SELECT 1", "")));
	db_close(db);
	db_close(NULL);
	CHECK_INT(db_open(&db, path, false), 0);
	test_values(db);
	test_nesting(db);
	test_many(db);
	test_errors(db);
	test_full(db);
	test_limit(db);
	test_snapshots(db);
	db_close(db);
	CHECK_INT(unlink(path), 0);
	return tap_done();
}
