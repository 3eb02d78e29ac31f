#include "base/clock.h"
#include "transfer/task.h"

#include <errno.h>
#include <unistd.h>

enum { WAITING_MAX = 512, TICK_MS = 200, JOBS_MIN = 32, JOBS_MAX = 96, JOBS_PER_CPU = 8 };
enum { HOPELESS_MAX = 5 }; /* then the rest is given up */

struct transfer {
	struct transfer_setup setup;
	pthread_mutex_t mutex;
	pthread_cond_t work, news; /* for the threads; for who waits for them */
	struct task *first, *last; /* files that nobody has taken yet */
	struct task *open; /* files of which parts can be taken */
	size_t waiting, unfinished;
	_Atomic int hopeless; /* files in a row that failed for what all would fail for */
	bool closed;
	struct totals totals;
	struct counts counts;
	struct worker *workers;
	int n;
};

static const struct way_work *const works[] = { [WAY_UP] = &up_work, [WAY_DOWN] = &down_work, [WAY_COPY] = &copy_work };

static bool is_stopped(const struct transfer *t) {
	return client_is_stopped(t->setup.client);
}

static bool is_over(struct transfer *t) {
	return is_stopped(t) || t->hopeless >= HOPELESS_MAX;
}

/* --- what a thread has --- */

char *worker_room(struct worker *w, size_t n) {
	if (w->room < n) {
		w->buffer = heap_grow(w->buffer, n);
		w->room = n;
	}
	return w->buffer;
}

void worker_init(struct worker *w, const struct transfer_setup *setup) {
	w->setup = setup;
	client_clone(&w->client, &w->arena, setup->client);
	client_be_patient(&w->client);
	w->mark = arena_mark(&w->arena);
}

void worker_finish(struct worker *w) {
	arena_free(&w->arena);
	heap_free(w->buffer);
}

/* --- failures --- */

bool task_fail(struct worker *w, struct task *t, const char *fmt, ...) {
	va_list ap;
	if (w->transfer) {
		pthread_mutex_lock(&w->transfer->mutex);
	}
	if (!t->failed) {
		va_start(ap, fmt);
		t->why = str_vprintf(&t->arena, fmt, ap);
		va_end(ap);
		t->failed = true;
	}
	if (w->transfer) {
		pthread_mutex_unlock(&w->transfer->mutex);
	}
	return false;
}

/* Whatever is asked for: nobody answers, the keys are wrong or have run out, or there is no such place. */
static bool is_for_all(const struct answer *a) {
	static const char *const codes[] = { "ExpiredToken",   "InvalidAccessKeyId",
					     "InvalidToken",   "SignatureDoesNotMatch",
					     "NoSuchBucket",   "TokenRefreshRequired",
					     "AccountProblem", NULL };
	for (const char *const *code = codes; *code; code++) {
		if (str_is(a->code, *code)) {
			return true;
		}
	}
	return !a->status;
}

bool task_refused(struct worker *w, struct task *t, const struct flow *flow, const struct answer *a) {
	if (flow && flow->broken) {
		return task_fail(w, t, "%s", flow->broken == -EIO ? "it changed on its way" : strerror(-flow->broken));
	}
	if (str_is(a->code, "BadDigest") || str_is(a->code, "XAmzContentChecksumMismatch")) {
		return task_fail(w, t, "it changed on its way");
	}
	t->hopeless = is_for_all(a);
	t->gone = t->gone || str_is(a->code, "NoSuchUpload");
	str sentence = answer_sentence(&w->arena, a);
	sentence.n -= str_ends(sentence, S("."));
	return task_fail(w, t, STR_FMT, STR_ARG(sentence));
}

/* Under the lock. */
static void tell_failure(struct transfer *t, struct task *task) {
	struct arena *a = &task->arena;
	t->setup.trouble(t->setup.arg,
			 str_printf(a, STR_FMT " %s " STR_FMT ": " STR_FMT ".", STR_ARG(spot_text(a, &task->item.from)),
				    task->arrived ? "got to" : "did not get to", STR_ARG(spot_text(a, &task->item.to)),
				    STR_ARG(task->why)));
}

/* --- one step of a thread --- */

/* Is there a piece that nobody has taken? Called under the lock. */
static bool has_piece(struct task *task) {
	while (task->next_piece < task->plan.n && task->pieces[task->next_piece].done) {
		task->next_piece++;
	}
	return !task->failed && task->next_piece < task->plan.n;
}

/* The same of all open files; it is taken. */
static struct task *take_piece(struct transfer *t, int64_t *i) {
	for (struct task *task = t->open; task; task = task->next) {
		if (has_piece(task)) {
			*i = task->next_piece++;
			task->running++;
			return task;
		}
	}
	return NULL;
}

