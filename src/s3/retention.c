/* Retention and legal hold of a version that is there. */
#include "s3/config.h"
#include "s3/lock.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_lock = { "NoSuchObjectLockConfiguration", 404 };

/* --- what is there --- */

/* False: it has none, or cannot be read. */
static bool find(struct call *c, struct lock *out) {
	struct object o;
	if (!lock_served(c) || !object_of_input(c, call_db(c), &o)) {
		return false;
	}
	*out = lock_of(o.meta);
	return true;
}

static bool none(struct call *c) {
	return fail(c, &no_lock, "The specified object does not have a ObjectLock configuration");
}

static bool get_object_retention(struct call *c) {
	struct lock l;
	if (!find(c, &l)) {
		return false;
	}
	if (!l.mode.p) {
		return none(c);
	}
	struct val *v = set(c->arena, c->out, "Retention");
	set_str(c->arena, v, "Mode", l.mode);
	set_int(c->arena, v, "RetainUntilDate", l.until);
	return true;
}

static bool get_object_legal_hold(struct call *c) {
	struct lock l;
	if (!find(c, &l)) {
		return false;
	}
	if (!l.hold.p) {
		return none(c);
	}
	set_str(c->arena, set(c->arena, c->out, "LegalHold"), "Status", l.hold);
	return true;
}

/* --- a change --- */

struct change_of_lock {
	struct call *c;
	struct lock to;
	bool retention; /* what changes: this, or the legal hold */
	bool bypass;
};

static int run_change(struct db *db, void *arg) {
	struct change_of_lock *w = arg;
	struct call *c = w->c;
	struct object o;
	if (!object_of_input(c, db, &o)) {
		return 1;
	}
	struct lock now = lock_of(o.meta);
	if (!w->retention) {
		now.hold = w->to.hold;
	} else if (lock_lets_change(&now, &w->to, w->bypass)) {
		now.mode = w->to.mode;
		now.until = w->to.until;
	} else {
		fail_locked(c);
		return 1;
	}
	o.meta = lock_kept(c->arena, o.meta, &now);
	object_update(db, &o);
	return db_error(db);
}

static bool change(struct change_of_lock *w) {
	struct object o;
	return object_of_input(w->c, call_db(w->c), &o) && call_write(w->c, run_change, w, NULL);
}

/* An empty document takes the retention away. */
static bool retention_of_input(struct call *c, struct lock *to) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	const struct val *until = get(v, "RetainUntilDate");
	to->mode = get_str(v, "Mode");
	if (to->mode.p ? !until : until != NULL) {
		return malformed(c);
	}
	to->until = until ? until->i : 0;
	return !until || lock_in_future(c, to->until);
}

static bool put_object_retention(struct call *c) {
	struct change_of_lock w = { .c = c, .retention = true, .bypass = lock_bypassed(c) };
	if (!call_must(c, "s3:PutObjectRetention", &c->resource)) {
		return false;
	}
	if (w.bypass && !call_must(c, "s3:BypassGovernanceRetention", &c->resource)) {
		return false;
	}
	return lock_served(c) && retention_of_input(c, &w.to) && change(&w);
}

static bool put_object_legal_hold(struct call *c) {
	struct change_of_lock w = { .c = c };
	if (!call_must(c, "s3:PutObjectLegalHold", &c->resource) || !lock_served(c)) {
		return false;
	}
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	w.to.hold = get_str(v, "Status");
	return w.to.hold.p ? change(&w) : malformed(c);
}

const struct route retention_routes[] = {
	{ "GetObjectRetention", get_object_retention, NULL, on_object, TIER2 },
	{ "PutObjectRetention", put_object_retention, "", on_object, TIER1 },
	{ "GetObjectLegalHold", get_object_legal_hold, NULL, on_object, TIER2 },
	{ "PutObjectLegalHold", put_object_legal_hold, "", on_object, TIER1 },
	{ 0 },
};
