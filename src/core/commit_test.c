#include "base/rand.h"
#include "core/store_try.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* --- many threads --- */

enum { THREADS = 8, NAMES = 40 };

struct crowd {
	struct store *s;
	int number, rounds;
	bool compact;
	atomic_int *stop;
	int failed, full;
	uint64_t held[NAMES]; /* which body each name has; 0: none */
	size_t size[NAMES];
};

static str name_of(struct arena *a, const struct crowd *c, int i) {
	return str_printf(a, "t%d-%d", c->number, i);
}

static int put_random(struct crowd *c, struct arena *a, int i, size_t most) {
	uint64_t n = rand_u64() | 1;
	size_t size = (size_t)(rand_u64() % most);
	char *p = make_bytes(a, n, size);
	int want = rand_u64() % 8 == 0 ? 1 : 0;
	int rc = put_body(c->s, name_of(a, c, i), p, size, want);
	if (!rc) {
		c->held[i] = n;
		c->size[i] = size;
	}
	c->full += rc == -ENOSPC;
	return rc == -ENOSPC ? 0 : rc - want;
}

static int check_one(struct crowd *c, struct arena *a, int i) {
	int rc = check(c->s, name_of(a, c, i), make_bytes(a, c->held[i], c->size[i]), c->size[i]);
	return c->held[i] ? rc : rc == -ENOENT ? 0 : -EIO;
}

static void delete_one(struct crowd *c, struct arena *a, int i) {
	int rc = delete (c->s, name_of(a, c, i));
	if (rc == -ENOSPC) {
		c->full++;
		return;
	}
	c->failed += rc != (c->held[i] ? 0 : 1);
	c->held[i] = 0;
}

static void *worker(void *arg) {
	struct crowd *c = arg;
	for (int round = 0; round < c->rounds; round++) {
		AUTO_ARENA a = { 0 };
		int i = (int)(rand_u64() % NAMES);
		uint64_t what = rand_u64() % 10;
		if (what < 5) {
			c->failed += put_random(c, &a, i, rand_u64() % 10 ? 20000 : 400000) != 0;
		} else if (what < 7) {
			delete_one(c, &a, i);
		} else {
			c->failed += check_one(c, &a, i) != 0;
		}
	}
	return NULL;
}

static int check_crowd(struct crowd *crowd) {
	int failed = 0;
	for (int t = 0; t < THREADS; t++) {
		for (int i = 0; i < NAMES; i++) {
			AUTO_ARENA a = { 0 };
			failed += check_one(&crowd[t], &a, i) != 0;
		}
	}
	return failed;
}

static void run_crowd(struct crowd *crowd) {
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++) {
		pthread_create(&t[i], NULL, worker, &crowd[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		CHECK_INT(crowd[i].failed, 0);
	}
}

static void test_crowd(void) {
	struct crowd *crowd = NEWS(&top, struct crowd, THREADS);
	struct store *s = must_open();
	for (int i = 0; i < THREADS; i++) {
		crowd[i] = (struct crowd){ .s = s, .number = i, .rounds = 400 };
	}
	run_crowd(crowd);
	struct store_stats st = store_stats(s);
	printf("# %lld works in %lld batches\n", (long long)st.works, (long long)st.batches);
	CHECK(st.batches < st.works);
	CHECK_INT(check_crowd(crowd), 0);
	CHECK(is_clean(s));
	store_close(s);
	s = must_open();
	for (int i = 0; i < THREADS; i++) {
		crowd[i].s = s;
	}
	CHECK_INT(check_crowd(crowd), 0);
	CHECK(is_clean(s));
	for (int t = 0; t < THREADS; t++) {
		for (int i = 0; i < NAMES; i++) {
			AUTO_ARENA a = { 0 };
			delete (s, name_of(&a, &crowd[t], i));
		}
	}
	store_close(s);
}

/* --- compaction --- */

static void *reread(void *arg) {
	struct crowd *c = arg;
	while (!atomic_load(c->stop)) {
		for (int i = 0; i < NAMES; i++) {
			AUTO_ARENA a = { 0 };
			c->failed += check_one(c, &a, i) != 0;
		}
	}
	return NULL;
}

/* Ends the current segment early, as if it had grown to its full size. */
static void end_segment(struct store *s) {
	atomic_store(&s->segment_over, true);
	CHECK_INT(put_body(s, S("end"), "x", 1, 0), 0);
	CHECK_INT(delete (s, S("end")), 0);
	keeper_wake(s, true, false);
}

static bool segments_become(struct store *s, int n) {
	end_segment(s);
	return files_become("segments", n);
}

static void test_compaction(void) {
	AUTO_ARENA a = { 0 };
	atomic_int stop = 0;
	struct store *s = must_open();
	struct crowd c = { .s = s, .number = 99, .stop = &stop };
	pthread_t reader;
	for (int i = 0; i < NAMES; i++) {
		for (int k = 0; k < 4; k++) {
			c.held[i] = (uint64_t)(1000 + i + k);
			c.size[i] = (size_t)(1000 * i);
			CHECK_INT(put_body(s, name_of(&a, &c, i), make_bytes(&a, c.held[i], c.size[i]), c.size[i], 0),
				  0);
		}
	}
	int64_t live = store_stats(s).live_bytes, before = store_stats(s).segment_bytes;
	pthread_create(&reader, NULL, reread, &c);
	struct db *old = store_reader(s);
	CHECK_INT(check_body(old, name_of(&a, &c, 5), make_bytes(&a, c.held[5], 5000), 5000), 0);
	CHECK(segments_become(s, 2)); /* the old one is held by the snapshot; the end's is the current */
	CHECK_INT(check_body(old, name_of(&a, &c, 5), make_bytes(&a, c.held[5], 5000), 5000), 0);
	store_reader_done(s, old);
	CHECK(files_become("segments", 1));
	CHECK_INT(store_stats(s).live_bytes, live);
	CHECK(store_stats(s).segment_bytes < before / 2);
	atomic_store(&stop, 1);
	pthread_join(reader, NULL);
	CHECK_INT(c.failed, 0);
	CHECK(is_clean(s));
	store_close(s);
	s = c.s = must_open();
	for (int i = 0; i < NAMES; i++) {
		CHECK_INT(check_one(&c, &a, i), 0);
		CHECK_INT(delete (s, name_of(&a, &c, i)), 0);
	}
	CHECK(segments_become(s, 1)); /* the current one */
	store_close(s);
}

/* Writers, readers and one segment after the other compacted under them. */
static void test_compaction_under_load(void) {
	struct crowd *crowd = NEWS(&top, struct crowd, THREADS);
	struct store *s = must_open();
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++) {
		crowd[i] = (struct crowd){ .s = s, .number = i, .rounds = 300 };
		pthread_create(&t[i], NULL, worker, &crowd[i]);
	}
	for (int i = 0; i < 40; i++) {
		end_segment(s);
		usleep(10000);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		CHECK_INT(crowd[i].failed, 0);
	}
	CHECK_INT(check_crowd(crowd), 0);
	CHECK(is_clean(s));
	for (int k = 0; k < THREADS; k++) {
		for (int i = 0; i < NAMES; i++) {
			AUTO_ARENA a = { 0 };
			delete (s, name_of(&a, &crowd[k], i));
		}
	}
	CHECK_INT(store_stats(s).live_bytes, 0);
	store_close(s);
}