static struct task *take_file(struct transfer *t) {
	struct task *task = t->first;
	if (task) {
		t->first = task->next;
		t->last = t->first ? t->last : NULL;
		t->waiting--;
		task->next = NULL;
		pthread_cond_signal(&t->news);
	}
	return task;
}

static void close_open(struct transfer *t, const struct task *task) {
	struct task **at = &t->open;
	while (*at && *at != task) {
		at = &(*at)->next;
	}
	if (*at) {
		*at = task->next;
	}
}

static bool remove_file(struct worker *w, struct task *task) {
	struct stat now;
	const char *path = str_z(&w->arena, task->item.from.path);
	if (stat(path, &now) == 0 && !stat_is_as(&now, &task->st)) {
		return task_fail(w, task, "it stays here too, since it was written to after that");
	}
	return unlink(path) == 0 || task_fail(w, task, "it cannot be removed: %s", strerror(errno));
}

static bool call_if(struct worker *w, const struct task *task, const char *op, struct answer *a) {
	struct val *in = object_input(&w->client, op, &task->item.from);
	set_str(&w->arena, in, "IfMatch", task->etag.n ? task->etag : (str){ 0 });
	return client_call(&w->client, "s3", op, in, a);
}

/* Not every server knows the condition. One that says so is asked beforehand; where one ignores it nothing can be
 * done. */
static bool remove_object(struct worker *w, struct task *task) {
	struct answer a;
	if (call_if(w, task, "DeleteObject", &a)) {
		return true;
	}
	if (a.status == 501 && call_if(w, task, "HeadObject", &a)) {
		struct val *in = object_input(&w->client, "DeleteObject", &task->item.from);
		if (client_call(&w->client, "s3", "DeleteObject", in, &a)) {
			return true;
		}
	}
	if (a.status == 404) {
		return true;
	}
	return a.status == 412 ? task_fail(w, task, "it stays there too, since it was written to after that")
			       : task_refused(w, task, NULL, &a);
}

static bool remove_source(struct worker *w, struct task *task) {
	return task->item.from.kind == SPOT_LOCAL ? remove_file(w, task) : remove_object(w, task);
}

/* Under the lock. */
static void count_failure(struct transfer *t, struct task *task) {
	if (t->hopeless >= HOPELESS_MAX) {
		t->totals.untried++;
		return;
	}
	tell_failure(t, task);
	t->hopeless = task->hopeless ? t->hopeless + 1 : 0;
	if (t->hopeless >= HOPELESS_MAX) {
		t->setup.trouble(t->setup.arg, S("The rest would fare no better, and is not tried."));
	}
}

/* Under the lock. */
static void count_arrival(struct transfer *t, struct task *task) {
	t->hopeless = 0;
	t->totals.files_done++;
	t->totals.bytes_done += size_to_count(task->item.size);
	t->setup.done(t->setup.arg, &task->item);
}

static void end_task(struct worker *w, struct task *task, bool good) {
	struct transfer *t = w->transfer;
	const struct way_work *work = works[task->item.way];
	good = good && (!task->plan.n || (!is_stopped(t) && work->end(w, task)));
	work->drop(w, task);
	task->arrived = good;
	good = good && (!t->setup.move || remove_source(w, task));
	pthread_mutex_lock(&t->mutex);
	if (good) {
		count_arrival(t, task);
	} else if (!is_stopped(t)) {
		count_failure(t, task);
	}
	t->unfinished--;
	pthread_cond_broadcast(&t->news);
	if (!t->unfinished) {
		pthread_cond_broadcast(&t->work);
	}
	pthread_mutex_unlock(&t->mutex);
	arena_free(&task->arena);
	heap_free(task);
}

/* Whoever brings the last piece ends the file. */
static void leave_piece(struct worker *w, struct task *task) {
	struct transfer *t = w->transfer;
	pthread_mutex_lock(&t->mutex);
	task->running--;
	bool last = !task->running && !has_piece(task);
	if (last) {
		close_open(t, task);
	}
	pthread_mutex_unlock(&t->mutex);
	if (last) {
		end_task(w, task, !task->failed);
	}
}

static void do_piece(struct worker *w, struct task *task, int64_t i) {
	if (is_stopped(w->transfer)) {
		task_fail(w, task, "it was stopped");
	} else {
		task->pieces[i].done = works[task->item.way]->part(w, task, i);
	}
	leave_piece(w, task);
}

static void do_file(struct worker *w, struct task *task) {
	struct transfer *t = w->transfer;
	bool good = !is_over(t) && works[task->item.way]->begin(w, task);
	if (!good || !task->plan.n) {
		end_task(w, task, good);
		return;
	}
	pthread_mutex_lock(&t->mutex);
	task->running = 1; /* this thread, so that nobody ends it before a piece has been looked for */
	task->next = t->open;
	t->open = task;
	pthread_cond_broadcast(&t->work);
	pthread_mutex_unlock(&t->mutex);
	leave_piece(w, task);
}

