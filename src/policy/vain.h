/* What a policy document says in vain: statements and actions that can never match, conditions that no request can
 * meet; and what it allows too widely. By the tables of actions.h; services that those do not have are left alone. */
#pragma once

#include "policy/policy.h"

enum finding_kind {
	FINDING_NEVER, /* can never match */
	FINDING_ABSENT, /* names what is not there (the caller's: a bucket that does not exist) */
	FINDING_NOTE, /* matches, but perhaps not as it was meant */
};

struct finding {
	enum finding_kind kind;
	int statement; /* from 0; -1: the whole document */
	str subject; /* the action, key or bucket that is meant */
	str text; /* "s3:ListBucket can never match: it is asked of a bucket, and no Resource here is one" */
	str cure; /* a sentence; absent: none is known */
	struct finding *next;
};

struct findings {
	struct arena *arena;
	struct finding *first, *last;
	size_t n, never;
};

const char *finding_name(enum finding_kind k); /* "never", "absent", "note" */
void finding_add(struct findings *f, const struct finding *one);

/* What kind of document is this? By its elements; anything that cannot be read is an identity policy. */
enum policy_kind policy_kind_of(str text);
void policy_vain(struct findings *f, const struct policy *p, enum policy_kind kind);
/* The buckets that Resource elements name in full, once each. */
size_t policy_buckets(struct arena *a, const struct policy *p, str **out);
