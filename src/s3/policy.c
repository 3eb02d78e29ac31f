#include "s3/policy.h"

#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_policy = { "NoSuchBucketPolicy", 404 };

static const char not_there[] = "The bucket policy does not exist";

static bool may_be_public(struct call *c, struct db *db) {
	const struct val *v = config_value(c, db, "publicAccessBlock", "GetPublicAccessBlock");
	if (!get_int(v, "BlockPublicPolicy", 0)) {
		return true;
	}
	return fail(
		c, &access_denied,
		"User: " STR_FMT " is not authorized to perform: s3:PutBucketPolicy on resource: \"" STR_FMT
		"\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
		STR_ARG(c->who.arn), STR_ARG(c->resource.arn));
}

static bool put_bucket_policy(struct call *c) {
	str text = get_str(c->in, "Policy");
	c->status = 204;
	if (!policy_check(c->arena, text.p ? text : S(""), call_bucket(c)->name, &c->refusal)) {
		return false;
	}
	return config_change(c, &(struct change){ .kind = "policy",
						  .document = text,
						  .still = policy_public(c->arena, text) ? may_be_public : NULL });
}

static bool kept_policy(struct call *c, str *text) {
	*text = config_get(call_db(c), c->arena, call_bucket(c)->id, "policy", S(""));
	return text->p ? true : config_missing(c, &no_policy, not_there);
}

static bool get_bucket_policy(struct call *c) {
	str text;
	if (!kept_policy(c, &text)) {
		return false;
	}
	set_str(c->arena, c->out, "Policy", text);
	return true;
}

static bool get_bucket_policy_status(struct call *c) {
	str text;
	if (!kept_policy(c, &text)) {
		return false;
	}
	set_int(c->arena, set(c->arena, c->out, "PolicyStatus"), "IsPublic", policy_public(c->arena, text));
	return true;
}

static bool delete_bucket_policy(struct call *c) {
	return config_forget(c, "policy");
}

const struct route policy_routes[] = {
	{ "PutBucketPolicy", put_bucket_policy, NULL, on_bucket, TIER1 },
	{ "GetBucketPolicy", get_bucket_policy, NULL, on_bucket, TIER2 },
	{ "GetBucketPolicyStatus", get_bucket_policy_status, NULL, on_bucket, TIER2 },
	{ "DeleteBucketPolicy", delete_bucket_policy, NULL, on_bucket, NULL },
	{ 0 },
};