/* False: there is nothing more to do. */
static bool step(struct worker *w) {
	struct transfer *t = w->transfer;
	struct task *file = NULL, *task = NULL;
	int64_t i = 0;
	pthread_mutex_lock(&t->mutex);
	while (!(task = take_piece(t, &i)) && !(file = take_file(t)) && (!t->closed || t->unfinished)) {
		pthread_cond_wait(&t->work, &t->mutex);
	}
	pthread_mutex_unlock(&t->mutex);
	if (task) {
		do_piece(w, task, i);
	} else if (file) {
		do_file(w, file);
	}
	arena_reset(&w->arena, w->mark);
	return task || file;
}

static void *work(void *arg) {
	struct worker *w = arg;
	worker_init(w, &w->transfer->setup);
	while (step(w)) {
	}
	worker_finish(w);
	return NULL;
}

/* --- from outside --- */

static int jobs_of(const struct transfer_setup *s) {
	long cpus = sysconf(_SC_NPROCESSORS_ONLN) * JOBS_PER_CPU;
	int usual = cpus < JOBS_MIN ? JOBS_MIN : cpus > JOBS_MAX ? JOBS_MAX : (int)cpus;
	return s->jobs > 0 ? s->jobs : usual;
}

struct transfer *transfer_create(struct arena *a, const struct transfer_setup *setup) {
	struct transfer *t = NEW(a, struct transfer);
	pthread_condattr_t attr;
	t->setup = *setup;
	pthread_mutex_init(&t->mutex, NULL);
	pthread_cond_init(&t->work, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->news, &attr);
	pthread_condattr_destroy(&attr);
	int most = jobs_of(setup);
	t->workers = NEWS(a, struct worker, most);
	for (; t->n < most; t->n++) {
		struct worker *w = &t->workers[t->n];
		w->transfer = t;
		w->counts = &t->counts;
		int rc = pthread_create(&w->thread, NULL, work, w);
		if (rc && !t->n) {
			t->hopeless = HOPELESS_MAX;
			setup->trouble(setup->arg, str_printf(a, "No thread can be had: %s.", strerror(rc)));
		}
		if (rc) {
			break;
		}
	}
	return t;
}

struct totals transfer_totals(struct transfer *t) {
	AUTO_LOCK(&t->mutex);
	struct totals out = t->totals;
	out.bytes_gone = t->counts.bytes;
	out.unverified = t->counts.unverified;
	out.kept = t->counts.kept;
	return out;
}

/* Under the lock; lets go of it while it waits, and for the tick. */
static void wait_a_little(struct transfer *t) {
	int64_t until = clock_monotonic() + TICK_MS * 1000;
	struct timespec at = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };
	pthread_cond_timedwait(&t->news, &t->mutex, &at);
	pthread_mutex_unlock(&t->mutex);
	t->setup.tick(t->setup.arg);
	pthread_mutex_lock(&t->mutex);
}

static struct spot copy_spot(struct arena *a, const struct spot *s) {
	return (struct spot){ s->kind, str_dup(a, s->bucket), str_dup(a, s->key), str_dup(a, s->path) };
}

static struct task *task_of(const struct item *item) {
	struct task *task = heap_alloc(sizeof(*task));
	task->fd = -1;
	task->item = *item;
	task->item.from = copy_spot(&task->arena, &item->from);
	task->item.to = copy_spot(&task->arena, &item->to);
	task->item.etag = str_dup(&task->arena, item->etag);
	return task;
}

bool transfer_add(struct transfer *t, const struct item *item) {
	AUTO_LOCK(&t->mutex);
	while (t->waiting >= WAITING_MAX && !is_over(t)) {
		wait_a_little(t);
	}
	if (is_over(t)) {
		return false;
	}
	struct task *task = task_of(item);
	if (t->last) {
		t->last->next = task;
	} else {
		t->first = task;
	}
	t->last = task;
	t->waiting++;
	t->unfinished++;
	t->totals.files++;
	t->totals.bytes += size_to_count(item->size);
	pthread_cond_signal(&t->work);
	return true;
}

void transfer_end(struct transfer *t) {
	pthread_mutex_lock(&t->mutex);
	t->closed = true;
	pthread_cond_broadcast(&t->work);
	while (t->unfinished) {
		wait_a_little(t);
	}
	pthread_cond_broadcast(&t->work);
	pthread_mutex_unlock(&t->mutex);
	for (int i = 0; i < t->n; i++) {
		pthread_join(t->workers[i].thread, NULL);
	}
	pthread_cond_destroy(&t->work);
	pthread_cond_destroy(&t->news);
}
