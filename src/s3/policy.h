/* Bucket policies: are they well made, and are they public? What they allow is not decided here. (docs: Amazon S3
 * User Guide, "Policies and permissions in Amazon S3", "The meaning of 'public'".) */
#pragma once

#include "wire/fault.h"

/* Whether AWS would take this text as the policy of this bucket; *why says in its words what is wrong. */
bool policy_check(struct arena *a, str text, str bucket, struct refusal *why);
/* Does some statement allow everybody something, without a condition that fixes who or where from? text has been
 * checked. */
bool policy_public(struct arena *a, str text);
