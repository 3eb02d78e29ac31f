/* Access control lists: who owns, who is granted what. Kept as a document (JSON of GetBucketAcl's answer), of a
 * bucket as its configuration "acl", of an object among its headers as "acl". What they let pass: acl_grants of
 * resource.h. (docs: S3 User Guide, "Access control list (ACL) overview", "Controlling ownership of objects".) */
#pragma once

#include "s3/rows.h"

bool ownership_known(str ownership); /* is it one of the three settings? */
enum ownership ownership_of(str ownership); /* one of the three */
/* The account that owns the object which this call makes; "": nobody's. */
str object_owner(struct call *c);
/* An owner as S3 shows him, also of what somebody without an account has put. False: no such account. */
bool owner_known(struct db *db, struct arena *a, str account, str *id, str *name);
const struct val *acl_read(struct call *c, str document); /* of GetBucketAcl's shape */
/* Does the kept list grant anybody but its owner something? */
bool acl_shares(struct call *c, str document);

/* What CreateBucket asks for; ownership as asked, absent: the default. Absent: the owner's alone. */
bool acl_of_birth(struct call *c, str ownership, str *document);
/* What PutObject, CopyObject, CreateMultipartUpload ask for in headers. Absent: the owner's alone. */
bool acl_of_object(struct call *c, str *document);
