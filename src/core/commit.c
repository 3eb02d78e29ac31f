#include "core/store_inside.h"

#include "base/lock.h"
#include "base/log.h"

#include <errno.h>

/* A batch ends at any of these; a transaction at the last. */
enum { BATCH_WORKS = 256, BATCH_BYTES = 8 << 20, TRANSACTION_ROWS = 8192 };
/* Pages of WAL at which the keeper is asked to checkpoint, and at which the committer does it by itself. */
enum { WAL_SOFT = 1000, WAL_HARD = 4000, WAL_FULL_DISK = 100 };
enum { FORGOTTEN_MUCH = SEGMENT_SIZE / 16 };

struct batch {
	struct job *jobs[BATCH_WORKS];
	size_t n;
	int64_t bytes;
};

static bool is_small(const struct blob_writer *w) {
	return !w->large;
}

static int64_t small_bytes(const struct job *j, size_t *count) {
	int64_t sum = 0;
	for (size_t i = 0; i < j->work->n_blobs; i++) {
		const struct blob_writer *w = j->work->blobs[i];
		*count += is_small(w);
		sum += is_small(w) ? w->size + SEGMENT_HEAD : 0;
	}
	return sum;
}

/* Those that compaction moves take room only to make some. */
static bool takes_room(const struct work *w) {
	return w->n_blobs && !w->blobs[0]->from_seg;
}

/* --- the log's part of a batch --- */

static void fail_small(struct batch *b, size_t from, int rc) {
	for (size_t i = from; i < b->n; i++) {
		size_t count = 0;
		small_bytes(b->jobs[i], &count);
		b->jobs[i]->rc = count && !b->jobs[i]->rc ? rc : b->jobs[i]->rc;
	}
}

static int append(struct store *s, const struct batch *b, struct blob_writer **small, size_t count) {
	for (size_t i = 0; reserve_missing(s) && i < b->n; i++) {
		if (takes_room(b->jobs[i]->work)) {
			return -ENOSPC;
		}
	}
	return segment_append(s, small, count);
}

/* True if there is now something behind the old end. */
static bool append_bodies(struct store *s, struct batch *b) {
	AUTO_ARENA a = { 0 };
	size_t count = 0, n = 0;
	for (size_t i = 0; i < b->n; i++) {
		small_bytes(b->jobs[i], &count);
	}
	if (!count) {
		return false;
	}
	struct blob_writer **small = NEWS(&a, struct blob_writer *, count);
	for (size_t i = 0; i < b->n; i++) {
		const struct work *w = b->jobs[i]->work;
		for (size_t k = 0; k < w->n_blobs; k++) {
			if (is_small(w->blobs[k])) {
				small[n++] = w->blobs[k];
			}
		}
	}
	int rc = append(s, b, small, count);
	if (rc) {
		fail_small(b, 0, rc);
	}
	return !rc;
}

/* --- one work --- */

static void drop_forgotten(struct store *s, const struct removal *mark) {
	while (s->forgotten != mark) {
		struct removal *r = s->forgotten;
		s->forgotten = r->next;
		heap_free(r);
	}
}

static int place_all(struct db *db, const struct work *w) {
	int rc = 0;
	for (size_t i = 0; !rc && i < w->n_blobs; i++) {
		rc = blob_place(db, w->blobs[i]);
	}
	return rc;
}

static void run(struct store *s, struct job *j) {
	struct db *db = s->writer.db;
	const struct removal *mark = s->forgotten;
	db_run(db, "SAVEPOINT work", "");
	j->rc = place_all(db, j->work);
	if (!j->rc) {
		j->rc = j->work->run(db, j->work->arg);
	}
	db_reset(db);
	j->rc = db_error(db) ? db_error(db) : j->rc;
	if (j->rc) {
		db_clear_error(db);
		drop_forgotten(s, mark);
		if (db_in_transaction(db)) {
			db_run(db, "ROLLBACK TO work", "");
		}
	}
	if (db_in_transaction(db)) {
		db_run(db, "RELEASE work", "");
	}
	j->rc = j->rc ? j->rc : db_error(db);
}

/* --- a transaction --- */

struct share {
	int64_t live, n; /* of the current segment */
	int64_t file_bytes, files;
};

static void count(struct share *sum, const struct work *w) {
	for (size_t i = 0; i < w->n_blobs; i++) {
		const struct blob_writer *b = w->blobs[i];
		if (b->placed && b->large) {
			sum->file_bytes += b->size;
			sum->files++;
		} else if (b->placed) {
			sum->live += b->size + SEGMENT_HEAD;
			sum->n++;
		}
	}
}

