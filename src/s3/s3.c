#include "s3/s3.h"

#include "s3/config.h"
#include "s3/cross.h"
#include "s3/post.h"
#include "s3/resource.h"
#include "s3/routes.h"

static const struct route *const tables[] = {
	/* the most called first */
	object_routes,         put_routes,        list_routes,       part_routes,          upload_routes,
	complete_routes,       delete_routes,     copy_routes,       list_versions_routes, attribute_routes,
	tagging_routes,        retention_routes,  bucket_routes,     versioning_routes,    lifecycle_routes,
	bucket_tagging_routes, encryption_routes, cors_routes,       policy_routes,        access_block_routes,
	ownership_routes,      logging_routes,    website_routes,    notification_routes,  replication_routes,
	transfer_routes,       lock_routes,       collection_routes, acl_routes,           NULL,
};

static bool before(struct call *c, bool *answered) {
	if (str_is(c->x->head.method, "OPTIONS")) {
		*answered = true;
		return cross_preflight(c);
	}
	return !post_is(c) || post_begin(c);
}

const struct face s3_face = {
	.name = "s3",
	.tables = tables,
	.store = s3_tables,
	.before = before,
	.dress = cross_dress,
	.check_body = config_check_body,
	.key = s3_key,
	.policy_of = s3_policy_of,
};

static const struct route *const account_tables[] = { account_block_routes, NULL };

const struct face s3control_face = {
	.name = "s3control", .tables = account_tables, .check_body = config_check_body, .key = s3_key
};
