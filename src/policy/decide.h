/* The decision: AWS's documented order over all policies that bear on a request (IAM User Guide, "Policy evaluation
 * logic": within one account, across accounts; "Permissions boundaries", "Session policies").
 *   1. an explicit deny anywhere
 *   2. a service acting by itself, an anonymous caller: the resource's policy (or its ACL) alone
 *   3. root of the resource's account: allowed (a boundary or identity policy never binds it; a session policy does)
 *   4. in one account: what the resource's policy grants to the user, the session or everybody is granted; what it
 *      grants to a role, or to the user who made a federated user's session, still passes the boundary and the
 *      session's policies; what it grants to the account, nothing by itself
 *   5. identity policies, cut by the boundary, cut by the session's policies (a federated user's session without
 *      any: nothing)
 *   6. across accounts: 5 in the caller's account and the resource's policy (any naming), or its ACL */
#pragma once

#include "policy/policy.h"

/* A policy that binds somebody, and what it is called. */
struct bound {
	const struct policy *policy;
	str name; /* the ARN of a managed policy; of an inline one its name */
	str from; /* ARN of the user, group, role or resource that it hangs on; absent: handed over (session, ...) */
};

enum layer { /* what decided */
	     LAYER_NONE,
	     LAYER_ROOT,
	     LAYER_IDENTITY,
	     LAYER_BOUNDARY,
	     LAYER_SESSION,
	     LAYER_RESOURCE, /* also a role's trust policy */
	     LAYER_ACL,
	     LAYER_BLOCK, /* public access block: the resource's policy would allow, but is public and restricted */
};

struct question {
	struct access access;
	str resource_account; /* owner; absent: the caller's own */
	const struct bound *identity;
	size_t n_identity;
	const struct bound *boundary; /* NULL: none */
	const struct bound *session;
	size_t n_session;
	bool has_session; /* session policies bind: no allow in them is a deny (n_session may be 0: nothing is) */
	const struct bound *resource; /* the resource's policy; NULL: none */
	bool restricted; /* its allows do not count for other accounts and anonymous (RestrictPublicBuckets) */
	bool granted; /* an ACL of the resource allows it */
	bool owner_may; /* root of its account may whatever the resource's policy denies (s3:PutBucketPolicy) */
	bool trust; /* the resource is a role and resource its trust policy: it must allow in any case; in one
		       account it suffices if it names who asks directly, else identity policies must allow too */
};

struct verdict {
	bool allowed, explicit_deny; /* neither: implicit deny */
	enum layer layer;
	const struct bound *by; /* the policy that decided; NULL: none did (or the ACL, or being root) */
	int statement; /* in it; -1 */
};

void decide(const struct question *q, struct verdict *out);

/* What an AccessDenied sentence ends with, as AWS words it now: " because no identity-based policy allows the
 * s3:GetObject action", " with an explicit deny in a permissions boundary: arn:aws:iam::123456789012:policy/edge" (a
 * managed policy goes by its ARN; an inline one and the resource's own by nothing), ... Absent when allowed. */
str verdict_reason(struct arena *a, const struct verdict *v, str action);
/* Which policy and statement, for people: "statement AllowRead of arn:aws:iam::aws:policy/ReadOnlyAccess (of group
 * ml-team)", "no identity policy allows it". */
str verdict_words(struct arena *a, const struct verdict *v, str action);
/* "statement AllowRead of X (of arn:aws:iam::123456789012:user/alice)"; one without a Sid goes by its number, from
 * 1. */
str bound_words(struct arena *a, const struct bound *b, size_t statement);
const char *layer_name(enum layer l); /* "identity", "boundary", "session", "resource", ... */
