/* Identities that were looked up, by access key: every call needs one, and they change seldom. Whoever uses one holds
 * it, so that it outlives being forgotten. */
#include "core/identity.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/lock.h"
#include "core/binding.h"

#include <stdatomic.h>

/* Some identities are small, and some hold a megabyte of policies. */
enum { BUCKETS = 1024, KEPT_MAX = 4096, KEPT_BYTES = 64 << 20 };

struct holding {
	struct holding *next;
	uint64_t hash;
	atomic_int users; /* the cache is one */
	size_t bytes;
	struct arena arena;
	struct identity identity;
};

struct identities {
	pthread_rwlock_t lock;
	struct holding *buckets[BUCKETS];
	size_t n, bytes, hand; /* hand: the bucket that is emptied next to make room */
	uint64_t generation;
};

static uint64_t hash_of(str key) {
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < key.n; i++) {
		h = (h ^ (uint8_t)key.p[i]) * 1099511628211u;
	}
	return h ^ h >> 29;
}

static void let_go(void *p) {
	struct holding *h = p;
	if (h && atomic_fetch_sub(&h->users, 1) == 1) {
		arena_free(&h->arena);
		heap_free(h);
	}
}

static void let_all_go(struct holding *h) {
	while (h) {
		struct holding *next = h->next;
		let_go(h);
		h = next;
	}
}

/* --- the cache --- */

void identities_open(struct cloud *cloud) {
	cloud->identities = heap_alloc(sizeof(*cloud->identities));
	pthread_rwlock_init(&cloud->identities->lock, NULL);
}

void identities_close(struct cloud *cloud) {
	if (cloud->identities) {
		identity_changed(cloud);
		pthread_rwlock_destroy(&cloud->identities->lock);
		heap_free(cloud->identities);
		cloud->identities = NULL;
	}
}

/* Takes all out at once; what nobody uses is freed outside of the lock. */
void identity_changed(struct cloud *cloud) {
	struct identities *all = cloud->identities;
	struct holding *out = NULL;
	if (!all) {
		return;
	}
	pthread_rwlock_wrlock(&all->lock);
	all->generation++;
	for (size_t i = 0; i < BUCKETS && all->n; i++) {
		while (all->buckets[i]) {
			struct holding *h = all->buckets[i];
			all->buckets[i] = h->next;
			h->next = out;
			out = h;
			all->n--;
		}
	}
	all->bytes = 0;
	pthread_rwlock_unlock(&all->lock);
	let_all_go(out);
}

static struct holding *kept(struct identities *all, uint64_t hash, str access_key) {
	struct holding *h = all->buckets[hash % BUCKETS];
	while (h && (h->hash != hash || !str_eq(h->identity.access_key, access_key))) {
		h = h->next;
	}
	return h;
}

static struct holding *find(struct identities *all, str access_key, uint64_t *generation) {
	if (!all) {
		return NULL;
	}
	uint64_t hash = hash_of(access_key);
	pthread_rwlock_rdlock(&all->lock);
	*generation = all->generation;
	struct holding *h = kept(all, hash, access_key);
	if (h) {
		atomic_fetch_add(&h->users, 1);
	}
	pthread_rwlock_unlock(&all->lock);
	return h;
}

/* When there is no room, bucket after bucket is emptied. */
static struct holding *make_room(struct identities *all, size_t bytes) {
	struct holding *out = NULL;
	while (all->n && (all->n >= KEPT_MAX || all->bytes + bytes > KEPT_BYTES)) {
		struct holding **bucket = &all->buckets[all->hand++ % BUCKETS];
		while (*bucket) {
			struct holding *h = *bucket;
			*bucket = h->next;
			h->next = out;
			out = h;
			all->n--;
			all->bytes -= h->bytes;
		}
	}
	return out;
}

/* Only if nothing has changed since the look-up began, else what was revoked could come back. */
static void keep(struct identities *all, struct holding *h, uint64_t generation) {
	struct holding *out = NULL;
	if (!all) {
		return;
	}
	h->hash = hash_of(h->identity.access_key);
	h->bytes = arena_size(&h->arena);
	pthread_rwlock_wrlock(&all->lock);
	if (all->generation == generation && !kept(all, h->hash, h->identity.access_key)) {
		out = make_room(all, h->bytes);
		h->next = all->buckets[h->hash % BUCKETS];
		all->buckets[h->hash % BUCKETS] = h;
		all->n++;
		all->bytes += h->bytes;
		atomic_fetch_add(&h->users, 1);
	}
	pthread_rwlock_unlock(&all->lock);
	let_all_go(out);
}

/* --- looking up --- */

/* A look-up on its way. */
struct look {
	struct cloud *cloud;
	str access_key, token;
	struct not_found *why;
};

static bool open_token(const struct look *k, struct arena *a, struct session *s) {
	if (!session_open(k->cloud, a, k->token, s) || !str_eq(s->access_key, k->access_key)) {
		k->why->token = TOKEN_BAD;
	} else if (clock_now() >= s->expires) {
		k->why->token = TOKEN_EXPIRED;
	}
	return k->why->token == TOKEN_GOOD;
}

static bool read_identity(const struct look *k, struct holding *h) {
	struct session s;
	bool found, by_token = k->token.n > 0;
	if (by_token && !open_token(k, &h->arena, &s)) {
		return false;
	}
	struct db *db = store_reader(k->cloud->store);
	found = by_token ? identity_of_session(db, &h->arena, &s, &h->identity)
			 : identity_of_key(k->cloud, db, &h->arena, k->access_key, &h->identity);
	k->why->error = db_error(db);
	store_reader_done(k->cloud->store, db);
	if (by_token) {
		h->identity.token = str_dup(&h->arena, k->token);
		k->why->token = found ? TOKEN_GOOD : TOKEN_BAD;
	}
	return found && !k->why->error;
}

static struct holding *load(const struct look *k, uint64_t generation) {
	struct holding *h = heap_alloc(sizeof(*h));
	h->users = 1;
	if (!read_identity(k, h)) {
		let_go(h);
		return NULL;
	}
	keep(k->cloud->identities, h, generation);
	return h;
}

const struct identity *identity_find(struct cloud *cloud, struct arena *a, str access_key, str token,
				     struct not_found *why) {
	uint64_t generation = 0;
	struct look k = { cloud, access_key, token, why };
	struct holding *h = find(cloud->identities, access_key, &generation);
	*why = (struct not_found){ TOKEN_GOOD, 0 };
	if (h && !secret_eq(h->identity.token, token)) {
		let_go(h);
		h = NULL;
	}
	h = h ? h : load(&k, generation);
	if (!h) {
		return NULL;
	}
	arena_defer(a, let_go, h);
	if (h->identity.token.n && clock_now() >= h->identity.expires) {
		why->token = TOKEN_EXPIRED;
		return NULL;
	}
	return &h->identity;
}

bool identity_write(struct call *c, int (*run)(struct db *db, void *arg), void *arg) {
	bool done = call_write(c, run, arg, NULL);
	identity_changed(c->cloud); /* also after a failure: what a broken commit has done is not known */
	return done;
}
