/* What decisions are about: a bucket or an object as a struct resource, with the bucket's policy and who its ACLs let
 * in. (docs: Amazon S3 User Guide, "How Amazon S3 authorizes a request"; IAM's Service Authorization Reference for what
 * condition keys an action has.) */
#pragma once

#include "s3/rows.h"

/* resource.subject of this room's resources. */
struct target {
	struct bucket *bucket;
	str key; /* absent: the bucket itself */
	str version; /* absent: the current one */
	bool seen; /* the object that is there: conditions see its tags */
	bool looked, found; /* inside, from here on */
	struct object object;
};

/* b lives as long as the call. */
void bucket_resource(struct call *c, struct bucket *b, struct resource *out);
/* A key of that bucket (bucket may be another key's), for what does not look at the object that is there: to make one,
 * to delete one. */
void object_resource(struct call *c, const struct resource *bucket, str key, str version, struct resource *out);
/* The same for an action that looks at the object that is there, if this is one: conditions see its tags, and what is
 * the object owner's to allow is his and no more the bucket owner's, whose policy can only deny then. */
void resource_see(struct call *c, struct resource *object, const char *action, str version);

/* The object or marker that a resource stands for. NULL: there is none. */
const struct object *target_object(struct call *c, struct target *t);

/* resource.granted: by an ACL, or because the caller's account began this upload. */
bool acl_grants(struct call *c, const char *action, const struct resource *r);
/* face.key and face.policy_of. */
bool s3_key(struct call *c, const struct resource *r, str key, struct values *out);
bool s3_policy_of(struct db *db, struct arena *a, str arn, struct resource *out);
