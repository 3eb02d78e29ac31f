/* S3: buckets, objects, versions, uploads. This is the face for the other services and the daemon. */
#pragma once

#include "core/call.h"

extern const struct face s3_face;
extern const struct face s3control_face; /* what is of a whole account */

struct cloud;

/* For --bootstrap. 0, -EEXIST (the same owner has it already), -EINVAL (no bucket name, or another's), -errno. */
int s3_bucket_create(struct cloud *cloud, str name, str account, str region);
/* The policy of a bucket that is there, as PutBucketPolicy would take it. 0; -EINVAL, and *why says why; -errno. */
int s3_bucket_put_policy(struct cloud *cloud, struct arena *a, str name, str policy, str *why);