/* --- a full disk --- */

static void fill(const char *path, size_t leave) {
	static const char zeros[4096];
	AUTO_CLOSE fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct stat st;
	while (write(fd, zeros, sizeof(zeros)) > 0) {
	}
	if (!fstat(fd, &st) && st.st_size > (off_t)leave) {
		CHECK_INT(ftruncate(fd, st.st_size - (off_t)leave), 0);
	}
}

static void full_round(struct crowd *crowd, const char *filler, size_t leave) {
	struct store *s = crowd[0].s;
	fill(filler, leave);
	run_crowd(crowd);
	CHECK_INT(check_crowd(crowd), 0);
	CHECK(is_clean(s));
	unlink(filler);
	CHECK_INT(put_note(s, S("room"), S("again"), 0), 0);
	AUTO_ARENA a = { 0 };
	char *p = make_bytes(&a, 3, 150000);
	CHECK_INT(put_body(s, S("room"), p, 3000, 0), 0);
	CHECK_INT(put_body(s, S("room"), p, 150000, 0), 0);
	CHECK_INT(check(s, S("room"), p, 150000), 0);
}

static void test_full(void) {
	AUTO_ARENA a = { 0 };
	const char *was = dir;
	const char *mount_at = str_z(&a, str_printf(&a, "%s-full", was));
	char *filler = str_z(&a, str_printf(&a, "%s/filler", mount_at));
	int full = 0;
	mkdir(mount_at, 0700);
	if (mount("tmpfs", mount_at, "tmpfs", 0, "size=6m") < 0) {
		printf("# skipped: the test of a full disk needs the right to mount a tmpfs\n");
		rmdir(mount_at);
		return;
	}
	dir = str_z(&a, str_printf(&a, "%s/data", mount_at));
	struct store *s = must_open();
	struct crowd *crowd = NEWS(&top, struct crowd, THREADS);
	for (int i = 0; i < THREADS; i++) {
		crowd[i] = (struct crowd){ .s = s, .number = i, .rounds = 15 };
	}
	for (size_t leave = 0; leave <= 1 << 20; leave = leave ? leave * 2 : 4096) {
		full_round(crowd, filler, leave);
	}
	store_close(s);
	s = must_open();
	for (int i = 0; i < THREADS; i++) {
		crowd[i].s = s;
		full += crowd[i].full;
	}
	printf("# works that found the disk full: %d\n", full);
	CHECK(full > 20);
	CHECK_INT(check_crowd(crowd), 0);
	CHECK(is_clean(s));
	store_close(s);
	dir = was;
	CHECK_INT(umount(mount_at), 0);
	rmdir(mount_at);
}

/* The same by a limit on the size of each file, which strikes at other places: the WAL, the segment, the large body. */
static void test_limit(void) {
	struct rlimit was, now;
	struct store *s = must_open();
	struct crowd *crowd = NEWS(&top, struct crowd, THREADS);
	int full = 0;
	for (int i = 0; i < THREADS; i++) {
		crowd[i] = (struct crowd){ .s = s, .number = i, .rounds = 20 };
	}
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	for (rlim_t limit = 20000; limit < 6000000; limit = limit * 7 / 4) {
		now = (struct rlimit){ limit, was.rlim_max };
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &now), 0);
		run_crowd(crowd);
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &was), 0);
		CHECK_INT(check_crowd(crowd), 0);
		CHECK_INT(put_note(s, S("room"), S("again"), 0), 0);
	}
	CHECK(is_clean(s));
	store_close(s);
	s = must_open();
	for (int i = 0; i < THREADS; i++) {
		crowd[i].s = s;
		full += crowd[i].full;
	}
	printf("# works that found their file at its limit: %d\n", full);
	CHECK(full > 20);
	CHECK_INT(check_crowd(crowd), 0);
	CHECK(is_clean(s));
	store_close(s);
}

int main(void) {
	static void (*const tests[])(void) = { test_crowd, test_compaction, test_compaction_under_load,
					       test_full,  test_limit,      NULL };
	return run_in_folder(tests);
}
