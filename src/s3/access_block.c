/* The block of public access. Born with every bucket (bucket_insert), all four of it. */
#include "s3/config.h"
#include "s3/meta.h"
#include "s3/policy.h"
#include "s3/routes.h"
#include "wire/tree.h"

static const struct fault no_block = { "NoSuchPublicAccessBlockConfiguration", 404 };

/* In the order of enum public_block. */
static const char *const blocks[] = { "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
				      "RestrictPublicBuckets" };

bool block_is_set(struct db *db, struct arena *a, int64_t bucket, enum public_block which) {
	str document = config_get(db, a, bucket, "publicAccessBlock", S(""));
	const struct tree *set = document.p ? tree_get(tree_read(a, document), blocks[which]) : NULL;
	return set && str_is(set->s, "true");
}

bool fail_blocked(struct call *c, const char *action, const char *what, enum public_block which) {
	if (!str_eq(c->who.account, call_bucket(c)->account)) {
		return fail(c, &access_denied, "Access Denied");
	}
	return fail(c, &access_denied,
		    "User: " STR_FMT " is not authorized to perform: %s on resource: \"" STR_FMT
		    "\" because public %s are prevented by the %s setting in S3 Block Public Access.",
		    STR_ARG(c->who.arn), action, STR_ARG(c->resource.arn), what, blocks[which]);
}

static bool put_public_access_block(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	struct val *all = config_new(c, "GetPublicAccessBlock");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		set_int(c->arena, all, blocks[i], get_int(v, blocks[i], false));
	}
	return config_keep(c, "publicAccessBlock", all);
}

static bool get_public_access_block(struct call *c) {
	return config_show(c, "publicAccessBlock", &no_block, "The public access block configuration was not found");
}

static bool delete_public_access_block(struct call *c) {
	return config_forget(c, "publicAccessBlock");
}

const struct route access_block_routes[] = {
	{ "PutPublicAccessBlock", put_public_access_block, "s3:PutBucketPublicAccessBlock", on_bucket, TIER1 },
	{ "GetPublicAccessBlock", get_public_access_block, "s3:GetBucketPublicAccessBlock", on_bucket, TIER2 },
	{ "DeletePublicAccessBlock", delete_public_access_block, "s3:PutBucketPublicAccessBlock", on_bucket, NULL },
	{ 0 },
};
