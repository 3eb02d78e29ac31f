/* The options of a verb: --name VALUE, --name=VALUE, --name. */
#pragma once

#include "cli/cli.h"

enum { OPTION_VALUES_MAX = 64 };

struct option_values {
	str v[OPTION_VALUES_MAX];
	size_t n;
};

/* One of the three is set. */
struct option {
	const char *name; /* "--policy"; NULL ends a list */
	bool *flag;
	str *value; /* given twice: the last */
	struct option_values *values; /* may be given often */
};

/* An option of another program's that users type here too. */
struct habit {
	const char *name; /* NULL ends a list */
	bool valued;
	const char *instead; /* half a sentence, told to who types it; NULL: it is so anyway, and nothing is said */
};

/* Fills them in and takes them out of cli->argv: what stays there are the other words. False: an option that there is
 * not, or one without its value; said on stderr. Those of cli->habits that are not among them go
 * with what is said there. "--" ends the options. */
bool options_take(struct cli *cli, const struct option *options);
