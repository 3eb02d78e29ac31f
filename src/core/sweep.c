#include "core/store_inside.h"

#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"

#include <errno.h>

/* --- removals --- */

void removal_add(struct store *s, struct removal *list, int64_t epoch) {
	struct removal *last = list;
	int64_t n = 1;
	for (last->epoch = epoch; last->next; n++) {
		last = last->next;
		last->epoch = epoch;
	}
	pthread_mutex_lock(&s->files_lock);
	last->next = s->removals;
	s->removals = list;
	pthread_mutex_unlock(&s->files_lock);
	atomic_fetch_add(&s->n_removals, n);
	keeper_wake(s, false, false);
}

static void remove_one(struct store *s, const struct removal *r) {
	char name[NAME_ROOM];
	if (r->segment) {
		segment_forget_fds(s, r->id);
		segment_name(name, r->id);
		unlinkat(s->segments_fd, name, 0);
	} else {
		body_name(name, r->id);
		unlinkat(body_dir(s, r->id), name, 0);
	}
}

/* The next that may go stays in the list until its file is gone, so that fsck does not take it for an orphan. */
static struct removal *next_removal(struct store *s, int64_t oldest) {
	AUTO_LOCK(&s->files_lock);
	struct removal *r = s->removals;
	while (r && r->epoch > oldest) {
		r = r->next;
	}
	return r;
}

static void strike(struct store *s, struct removal *r) {
	pthread_mutex_lock(&s->files_lock);
	struct removal **at = &s->removals;
	while (*at != r) {
		at = &(*at)->next;
	}
	*at = r->next;
	pthread_mutex_unlock(&s->files_lock);
	atomic_fetch_sub(&s->n_removals, 1);
	heap_free(r);
}

static void remove_files(struct store *s) {
	struct removal *r;
	int64_t oldest = store_oldest(s);
	while ((r = next_removal(s, oldest))) {
		remove_one(s, r);
		strike(s, r);
	}
}

/* --- what a crash left --- */

struct ids {
	int64_t *p;
	size_t n, cap;
	int64_t below;
};

static void collect(void *arg, int64_t id) {
	struct ids *ids = arg;
	if (id >= ids->below) {
		return;
	}
	if (ids->n == ids->cap) {
		ids->cap = ids->cap ? ids->cap * 2 : 1024;
		ids->p = heap_grow(ids->p, ids->cap * sizeof(int64_t));
	}
	ids->p[ids->n++] = id;
}

static void sweep_body(struct store *s, struct db *db, int64_t id) {
	char name[NAME_ROOM];
	if (blob_length(db, id) == -ENOENT && !db_error(db)) {
		body_name(name, id);
		log_info("swept: body %s, which nothing names", name);
		unlinkat(body_dir(s, id), name, 0);
	}
}

/* Ids below first_id get no new rows in this run, so that one without a row stays without. */
static void sweep(struct store *s) {
	struct ids ids = { .below = s->first_id };
	bodies_each(s, collect, &ids);
	struct db *db = ids.n ? store_reader(s) : NULL;
	for (size_t i = 0; i < ids.n; i++) {
		sweep_body(s, db, ids.p[i]);
	}
	if (db) {
		store_reader_done(s, db);
	}
	heap_free(ids.p);
}

/* --- the thread --- */

void keeper_wake(struct store *s, bool compact, bool checkpoint) {
	AUTO_LOCK(&s->keeper_lock);
	s->wanted = true;
	s->compact_wanted |= compact;
	s->checkpoint_wanted |= checkpoint;
	pthread_cond_signal(&s->keeper_woken);
}

struct wants {
	bool compact, checkpoint, stop;
};

static struct wants wait_for_work(struct store *s) {
	AUTO_LOCK(&s->keeper_lock);
	while (!s->wanted && !s->keeper_stopping) {
		pthread_cond_wait(&s->keeper_woken, &s->keeper_lock);
	}
	struct wants w = { s->compact_wanted, s->checkpoint_wanted, s->keeper_stopping };
	s->wanted = s->compact_wanted = s->checkpoint_wanted = false;
	return w;
}

static void announce_swept(struct store *s) {
	AUTO_LOCK(&s->keeper_lock);
	s->swept = true;
	pthread_cond_broadcast(&s->keeper_swept);
}

void keeper_wait(struct store *s) {
	AUTO_LOCK(&s->keeper_lock);
	while (!s->swept) {
		pthread_cond_wait(&s->keeper_swept, &s->keeper_lock);
	}
}

static void *keeper(void *arg) {
	struct store *s = arg;
	struct wants w = { .compact = true };
	pthread_setname_np(pthread_self(), "keeper");
	sweep(s);
	announce_swept(s);
	while (!w.stop) {
		if (w.checkpoint) {
			store_idle_end(s);
			db_checkpoint(s->keeper_db);
		}
		if (w.compact) {
			compact_all(s);
		}
		remove_files(s);
		reserve_ready(s);
		w = wait_for_work(s);
	}
	remove_files(s);
	return NULL;
}

int keeper_start(struct store *s) {
	return -pthread_create(&s->keeper, NULL, keeper, s);
}

void keeper_stop(struct store *s) {
	pthread_mutex_lock(&s->keeper_lock);
	s->keeper_stopping = true;
	pthread_cond_signal(&s->keeper_woken);
	pthread_mutex_unlock(&s->keeper_lock);
	pthread_join(s->keeper, NULL);
}
