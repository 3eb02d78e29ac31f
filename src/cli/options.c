#include "cli/options.h"

static const struct option *find(const struct option *options, str name) {
	for (const struct option *o = options; o->name; o++) {
		if (str_is(name, o->name)) {
			return o;
		}
	}
	return NULL;
}

static bool no(const char *what, str name) {
	cli_fail(EXIT_USAGE, "%s " STR_FMT ".", what, STR_ARG(name));
	return false;
}

static bool keep(const struct option *o, str value) {
	if (o->value) {
		*o->value = value;
		return true;
	}
	if (o->values->n == OPTION_VALUES_MAX) {
		return no("Too many of", str_from(o->name));
	}
	o->values->v[o->values->n++] = value;
	return true;
}

static bool take_habit(const struct cli *cli, str arg, str name, int *i) {
	for (const struct habit *h = cli->habits; h && h->name; h++) {
		if (str_is(name, h->name)) {
			*i += !h->instead && h->valued && name.n == arg.n;
			return !h->instead ||
			       cli_fail(EXIT_USAGE, "There is no option %s: %s.", h->name, h->instead) == 0;
		}
	}
	return no("There is no option", arg);
}

/* The option at cli->argv[*i]; *i goes on to its value. */
static bool take(struct cli *cli, const struct option *options, int *i) {
	str arg = str_from(cli->argv[*i]), name, value;
	bool joined = str_cut(arg, '=', &name, &value);
	const struct option *o = find(options, name);
	if (!o) {
		return take_habit(cli, arg, name, i);
	}
	if (o->flag && joined) {
		return no("No value goes with", str_from(o->name));
	}
	if (o->flag) {
		*o->flag = true;
		return true;
	}
	if (!joined && *i + 1 >= cli->argc) {
		return no("A value is missing behind", arg);
	}
	return keep(o, joined ? value : str_from(cli->argv[++*i]));
}

bool options_take(struct cli *cli, const struct option *options) {
	int n = 0;
	bool ended = false;
	for (int i = 0; i < cli->argc; i++) {
		str arg = str_from(cli->argv[i]);
		if (ended || !str_starts(arg, S("-")) || arg.n == 1) {
			cli->argv[n++] = cli->argv[i];
		} else if (str_is(arg, "--")) {
			ended = true;
		} else if (!take(cli, options, &i)) {
			return false;
		}
	}
	cli->argc = n;
	return true;
}