static void begin(struct store *s) {
	struct db *db = s->writer.db;
	db_clear_error(db);
	db_run(db, "BEGIN IMMEDIATE", "");
	if (s->segment_end != s->segment_recorded) {
		db_run(db,
		       "INSERT INTO segment(id, size, live, n) VALUES(?, ?, 0, 0)"
		       " ON CONFLICT(id) DO UPDATE SET size = excluded.size",
		       "ii", s->segment, s->segment_end);
	}
}

static const char add_sql[] = "UPDATE segment SET live = live + ?, n = n + ? WHERE id = ?";

static int commit(struct store *s, const struct share *sum) {
	struct db *db = s->writer.db;
	if (sum->n) {
		db_run(db, add_sql, "iii", sum->live, sum->n, s->segment);
	}
	if (sum->files) {
		db_run(db, add_sql, "iii", sum->file_bytes, sum->files, (int64_t)0);
	}
	int rc = db_error(db) ? 0 : segment_sync(s);
	if (!rc) {
		db_run(db, "COMMIT", "");
	}
	return rc ? rc : db_error(db);
}

/* Bytes that a transaction of unknown end may name must not change before another one has taken its place. */
static bool back_out(struct store *s) {
	struct db *db = s->writer.db;
	bool unsure = db_error(db) && db_unsure(db);
	db_clear_error(db);
	if (db_in_transaction(db)) {
		db_run(db, "ROLLBACK", "");
	}
	db_clear_error(db);
	drop_forgotten(s, NULL);
	if (unsure) {
		segment_abandon(s);
	}
	return unsure;
}

static void settle(struct job *j, int rc, bool unsure) {
	j->rc = j->rc ? j->rc : rc;
	for (size_t i = 0; !j->rc && i < j->work->n_blobs; i++) {
		j->work->blobs[i]->state = BLOB_KEPT;
	}
	for (size_t i = 0; unsure && i < j->work->n_blobs; i++) {
		j->work->blobs[i]->state = BLOB_UNSURE;
	}
	sem_post(&j->done);
}

static void committed(struct store *s) {
	int64_t epoch = atomic_fetch_add(&s->epoch, 1) + 1;
	s->segment_recorded = s->segment_end;
	bool compact = s->forgotten_bytes >= (reserve_missing(s) ? 1 : FORGOTTEN_MUCH);
	bool checkpoint = db_wal_pages(s->writer.db) >= WAL_SOFT;
	if (compact) {
		s->forgotten_bytes = 0;
	}
	if (s->forgotten) {
		removal_add(s, s->forgotten, epoch);
		s->forgotten = NULL;
	}
	if (compact || checkpoint) {
		keeper_wake(s, compact, checkpoint);
	}
}

struct attempt {
	int rc;
	size_t n; /* jobs */
	bool unsure, lasting;
};

/* As many of the jobs as one transaction takes. lasting: some of what was appended is named now, or may be. */
static struct attempt attempt(struct store *s, struct job **jobs, size_t n) {
	struct share sum = { 0 };
	size_t i = 0, good = 0;
	bool unsure = false;
	begin(s);
	int rc = db_error(s->writer.db);
	int64_t rows = db_changes(s->writer.db) + TRANSACTION_ROWS;
	for (; !rc && i < n && db_changes(s->writer.db) < rows; i++) {
		if (!jobs[i]->rc) {
			run(s, jobs[i]);
			good += !jobs[i]->rc;
		}
		if (!jobs[i]->rc) {
			count(&sum, jobs[i]->work);
		}
		rc = db_in_transaction(s->writer.db) ? 0 : jobs[i]->rc;
	}
	i = i ? i : n;
	rc = rc || !good ? rc : commit(s, &sum);
	if (rc || !good) {
		unsure = back_out(s);
	} else {
		committed(s);
	}
	return (struct attempt){ rc, i, unsure, unsure || (!rc && sum.n) };
}

static bool makes_room(const struct job *j) {
	return !j->work->n_blobs && (!j->rc || j->rc == -ENOSPC);
}

/* Works without bodies are done once more, in the room of the reserve. What they did before was undone. */
static bool make_room(struct store *s, struct job **jobs, const struct attempt *t) {
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++) {
		n += makes_room(jobs[i]);
	}
	if (!n || t->unsure || !reserve_use(s)) {
		return false;
	}
	for (size_t i = 0; i < t->n; i++) {
		jobs[i]->rc = makes_room(jobs[i]) ? 0 : jobs[i]->rc ? jobs[i]->rc : -ENOSPC;
	}
	segment_abandon(s); /* when nothing in it lives any more, it can go */
	store_idle_end(s);
	db_checkpoint(s->writer.db);
	return true;
}

