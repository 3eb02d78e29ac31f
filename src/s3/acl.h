/* Access control lists: who owns, who is granted what. Kept as a document (JSON of GetBucketAcl's answer), of a
 * bucket as its configuration "acl", of an object among its headers as "acl". They do not act yet. (docs: Amazon S3
 * User Guide, "Access control list (ACL) overview", "Controlling ownership of objects".) */
#pragma once

#include "s3/rows.h"

bool ownership_known(str ownership); /* is it one of the three settings? */
/* BucketOwnerEnforced: the call's bucket takes no ACLs. */
bool acls_disabled(struct call *c, struct db *db);
/* Does the kept list grant anybody but its owner something? */
bool acl_shares(struct call *c, str document);

/* What CreateBucket asks for; ownership as asked, absent: the default. Absent: the owner's alone. */
bool acl_of_birth(struct call *c, str ownership, str *document);
/* What PutObject, CopyObject, CreateMultipartUpload ask for in headers. Absent: the owner's alone. */
bool acl_of_object(struct call *c, str *document);
