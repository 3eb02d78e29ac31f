/* Policy documents (IAM's JSON policy language): read and checked, compiled, and what one of them says about a request.
 * Knows no service, no store and no clock. Source of the rules: IAM User Guide, "IAM JSON policy element reference" and
 * "Policy evaluation logic".
 *
 * Variables (${aws:username}, ${key, 'default'}, ${*} ${?} ${$}) are filled in when a request is matched, and only in
 * documents of version 2012-10-17. Matching takes time in proportion to pattern and text whatever the wildcards (what
 * stands between two '*' and holds a '?' costs a 64th of its length for each byte of the text). In a Resource
 * a '*' at the end of a field runs on past colons, and fields that are missing are open ("arn:aws:sqs" is
 * "arn:aws:sqs:*:*:*"); ARN conditions are matched field by field. */
#pragma once

#include "policy/access.h"

struct policy; /* compiled; immutable, may be used by any number of threads; lives in the arena that it was read into */

/* Where a document hangs decides its grammar: who may be named, and what must be. */
enum policy_kind {
	POLICY_IDENTITY, /* managed, inline, boundary and session policies: no Principal */
	POLICY_TRUST, /* of a role: Principal wanted, no Resource, actions of sts alone */
	POLICY_RESOURCE, /* of a bucket, a topic: Principal and Resource */
};

/* What is wrong with a document, and where. */
enum policy_flaw {
	FLAW_NONE,
	FLAW_SYNTAX, /* no JSON, not UTF-8, an unknown or repeated element, an element of the wrong type */
	FLAW_VERSION, /* neither 2008-10-17 nor 2012-10-17 */
	FLAW_MISSING, /* a required element is not there; text: its name */
	FLAW_PROHIBITED, /* an element that this kind may not have; text: its name */
	FLAW_BOTH, /* Action and NotAction and the like */
	FLAW_EFFECT,
	FLAW_SID, /* characters, or not unique (identity policies) */
	FLAW_ACTION, /* no vendor prefix, or an impossible one */
	FLAW_RESOURCE, /* neither an ARN nor "*" */
	FLAW_PRINCIPAL,
	FLAW_CONDITION, /* unknown operator, or not an object of keys and values */
	FLAW_VARIABLE, /* ${ without its end, ... */
	FLAW_TRUST_ACTION, /* a trust policy may only name sts actions */
};

struct policy_error {
	enum policy_flaw flaw;
	str text; /* the piece of the document that is meant; may be absent */
	str place; /* "Statement[2].Action[0]"; for FLAW_SYNTAX "line 3, column 7" */
	str sentence; /* IAM's own for MalformedPolicyDocument, with the place behind it in brackets */
};

/* NULL: *why is filled. text is not kept. */
struct policy *policy_read(struct arena *a, str text, enum policy_kind kind, struct policy_error *why);

/* A document without statements, which policy_read does not take: as a boundary it lets nothing pass. */
const struct policy *policy_silent(void);

/* Characters of a document as IAM's quotas count them: white space outside strings does not count. */
size_t policy_size(str text);

enum say { SAY_NOTHING, SAY_ALLOW, SAY_DENY };

/* How directly an allowing statement named who asks; the higher the more direct. */
enum named {
	NAMED_NOT,
	NAMED_ACCOUNT, /* the account, also by its canonical id: it has to give the right on by an identity policy */
	NAMED_ROLE, /* the role whose session asks, the user who made the federated user's session */
	NAMED_SELF, /* the user, the session, the federated user, the service; or everybody ("*") */
};

struct said {
	enum say say;
	int statement; /* index of the statement that decided; -1: none. A denying one wins, else the first that allows
			  with the most direct naming */
	enum named named; /* of a policy with Principal, SAY_ALLOW: see above */
};

/* Who, action, resource and conditions of q against the document. For POLICY_TRUST the resource is not looked at, for
 * POLICY_IDENTITY the principal is not. */
struct said policy_says(const struct policy *p, const struct access *q);

/* --- looking into a document, for explanations and checks --- */
size_t policy_statements(const struct policy *p);
str policy_version(const struct policy *p); /* absent: none is written, which is 2008-10-17 */
str policy_sid(const struct policy *p, size_t i); /* absent if it has none */
str policy_statement_text(const struct policy *p, size_t i); /* the statement's own JSON, as it was written */
bool policy_denies(const struct policy *p, size_t i); /* Effect is Deny */
/* The patterns as written (variables unfilled); *inverse: it is NotAction, NotResource. */
const str *policy_actions(const struct policy *p, size_t i, size_t *n, bool *inverse);
const str *policy_resources(const struct policy *p, size_t i, size_t *n, bool *inverse);
/* Every condition key that the document names, and every variable, once each, as written. */
size_t policy_keys(struct arena *a, const struct policy *p, str **keys);
/* Every principal named, as (kind, text): ("AWS", "arn:..."), ("Service", ...), ("*", "*"). */
struct policy_principal {
	str kind, text;
};
size_t policy_principals(struct arena *a, const struct policy *p, struct policy_principal **out);

/* '*' any run of characters, '?' any one. Linear: see above. */
bool glob_match(str pattern, str text);
/* The same, ASCII letters alike in both cases (actions, condition keys). */
bool glob_match_case(str pattern, str text);
/* As ARNs are matched: by glob_match, and each of the first five colons of the pattern is one of the text's ("*" alone
 * matches all). */
bool arn_match(str pattern, str arn);
