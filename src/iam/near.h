/* A statement taken apart: which of its parts fit a request and which do not. Each part is put into a document of its
 * own and asked for by policy_says, so that what is explained is what is enforced. For explanations alone: a decision
 * never comes this way. Documents are read as of version 2012-10-17. */
#pragma once

#include "policy/policy.h"

/* One line of a Condition that the request does not meet. */
struct unmet {
	str op, key; /* "StringEquals", "s3:prefix" */
	const str *wanted;
	size_t n_wanted;
	const str *had;
	size_t n_had;
	bool has; /* the request has the key at all */
};

struct near {
	bool principal, action, resource, condition; /* does the part fit? principal: of policies that have one */
	const struct unmet *unmet;
	size_t n_unmet;
};

/* Statement i of p, which is of this kind, against q. */
void near_look(const struct policy *p, size_t i, enum policy_kind kind, const struct access *q, struct near *out);

/* A document of that statement alone. */
const struct policy *statement_alone(struct arena *a, const struct policy *p, size_t i, enum policy_kind kind);

/* The lines of a statement's Condition; had and has are not filled. */
size_t statement_conditions(struct arena *a, const struct policy *p, size_t i, const struct unmet **out);

/* Could the statement be about this action, whatever else it says? */
bool statement_acts(const struct policy *p, size_t i, str action);

/* The statements of p about an action without the lines of their Conditions whose key is not known, as one sees them
 * who does not know the request: hopeful takes what is not known as met in what allows and as not met in what denies,
 * else the other way round. Statements that could not apply then are left out: at[j] is the place in p of statement j.
 * NULL: none is left. p itself when nothing depends on what is not known (at is filled all the same). */
struct guess {
	enum policy_kind kind;
	bool hopeful;
	str action;
	bool (*known)(const void *arg, str key);
	const void *arg;
};
const struct policy *policy_guess(struct arena *a, const struct policy *p, const struct guess *g, size_t **at);
