/* Patterns of names: * any bytes, ? any one, [a-c] one of these, [!a-c] one of the others; \* \? \[ \] and \\
 * are the byte itself. */
#pragma once

#include "base/buf.h"

enum wild_style {
	WILD_PATH, /* as in a shell: * and ? and [] stop at a slash, ** does not */
	WILD_FLAT, /* as the AWS CLI's --include and --exclude: a slash is a byte like any other */
};

bool wild_match(str pattern, str text, enum wild_style style);
/* Has it a byte that stands for others? */
bool wild_is(str pattern);
/* What every match begins with, as it is without backslashes; all of a pattern that is none. */
str wild_prefix(struct arena *a, str pattern);

enum { FILTERS_MAX = 64 };

/* --exclude and --include in the order that they were given in: the last that matches wins, and what none matches is
 * in. */
struct filter {
	bool include;
	str pattern;
};
struct filters {
	struct filter v[FILTERS_MAX];
	size_t n;
};
bool filters_let(const struct filters *f, str name);