static size_t transact(struct store *s, struct job **jobs, size_t n, bool *lasting) {
	struct attempt t = attempt(s, jobs, n);
	if (t.rc == -ENOSPC && make_room(s, jobs, &t)) {
		t = attempt(s, jobs, t.n);
		reserve_used(s);
		keeper_wake(s, true, true);
	}
	*lasting = *lasting || t.lasting;
	for (size_t k = 0; k < t.n; k++) {
		settle(jobs[k], t.rc, t.unsure && !jobs[k]->rc);
	}
	return t.n;
}

static void checkpoint(struct store *s) {
	int64_t pages = db_wal_pages(s->writer.db);
	if (pages < WAL_HARD) {
		s->checkpoint_at = WAL_HARD;
	}
	if (pages >= (reserve_missing(s) ? WAL_FULL_DISK : s->checkpoint_at)) {
		store_idle_end(s);
		db_checkpoint(s->writer.db);
		s->checkpoint_at = pages + WAL_SOFT; /* a reader may keep the WAL from beginning anew */
	}
}

static void run_batch(struct store *s, struct batch *b) {
	bool lasting = false;
	bool appended = append_bodies(s, b);
	int64_t segment = s->segment, start = s->segment_end - b->bytes;
	for (size_t done = 0; done < b->n;) {
		done += transact(s, b->jobs + done, b->n - done, &lasting);
		if (s->segment != segment) {
			fail_small(b, done, reserve_missing(s) ? -ENOSPC : -EIO);
		}
	}
	if (appended && !lasting && s->segment == segment && s->segment_recorded <= start) {
		segment_rewind(s, start);
	}
	atomic_fetch_add(&s->works, (int64_t)b->n);
	atomic_fetch_add(&s->batches, 1);
	checkpoint(s);
}

/* --- the queue --- */

static bool take(struct store *s, struct batch *b) {
	AUTO_LOCK(&s->queue_lock);
	*b = (struct batch){ 0 };
	while (!s->first && !s->stopping) {
		pthread_cond_wait(&s->queue_filled, &s->queue_lock);
	}
	while (s->first && b->n < BATCH_WORKS && b->bytes < BATCH_BYTES) {
		struct job *j = s->first;
		size_t count = 0;
		s->first = j->next;
		b->jobs[b->n++] = j;
		b->bytes += small_bytes(j, &count);
	}
	s->last = s->first ? s->last : &s->first;
	return b->n > 0;
}

static void *committer(void *arg) {
	struct store *s = arg;
	struct batch b;
	pthread_setname_np(pthread_self(), "committer");
	while (take(s, &b)) {
		run_batch(s, &b);
	}
	return NULL;
}

static int check_blobs(const struct work *w) {
	for (size_t i = 0; i < w->n_blobs; i++) {
		const struct blob_writer *b = w->blobs[i];
		if (b->error || b->state != BLOB_WHOLE) {
			return b->error ? b->error : -EINVAL;
		}
	}
	return 0;
}

static bool enqueue(struct store *s, struct job *j) {
	AUTO_LOCK(&s->queue_lock);
	if (s->stopping) {
		return false;
	}
	*s->last = j;
	s->last = &j->next;
	pthread_cond_signal(&s->queue_filled);
	return true;
}

int store_write(struct store *s, struct work *w) {
	struct job j = { .work = w, .rc = check_blobs(w) };
	j.rc = j.rc || !takes_room(w) ? j.rc : reserve_ready(s);
	if (j.rc) {
		return j.rc;
	}
	sem_init(&j.done, 0, 0);
	if (!enqueue(s, &j)) {
		j.rc = -ESHUTDOWN;
	} else {
		while (sem_wait(&j.done) < 0 && errno == EINTR) {
		}
	}
	sem_destroy(&j.done);
	return j.rc;
}

int committer_start(struct store *s) {
	s->last = &s->first;
	s->checkpoint_at = WAL_HARD;
	return -pthread_create(&s->committer, NULL, committer, s);
}

void committer_stop(struct store *s) {
	pthread_mutex_lock(&s->queue_lock);
	s->stopping = true;
	pthread_cond_signal(&s->queue_filled);
	pthread_mutex_unlock(&s->queue_lock);
	pthread_join(s->committer, NULL);
}
