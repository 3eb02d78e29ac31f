/* What stands for KMS until it comes: every account has the key that AWS makes for S3, aws/s3, and no other. */
#pragma once

#include "core/call.h"

/* The ARN of the key that a request or a bucket names, by its id, its ARN, alias/aws/s3 or that alias's ARN; named none
 * (absent or empty): aws/s3 of the caller's account. Fails with KMS.NotFoundException. */
bool kms_key(struct call *c, str named, str *arn);
