/* The policy of a form upload: until when, and what its fields may be (docs: Amazon S3 API Reference, "Creating a POST
 * policy"). */
#pragma once

#include "core/call.h"
#include "s3/form.h"

/* How long the file may be. */
struct post_limits {
	int64_t min, max;
};

/* document: as it was sent, in base64. f's key must have its file name put in, and bucket be a field. Narrows limits.
 * Fails: InvalidPolicyDocument, AccessDenied with what did not hold. */
bool post_policy_holds(struct call *c, str document, const struct form *f, struct post_limits *limits);
