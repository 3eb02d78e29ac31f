/* The meter: what was used, by account, region, usage type, operation and resource, summed an hour at a time.
 * Counted in memory and written to the store every few seconds; a crash loses at most those. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/lock.h"
#include "core/cloud.h"

const struct store_table meter_tables[] = {
	{ "CREATE TABLE IF NOT EXISTS usage(hour INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,"
	  " usage TEXT NOT NULL, operation TEXT NOT NULL, resource BLOB NOT NULL, quantity INTEGER NOT NULL,"
	  " PRIMARY KEY(hour, account, region, usage, operation, resource)) WITHOUT ROWID;",
	  NULL },
	{ 0 },
};

enum { COUNTERS_MAX = 1024, HOUR_MS = 3600000 };

struct counter {
	int64_t hour;
	struct usage use;
	uint64_t hash;
};

static struct {
	pthread_mutex_t mutex;
	struct arena arena;
	struct counter *all;
	size_t n;
} meter = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static uint64_t mix(uint64_t h, str s) {
	for (size_t i = 0; i < s.n; i++) {
		h = (h ^ (uint8_t)s.p[i]) * 1099511628211u;
	}
	return h * 31;
}

static bool same(const struct counter *a, const struct counter *b) {
	const struct usage *u = &a->use, *v = &b->use;
	return a->hash == b->hash && a->hour == b->hour && str_eq(u->account, v->account) &&
	       str_eq(u->region, v->region) && str_eq(u->type, v->type) && str_eq(u->operation, v->operation) &&
	       str_eq(u->resource, v->resource);
}

static void keep(const struct counter *c) {
	struct arena *a = &meter.arena;
	struct counter *k = &meter.all[meter.n++];
	*k = *c;
	k->use.account = str_dup(a, c->use.account);
	k->use.region = str_dup(a, c->use.region);
	k->use.type = str_dup(a, c->use.type);
	k->use.operation = str_dup(a, c->use.operation);
	k->use.resource = str_dup(a, c->use.resource);
}

/* False: there is no room for one more. */
static bool count(const struct counter *c) {
	AUTO_LOCK(&meter.mutex);
	if (!meter.all) {
		meter.all = heap_alloc(sizeof(*meter.all) * COUNTERS_MAX);
	}
	for (size_t i = 0; i < meter.n; i++) {
		if (same(&meter.all[i], c)) {
			meter.all[i].use.quantity += c->use.quantity;
			return true;
		}
	}
	if (meter.n == COUNTERS_MAX) {
		return false;
	}
	keep(c);
	return true;
}

void meter_add(struct cloud *cloud, const struct usage *u) {
	struct counter c = { .hour = clock_now() / HOUR_MS, .use = *u };
	c.use.resource = u->resource.p ? u->resource : S("");
	c.hash = mix(mix(mix(mix(14695981039346656037u, u->account), u->type), u->operation), u->resource);
	if (!count(&c)) {
		meter_flush(cloud);
		count(&c);
	}
}

struct flush {
	struct counter *all;
	size_t n;
};

static int write_counters(struct db *db, void *arg) {
	const struct flush *f = arg;
	for (size_t i = 0; i < f->n; i++) {
		const struct usage *u = &f->all[i].use;
		int64_t rc = db_run(db,
				    "INSERT INTO usage VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT"
				    " DO UPDATE SET quantity = quantity + excluded.quantity",
				    "ittttsi", f->all[i].hour, u->account, u->region, u->type, u->operation,
				    u->resource, u->quantity);
		if (rc < 0) {
			return (int)rc;
		}
	}
	return 0;
}

/* Takes the counters out of the shared place; they come back if they cannot be written. */
static struct flush take(struct arena *arena) {
	AUTO_LOCK(&meter.mutex);
	struct flush f = { meter.all, meter.n };
	*arena = meter.arena;
	meter.all = NULL;
	meter.n = 0;
	meter.arena = (struct arena){ 0 };
	return f;
}

void meter_flush(struct cloud *cloud) {
	AUTO_ARENA arena = { 0 };
	struct flush f = take(&arena);
	struct work w = { .run = write_counters, .arg = &f };
	bool lost = f.n && store_write(cloud->store, &w) != 0;
	for (size_t i = 0; lost && i < f.n; i++) {
		count(&f.all[i]);
	}
	heap_free(f.all);
}
