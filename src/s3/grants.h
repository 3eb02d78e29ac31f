/* Grants as requests say them: a canned name, headers, a document. For acl.c. */
#pragma once

#include "s3/rows.h"

struct acl_input {
	struct call *c;
	str owner, owner_name; /* whose the bucket or the object is */
	str bucket_owner, bucket_owner_name;
	str canned; /* absent: none */
	bool headers; /* some x-amz-grant-* */
	const struct val *policy; /* AccessControlPolicy of the body; NULL: none */
};

/* Reads what the call has; fails where two ways of saying it are mixed. */
bool grants_input(struct call *c, struct acl_input *in);
/* Fills Owner and Grants of acl (of GetBucketAcl's shape). Fails with AWS's codes for what is not well said. */
bool grants_read(const struct acl_input *in, struct val *acl);
/* Does it grant this caller that permission ("READ")? open: grants to everybody and to all accounts count. */
bool grants_permit(const struct val *acl, const struct principal *who, const char *permission, bool open);
/* Is it for everybody, or for every AWS account? */
bool grants_public(const struct val *acl);
/* FULL_CONTROL for the owner and nothing else. */
bool grants_private(const struct val *acl);
