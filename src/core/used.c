/* When a key was last used, and for what. Counted in memory, and written every few seconds and at the end; a crash
 * loses at most those. Sessions count for their role, whose id stands for the key then. */
#include "base/clock.h"
#include "base/lock.h"
#include "core/cloud.h"
#include "core/identity.h"

enum { USES_MAX = 1024, PLACES = 2 * USES_MAX, ID_ROOM = 128, WORD_ROOM = 32 };

struct use {
	size_t n; /* of the id; 0: an empty place */
	char id[ID_ROOM], service[WORD_ROOM], region[WORD_ROOM];
	int64_t at;
	bool fresh; /* not yet written */
};

static struct {
	pthread_mutex_t mutex;
	struct use *places;
	size_t n;
} uses = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static struct use *place_of(struct use *places, str id) {
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < id.n; i++) {
		h = (h ^ (uint8_t)id.p[i]) * 16777619u;
	}
	struct use *u = &places[h % PLACES];
	while (u->n && !str_eq((str){ u->id, u->n }, id)) {
		u = u + 1 < places + PLACES ? u + 1 : places;
	}
	return u;
}

/* What is written already need not be in memory. */
static void drop_written(void) {
	struct use *old = uses.places;
	uses.places = heap_alloc(sizeof(*uses.places) * PLACES);
	uses.n = 0;
	for (size_t i = 0; old && i < PLACES; i++) {
		if (old[i].n && old[i].fresh) {
			*place_of(uses.places, (str){ old[i].id, old[i].n }) = old[i];
			uses.n++;
		}
	}
	heap_free(old);
}

static void set_name(char to[WORD_ROOM], str s) {
	size_t n = s.n < WORD_ROOM - 1 ? s.n : WORD_ROOM - 1;
	memset(to, 0, WORD_ROOM);
	if (n) {
		memcpy(to, s.p, n);
	}
}

/* Of more keys than there is room for between two flushes the last ones are not counted. */
void key_used(struct cloud *cloud, str access_key, str service, str region) {
	(void)cloud;
	if (!access_key.n || access_key.n > ID_ROOM) {
		return;
	}
	AUTO_LOCK(&uses.mutex);
	if (!uses.places || uses.n == USES_MAX) {
		drop_written();
	}
	struct use *u = place_of(uses.places, access_key);
	if (!u->n && uses.n == USES_MAX) {
		return;
	}
	if (!u->n) {
		memcpy(u->id, access_key.p, access_key.n);
		u->n = access_key.n;
		uses.n++;
	}
	set_name(u->service, service);
	set_name(u->region, region);
	u->at = clock_now();
	u->fresh = true;
}

static bool in_memory(str access_key, struct use *out) {
	AUTO_LOCK(&uses.mutex);
	*out = (struct use){ 0 };
	if (uses.places) {
		*out = *place_of(uses.places, access_key);
	}
	return out->n > 0;
}

bool key_last_used(struct cloud *cloud, struct arena *a, str access_key, struct key_use *out) {
	struct use u;
	if (in_memory(access_key, &u)) {
		*out = (struct key_use){ u.at, str_dup(a, str_from(u.service)), str_dup(a, str_from(u.region)) };
		return true;
	}
	struct db *db = store_reader(cloud->store);
	struct query *q =
		db_query(db, "SELECT used, used_service, used_region FROM access_key WHERE id = ? AND used > 0", "t",
			 access_key);
	bool found = query_step(q);
	if (found) {
		*out = (struct key_use){ query_int(q, 0), query_dup(a, q, 1), query_dup(a, q, 2) };
	}
	query_done(q);
	store_reader_done(cloud->store, db);
	return found;
}

/* --- to the store --- */

struct batch {
	struct use *all;
	size_t n;
};

static int64_t write_one(struct db *db, const struct use *u) {
	str id = { u->id, u->n };
	return str_starts(id, S("AROA"))
		       ? db_run(db, "UPDATE entity SET used = ?, used_region = ? WHERE id = ?", "itt", u->at,
				str_from(u->region), id)
		       : db_run(db, "UPDATE access_key SET used = ?, used_service = ?, used_region = ? WHERE id = ?",
				"ittt", u->at, str_from(u->service), str_from(u->region), id);
}

static int write_uses(struct db *db, void *arg) {
	const struct batch *b = arg;
	for (size_t i = 0; i < b->n; i++) {
		int64_t rc = write_one(db, &b->all[i]);
		if (rc < 0) {
			return (int)rc;
		}
	}
	return 0;
}

static struct batch take_fresh(struct arena *a) {
	AUTO_LOCK(&uses.mutex);
	struct batch b = { .all = NEWS(a, struct use, uses.n) };
	for (size_t i = 0; uses.places && i < PLACES; i++) {
		if (uses.places[i].n && uses.places[i].fresh) {
			b.all[b.n++] = uses.places[i];
			uses.places[i].fresh = false;
		}
	}
	return b;
}

static void freshen(const struct batch *b) {
	AUTO_LOCK(&uses.mutex);
	for (size_t i = 0; i < b->n; i++) {
		struct use *u = place_of(uses.places, (str){ b->all[i].id, b->all[i].n });
		u->fresh = u->n > 0;
	}
}

void keys_flush(struct cloud *cloud) {
	AUTO_ARENA a = { 0 };
	struct batch b = take_fresh(&a);
	struct work w = { .run = write_uses, .arg = &b };
	if (b.n && store_write(cloud->store, &w)) {
		freshen(&b);
	}
}
