/* The rules of a lifecycle configuration. (docs: Amazon S3 API Reference, PutBucketLifecycleConfiguration; User
 * Guide, "Lifecycle configuration elements" and "Constraints and considerations for transitions".) */
#pragma once

#include "wire/fault.h"

/* Whether AWS would take these rules (a value of LifecycleRules); *why says in its words what is wrong with the
 * first bad one. Rules without an ID get one, rules are otherwise left as they are. */
bool lifecycle_check(struct arena *a, struct val *rules, struct refusal *why);
