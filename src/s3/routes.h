/* The operations of S3, a table a file; s3.c puts them together. */
#pragma once

#include "core/call.h"

#define TIER1 "Requests-Tier1" /* PUT, COPY, POST and lists */
#define TIER2 "Requests-Tier2" /* GET and all others; deletions are free */

/* buckets */
extern const struct route bucket_routes[], versioning_routes[];
/* their configurations */
extern const struct route lifecycle_routes[], bucket_tagging_routes[], encryption_routes[], cors_routes[],
	policy_routes[], access_block_routes[], ownership_routes[], logging_routes[], website_routes[],
	notification_routes[], replication_routes[], transfer_routes[], lock_routes[], collection_routes[],
	acl_routes[];
/* accounts: of S3's other service */
extern const struct route account_block_routes[];
/* objects */
extern const struct route object_routes[], put_routes[], delete_routes[], copy_routes[], attribute_routes[],
	tagging_routes[], retention_routes[], upload_routes[], part_routes[], complete_routes[], list_routes[],
	list_versions_routes[];
