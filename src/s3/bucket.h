/* How a bucket comes to be and goes, for the operations and for whoever makes buckets beside them (bootstrap,
 * jobs). */
#pragma once

#include "s3/rows.h"

enum { BUCKETS_MAX = 10000 }; /* an account */

/* What a new bucket is given. */
struct bucket_birth {
	str name, account, region;
	bool object_lock;
	str ownership; /* absent: BucketOwnerEnforced */
	str acl; /* a kept document (s3/acl.h); absent: the owner's alone */
	str tags; /* a kept document; absent: none */
};

/* In a work: a bucket that no one has the name of yet, with all four blocks of public access set, as AWS makes them
 * since April 2023. Its id, or 0: the database failed. */
int64_t bucket_insert(struct db *db, const struct bucket_birth *b);
