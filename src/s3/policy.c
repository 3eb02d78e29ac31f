#include "s3/policy.h"

#include "core/entity.h"
#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault malformed_policy = { "MalformedPolicy", 400 };
static const struct fault no_policy = { "NoSuchBucketPolicy", 404 };

static const char not_there[] = "The bucket policy does not exist";

/* Root of the bucket's account reaches its policy whatever that says, and nobody of another account does. */
static bool on_policy(struct call *c) {
	if (!on_bucket(c)) {
		return false;
	}
	c->resource.owner_may = true;
	return true;
}

static bool is_owners(struct call *c) {
	if (str_eq(c->who.account, call_bucket(c)->account)) {
		return true;
	}
	fail(c, &method_not_allowed, "The specified method is not allowed against this resource.");
	fail_detail(c, "Method", c->x->head.method);
	fail_detail(c, "ResourceType", S("BUCKETPOLICY"));
	return false;
}

/* What the policy says of others has to hold when it is kept: who they are, and whether it may be public. */
static bool still_good(struct call *c, struct db *db) {
	str text = get_str(c->in, "Policy");
	if (!policy_principals_exist(db, c->arena, text)) {
		return fail(c, &malformed_policy, "Invalid principal in policy");
	}
	return policy_public(c->arena, text) && block_is_set(db, c->arena, call_bucket(c), BLOCK_POLICY)
		       ? fail_blocked(c, "s3:PutBucketPolicy", "policies", BLOCK_POLICY)
		       : true;
}

/* Kept are those whom it names, not their names: a user made anew is another one. */
static void has_policy(struct call *c, struct db *db) {
	int64_t bucket = call_bucket(c)->id;
	config_put(db, bucket, "policy", S(""), principals_kept(db, c->arena, get_str(c->in, "Policy")));
	bucket_set_policy(db, bucket, true);
}

static void has_none(struct call *c, struct db *db) {
	bucket_set_policy(db, call_bucket(c)->id, false);
}

static bool put_bucket_policy(struct call *c) {
	str text = get_str(c->in, "Policy");
	c->status = 204;
	if (!is_owners(c) || !policy_check(c->arena, text.p ? text : S(""), call_bucket(c)->name, &c->refusal)) {
		return false;
	}
	return config_change(
		c, &(struct change){ .kind = "policy", .document = text, .still = still_good, .also = has_policy });
}

static bool read_policy(struct call *c, str *text) {
	*text = config_get(call_db(c), c->arena, call_bucket(c)->id, "policy", S(""));
	return text->p ? true : config_missing(c, &no_policy, not_there);
}

static bool get_bucket_policy(struct call *c) {
	str text;
	if (!is_owners(c) || !read_policy(c, &text)) {
		return false;
	}
	set_str(c->arena, c->out, "Policy", principals_shown(call_db(c), c->arena, text));
	return true;
}

static bool get_bucket_policy_status(struct call *c) {
	str text;
	if (!read_policy(c, &text)) {
		return false;
	}
	set_int(c->arena, set(c->arena, c->out, "PolicyStatus"), "IsPublic", policy_public(c->arena, text));
	return true;
}

static bool delete_bucket_policy(struct call *c) {
	c->status = 204;
	return is_owners(c) && config_change(c, &(struct change){ .kind = "policy", .also = has_none });
}

const struct route policy_routes[] = {
	{ "PutBucketPolicy", put_bucket_policy, NULL, on_policy, TIER1 },
	{ "GetBucketPolicy", get_bucket_policy, NULL, on_policy, TIER2 },
	{ "GetBucketPolicyStatus", get_bucket_policy_status, NULL, on_bucket, TIER2 },
	{ "DeleteBucketPolicy", delete_bucket_policy, NULL, on_policy, NULL },
	{ 0 },
};
