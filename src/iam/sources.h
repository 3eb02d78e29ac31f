/* What binds an entity, with the documents as they were given: for simulations and explanations. */
#pragma once

#include "core/entity.h"
#include "core/identity.h"

struct sources {
	struct bound *v;
	size_t n;
};

/* All policies that hang on a group. */
struct sources sources_of_group(struct db *db, struct arena *a, const struct entity *group);
/* The text of a policy that hangs on an entity (bound.from, bound.name) or is managed. Absent: it has gone. */
str source_text(struct db *db, struct arena *a, const struct bound *b);

/* Outside a call: whose the resource of q->resource is, and what policy it has that matters to q->action (that a role
 * trusts somebody matters to sts alone). An ARN that nobody here knows says by itself whose it may be; account is
 * absent if it does not. False: nobody knows it. */
bool resource_find(const struct face *const *faces, struct db *db, struct arena *a, const struct access *q,
		   struct resource *out);

/* Where the statements of p stand in the text that p was read from, lines and columns counted from 1. As AWS has it,
 * one begins right behind what stands before it, and ends behind its last brace. NULL: that is not its text. */
struct place {
	int64_t line, column;
};
struct span {
	struct place start, end;
};
const struct span *statement_places(struct arena *a, str text, const struct policy *p);
