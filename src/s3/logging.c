#include "s3/config.h"
#include "s3/routes.h"

static const struct fault invalid_target = { "InvalidTargetBucketForLogging", 400 };
static const struct fault cross_location = { "CrossLocationLoggingProhibitted", 403 };

static bool check_target(struct call *c, struct db *db) {
	const struct val *on = get(get(c->in, c->op->in->payload), "LoggingEnabled");
	str target = get_str(on, "TargetBucket");
	struct bucket b;
	if (!bucket_find(db, c->arena, target, &b)) {
		fail(c, &invalid_target, "The target bucket for logging does not exist");
	} else if (!str_eq(b.account, call_bucket(c)->account)) {
		fail(c, &invalid_target,
		     "The owner for the bucket to be logged and the target bucket must be the same.");
	} else if (!str_eq(b.region, call_bucket(c)->region)) {
		fail(c, &cross_location, "Cross S3 location logging not allowed.");
	} else {
		return true;
	}
	fail_detail(c, "TargetBucket", target);
	return false;
}

static bool put_bucket_logging(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	/* An empty document turns logging off. */
	str document = get(v, "LoggingEnabled") ? config_write(c->arena, v) : (str){ 0 };
	return config_change(
		c,
		&(struct change){ .kind = "logging", .document = document, .still = document.p ? check_target : NULL });
}

static bool get_bucket_logging(struct call *c) {
	return config_show(c, "logging", NULL, NULL);
}

const struct route logging_routes[] = {
	{ "PutBucketLogging", put_bucket_logging, NULL, on_bucket, TIER1 },
	{ "GetBucketLogging", get_bucket_logging, NULL, on_bucket, TIER2 },
	{ 0 },
};
