/* Object lock: whether the bucket has it, and its default retention. */
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_lock = { "ObjectLockConfigurationNotFoundError", 404 };
static const struct fault invalid_bucket_state = { "InvalidBucketState", 409 };

enum { DAYS_MAX = 36500, YEARS_MAX = 100 };

static bool check_retention(struct call *c, const struct val *r) {
	const struct val *days = get(r, "Days"), *years = get(r, "Years");
	if (!r || !get(r, "Mode") || (days != NULL) == (years != NULL)) {
		return malformed(c);
	}
	int64_t n = days ? days->i : years->i, most = days ? DAYS_MAX : YEARS_MAX;
	if (n < 1) {
		return fail_argument(c, "DefaultRetention", (str){ 0 },
				     "Default retention period must be a positive integer value.");
	}
	return n <= most ? true
			 : fail_argument(c, "DefaultRetention", (str){ 0 },
					 "Default retention period is greater than the maximum of 100 years.");
}

struct locking {
	struct call *call;
	str document;
};

static int run_put(struct db *db, void *arg) {
	struct locking *w = arg;
	struct call *c = w->call;
	int64_t id = call_bucket(c)->id;
	if (!bucket_alive(db, id)) {
		bucket_gone(c, call_bucket(c)->name);
		return 1;
	}
	if (bucket_versioning(db, id) != VERSIONING_ENABLED) {
		fail(c, &invalid_bucket_state,
		     "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
		return 1;
	}
	db_run(db, "UPDATE bucket SET object_lock = 1 WHERE id = ?", "i", id);
	config_put(db, id, "object-lock", S(""), w->document);
	return 0;
}

static bool put_object_lock_configuration(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	const struct val *rule = get(v, "Rule");
	if (!get(v, "ObjectLockEnabled")) {
		return malformed(c);
	}
	if (rule && !check_retention(c, get(rule, "DefaultRetention"))) {
		return false;
	}
	struct locking w = { c, config_write(c->arena, v) };
	return call_write(c, run_put, &w, NULL);
}

static bool get_object_lock_configuration(struct call *c) {
	if (!call_bucket(c)->object_lock) {
		return config_missing(c, &no_lock, "Object Lock configuration does not exist for this bucket");
	}
	str kept = config_get(call_db(c), c->arena, call_bucket(c)->id, "object-lock", S(""));
	config_answer(c, kept.p ? kept : S("{\"ObjectLockEnabled\":\"Enabled\"}"));
	return true;
}

const struct route lock_routes[] = {
	{ "PutObjectLockConfiguration", put_object_lock_configuration, "s3:PutBucketObjectLockConfiguration", on_bucket,
	  TIER1 },
	{ "GetObjectLockConfiguration", get_object_lock_configuration, "s3:GetBucketObjectLockConfiguration", on_bucket,
	  TIER2 },
	{ 0 },
};
