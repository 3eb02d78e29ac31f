/* Object lock: what keeps a version from going. It is kept among the version's headers, under their names. (docs:
 * Amazon S3 User Guide, "Locking objects with Object Lock"; API reference: PutObjectRetention, PutObjectLegalHold.) */
#pragma once

#include "s3/rows.h"

struct lock {
	str mode; /* GOVERNANCE or COMPLIANCE; absent: no retention */
	int64_t until; /* ms; of a retention, which may be over */
	str hold; /* the legal hold, ON or OFF; absent: it never had one */
};

struct lock lock_of(str meta);
str lock_kept(struct arena *a, str meta, const struct lock *l); /* meta with this lock in place of its own */

/* May a version that is locked so be removed now? bypass: GOVERNANCE does not count. For all that removes versions. */
bool lock_lets_go(const struct lock *l, bool bypass);
/* May `to` come in the place of `from`, which is all about retention? An end is only ever put off. */
bool lock_lets_change(const struct lock *from, const struct lock *to, bool bypass);
bool fail_locked(struct call *c); /* AccessDenied in AWS's sentence */
extern const char lock_sentence[];
/* Does the caller ask for GOVERNANCE to be passed over (x-amz-bypass-governance-retention)? That he may is asked
 * elsewhere: s3:BypassGovernanceRetention. */
bool lock_bypassed(struct call *c);

/* The bucket has object lock, or fails with InvalidRequest. */
bool lock_served(struct call *c);
/* For what makes an object: *meta gets the lock that the headers ask for, in place of any other. Fails: InvalidRequest
 * (no object lock in this bucket), InvalidArgument, and as s3:PutObjectRetention and s3:PutObjectLegalHold say. */
bool lock_of_input(struct call *c, str *meta);
/* What the call asks for, for its decision: by headers or, of PutObjectRetention and PutObjectLegalHold, by its body.
 * Nothing in it has been checked. */
struct lock lock_asked(struct call *c);
/* Bytes that will be locked, by their own headers or the bucket's default, come with a checksum. what: "Object" or
 * "Part". Fails with InvalidRequest. */
bool lock_wants_sum(struct call *c, str meta, bool has_sum, const char *what);
/* A new version or upload of that time that was given no retention: the bucket's default, if there is one. In a work
 * (db: the committer's). */
void lock_by_default(struct call *c, struct db *db, int64_t modified, str *meta);
/* The lock's members of a GetObject or HeadObject output, as far as the caller may know them. */
void lock_show(struct call *c, str meta);

/* An end that is asked for is to come. Fails with InvalidArgument. */
bool lock_in_future(struct call *c, int64_t until);
