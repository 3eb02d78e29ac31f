#include "base/clock.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/lock.h"
#include "s3/meta.h"

#define MODE "x-amz-object-lock-mode"
#define UNTIL "x-amz-object-lock-retain-until-date"
#define HOLD "x-amz-object-lock-legal-hold"

static const int64_t day = 86400000, days_of_year = 365;

const char lock_sentence[] = "Access Denied because object protected by object lock.";

/* --- as it is kept --- */

struct lock lock_of(str meta) {
	struct lock l = { .mode = meta_get(meta, MODE), .hold = meta_get(meta, HOLD) };
	if (l.mode.p && !time_parse(meta_get(meta, UNTIL), &l.until)) {
		l.until = INT64_MAX;
	}
	return l;
}

str lock_kept(struct arena *a, str meta, const struct lock *l) {
	struct buf until = { .arena = a };
	if (l->mode.p) {
		put_time(&until, l->until, TIME_ISO);
	}
	meta = pairs_with(a, meta, S(MODE), l->mode);
	meta = pairs_with(a, meta, S(UNTIL), l->mode.p ? buf_str(&until) : (str){ 0 });
	return pairs_with(a, meta, S(HOLD), l->hold);
}

/* --- what it keeps from happening --- */

static bool retains(const struct lock *l) {
	return l->mode.p && l->until > clock_now();
}

bool lock_lets_go(const struct lock *l, bool bypass) {
	return !str_is(l->hold, "ON") && (!retains(l) || (bypass && str_is(l->mode, "GOVERNANCE")));
}

bool lock_lets_change(const struct lock *from, const struct lock *to, bool bypass) {
	if (!retains(from) || (bypass && str_is(from->mode, "GOVERNANCE"))) {
		return true;
	}
	return to->mode.p && str_eq(from->mode, to->mode) && to->until >= from->until;
}

bool fail_locked(struct call *c) {
	return fail(c, &access_denied, "%s", lock_sentence);
}

bool lock_bypassed(struct call *c) {
	return str_ieq(head_get(&c->x->head, "x-amz-bypass-governance-retention"), S("true"));
}

bool lock_served(struct call *c) {
	return call_bucket(c)->object_lock ? true
					   : fail(c, &invalid_request, "Bucket is missing Object Lock Configuration");
}

/* --- as a new object asks for it --- */

bool lock_in_future(struct call *c, int64_t until) {
	return until > clock_now()
		       ? true
		       : fail_argument(c, UNTIL, (str){ 0 }, "The retain until date must be in the future!");
}

static bool read_retention(struct call *c, struct lock *l) {
	str mode = head_get(&c->x->head, MODE), until = head_get(&c->x->head, UNTIL);
	if (!mode.p && !until.p) {
		return true;
	}
	if (!mode.p || !until.p) {
		return fail_argument(c, mode.p ? UNTIL : MODE, (str){ 0 }, UNTIL " and " MODE " must both be supplied");
	}
	if (!str_is(mode, "GOVERNANCE") && !str_is(mode, "COMPLIANCE")) {
		return fail_argument(c, MODE, mode, "Unknown wormMode directive.");
	}
	if (!time_parse(until, &l->until)) {
		return fail_argument(c, UNTIL, until, "The retain until date must be provided in ISO 8601 format");
	}
	l->mode = mode;
	return lock_in_future(c, l->until) && call_must(c, "s3:PutObjectRetention", &c->resource);
}

static bool read_hold(struct call *c, struct lock *l) {
	l->hold = head_get(&c->x->head, HOLD);
	if (!l->hold.p) {
		return true;
	}
	if (!str_is(l->hold, "ON") && !str_is(l->hold, "OFF")) {
		return fail_argument(c, HOLD, l->hold, "Legal Hold must be either of 'ON' or 'OFF'");
	}
	return call_must(c, "s3:PutObjectLegalHold", &c->resource);
}

struct lock lock_asked(struct call *c) {
	const struct head *h = &c->x->head;
	struct lock l = { .mode = head_get(h, MODE), .hold = head_get(h, HOLD) };
	if (strcmp(c->op->name, "PutObjectRetention") == 0) {
		const struct val *v = get(c->in, "Retention");
		return (struct lock){ .mode = get_str(v, "Mode"), .until = get_int(v, "RetainUntilDate", 0) };
	}
	if (strcmp(c->op->name, "PutObjectLegalHold") == 0) {
		return (struct lock){ .hold = get_str(get(c->in, "LegalHold"), "Status") };
	}
	l.mode = time_parse(head_get(h, UNTIL), &l.until) ? l.mode : (str){ 0 };
	return l;
}

bool lock_of_input(struct call *c, str *meta) {
	const struct head *h = &c->x->head;
	struct lock l = { .until = 0 };
	bool asked = head_get(h, MODE).p || head_get(h, UNTIL).p || head_get(h, HOLD).p;
	if (asked && (!lock_served(c) || !read_retention(c, &l) || !read_hold(c, &l))) {
		return false;
	}
	*meta = lock_kept(c->arena, *meta, &l);
	return true;
}

/* --- the bucket's default --- */

static const struct val *default_of(struct call *c, struct db *db) {
	const struct bucket *b = call_bucket(c);
	const struct val *v = b->object_lock ? config_value(c, db, "object-lock", "GetObjectLockConfiguration") : NULL;
	return get(get(v, "Rule"), "DefaultRetention");
}

bool lock_wants_sum(struct call *c, str meta, bool has_sum, const char *what) {
	struct lock l = lock_of(meta);
	if (has_sum || (!l.mode.p && !l.hold.p && !default_of(c, call_db(c)))) {
		return true;
	}
	return fail(c, &invalid_request,
		    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put %s requests with Object Lock "
		    "parameters",
		    what);
}

void lock_by_default(struct call *c, struct db *db, int64_t modified, str *meta) {
	struct lock l = lock_of(*meta);
	const struct val *rule = l.mode.p ? NULL : default_of(c, db);
	if (!rule) {
		return;
	}
	int64_t days = get_int(rule, "Days", 0) + get_int(rule, "Years", 0) * days_of_year;
	l.mode = get_str(rule, "Mode");
	l.until = modified + days * day;
	*meta = lock_kept(c->arena, *meta, &l);
}

/* --- in the answer --- */

void lock_show(struct call *c, str meta) {
	struct lock l = lock_of(meta);
	if (l.mode.p && call_allowed(c, "s3:GetObjectRetention", &c->resource)) {
		set_str(c->arena, c->out, "ObjectLockMode", l.mode);
		set_int(c->arena, c->out, "ObjectLockRetainUntilDate", l.until);
	}
	if (l.hold.p && call_allowed(c, "s3:GetObjectLegalHold", &c->resource)) {
		set_str(c->arena, c->out, "ObjectLockLegalHoldStatus", l.hold);
	}
}
