/* The block of public access. Born with every bucket (bucket_insert), all four of it. */
#include "s3/config.h"
#include "s3/routes.h"

static const struct fault no_block = { "NoSuchPublicAccessBlockConfiguration", 404 };

static const char *const blocks[] = { "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
				      "RestrictPublicBuckets" };

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
