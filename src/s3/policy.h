/* Bucket policies: are they well made, are they public, and as they are kept for decisions. (docs: Amazon S3 User
 * Guide, "Policies and permissions in Amazon S3", "The meaning of 'public'".) */
#pragma once

#include "policy/policy.h"
#include "s3/rows.h"

/* Whether AWS would take this text as the policy of this bucket; *why says in its words what is wrong. */
bool policy_check(struct arena *a, str text, str bucket, struct refusal *why);
/* Does some statement allow everybody something, without a condition that fixes who or where from? text has been
 * checked. */
bool policy_public(struct arena *a, str text);
/* Are the users and roles that it names there, as far as they are of accounts of this cloud? */
bool policy_principals_exist(struct db *db, struct arena *a, str text);

/* The policy of a bucket that has one, compiled. It stays until the arena goes, whatever becomes of the bucket's. NULL:
 * the bucket has none. A kept text that cannot be read any more denies everybody everything. */
struct kept_policy {
	const struct policy *policy;
	bool open; /* policy_public */
};
const struct kept_policy *policy_kept(struct db *db, struct arena *a, const struct bucket *b);

/* The block of public access. */
enum public_block { BLOCK_ACLS, BLOCK_IGNORE_ACLS, BLOCK_POLICY, BLOCK_RESTRICT };
/* Of the bucket or of its account: the stricter counts. */
bool block_is_set(struct db *db, struct arena *a, const struct bucket *b, enum public_block which);
/* Refuses what it prevents; what: "policies" or "access control lists (ACLs)". */
bool fail_blocked(struct call *c, const char *action, const char *what, enum public_block which);
