/* Buckets that are made without a request: --bootstrap. */
#include "core/cloud.h"
#include "core/entity.h"
#include "s3/bucket.h"
#include "s3/bucket_name.h"
#include "s3/policy.h"
#include "s3/rows.h"
#include "s3/s3.h"

#include <errno.h>

static int run(struct db *db, void *arg) {
	const struct bucket_birth *b = arg;
	AUTO_ARENA a = { 0 };
	struct bucket old;
	if (bucket_find(db, &a, b->name, &old)) {
		return str_eq(old.account, b->account) ? -EEXIST : -EINVAL;
	}
	return bucket_insert(db, b) ? 0 : db_error(db);
}

int s3_bucket_create(struct cloud *cloud, str name, str account, str region) {
	struct bucket_birth b = { .name = name, .account = account, .region = region };
	struct work w = { .run = run, .arg = &b };
	return bucket_name_ok(name) && region_known(region) ? store_write(cloud->store, &w) : -EINVAL;
}

struct policy_wish {
	struct arena *arena;
	str bucket, policy;
	const char *why;
};

static int refuse(struct policy_wish *w, const char *why) {
	w->why = why;
	return -EINVAL;
}

static bool is_kept(struct db *db, const struct policy_wish *w, int64_t bucket) {
	return str_eq(config_get(db, w->arena, bucket, "policy", S("")), principals_kept(db, w->arena, w->policy));
}

static int run_policy(struct db *db, void *arg) {
	struct policy_wish *w = arg;
	struct bucket b;
	if (!bucket_find(db, w->arena, w->bucket, &b)) {
		return -ENOENT;
	}
	if (!policy_principals_exist(db, w->arena, w->policy)) {
		return refuse(w, "Invalid principal in policy");
	}
	if (policy_public(w->arena, w->policy) && block_is_set(db, w->arena, &b, BLOCK_POLICY)) {
		return refuse(w, "public policies are prevented by the BlockPublicPolicy setting of the bucket");
	}
	config_put(db, b.id, "policy", S(""), principals_kept(db, w->arena, w->policy));
	bucket_set_policy(db, b.id, true);
	return db_error(db);
}

static bool is_met(struct cloud *cloud, const struct policy_wish *w) {
	struct bucket b;
	struct db *db = store_reader(cloud->store);
	bool met = bucket_find(db, w->arena, w->bucket, &b) && is_kept(db, w, b.id);
	store_reader_done(cloud->store, db);
	return met;
}

int s3_bucket_put_policy(struct cloud *cloud, struct arena *a, str name, str policy, str *why) {
	struct refusal refusal = { 0 };
	struct policy_wish wish = { .arena = a, .bucket = name, .policy = policy };
	struct work work = { .run = run_policy, .arg = &wish };
	if (!policy_check(a, policy, name, &refusal)) {
		*why = refusal.message;
		return -EINVAL;
	}
	int rc = is_met(cloud, &wish) ? 0 : store_write(cloud->store, &work);
	*why = str_from(wish.why ? wish.why : strerror(-rc));
	return rc;
}
