/* Who owns objects, and whether ACLs mean anything. Born with every bucket (bucket_insert). */
#include "s3/acl.h"
#include "s3/config.h"
#include "s3/routes.h"

static const struct fault no_ownership = { "OwnershipControlsNotFoundError", 404 };
static const struct fault with_acl = { "InvalidBucketAclWithObjectOwnership", 400 };

static bool acl_is_private(struct call *c, struct db *db) {
	str acl = config_get(db, c->arena, call_bucket(c)->id, "acl", S(""));
	return acl_shares(c, acl)
		       ? fail(c, &with_acl,
			      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
		       : true;
}

static str ownership_of_input(struct call *c) {
	const struct val *rules = get(get(c->in, "OwnershipControls"), "Rules");
	return get_str(rules->first, "ObjectOwnership");
}

static void set_ownership(struct call *c, struct db *db) {
	bucket_set_ownership(db, call_bucket(c)->id, ownership_of(ownership_of_input(c)));
}

/* As it was before there was such a setting. */
static void no_ownership_set(struct call *c, struct db *db) {
	bucket_set_ownership(db, call_bucket(c)->id, OWNER_WRITER);
}

static bool put_bucket_ownership_controls(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	const struct val *rules = get(v, "Rules");
	if (val_count(rules) != 1) {
		return malformed(c);
	}
	bool enforced = ownership_of(ownership_of_input(c)) == OWNER_ENFORCED;
	return config_change(c, &(struct change){ .kind = "ownershipControls",
						  .document = config_write(c->arena, v),
						  .still = enforced ? acl_is_private : NULL,
						  .also = set_ownership });
}

static bool get_bucket_ownership_controls(struct call *c) {
	return config_show(c, "ownershipControls", &no_ownership, "The bucket ownership controls were not found");
}

static bool delete_bucket_ownership_controls(struct call *c) {
	c->status = 204;
	return config_change(c, &(struct change){ .kind = "ownershipControls", .also = no_ownership_set });
}

const struct route ownership_routes[] = {
	{ "PutBucketOwnershipControls", put_bucket_ownership_controls, NULL, on_bucket, TIER1 },
	{ "GetBucketOwnershipControls", get_bucket_ownership_controls, NULL, on_bucket, TIER2 },
	{ "DeleteBucketOwnershipControls", delete_bucket_ownership_controls, "s3:PutBucketOwnershipControls", on_bucket,
	  NULL },
	{ 0 },
};
