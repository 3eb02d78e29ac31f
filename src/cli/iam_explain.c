/* What the running server knows of its decisions: explain, who-can, suggest. */
#include "cli/iam.h"

#include <stdio.h>

/* "/iam/NAME.txt?" or without ".txt", then the parameters. */
static struct buf begin(struct cli *cli, const char *name) {
	struct buf path = { .arena = cli->arena };
	putf(&path, "/iam/%s%s?", name, cli->json ? "" : ".txt");
	return path;
}

static void add(struct buf *path, const char *name, const char *value) {
	putf(path, "%s=", name);
	put_url(path, str_from(value), false);
	putz(path, "&");
}

static int ask(struct cli *cli, struct buf *path) {
	put_byte(path, '\0');
	return control_print(cli, "GET", path->p);
}

int iam_explain(struct cli *cli) {
	struct buf path = begin(cli, "explain");
	if (cli->argc > 1 || (cli->argc && cli->argv[0][0] == '-')) {
		return iam_usage("explain");
	}
	if (cli->argc) {
		add(&path, "request", cli->argv[0]);
	}
	return ask(cli, &path);
}

static const char *const who_can_options[] = { "account", NULL }, *const suggest_options[] = { "principal", "since",
											       NULL };

/* --NAME VALUE or --NAME=VALUE of one of the names, at argv[*i], which goes past it. */
static bool take_option(struct cli *cli, int *i, const char *const *names, struct buf *path) {
	const char *arg = cli->argv[*i];
	for (; *names; names++) {
		size_t n = strlen(*names);
		if (strncmp(arg, "--", 2) != 0 || strncmp(arg + 2, *names, n) != 0) {
			continue;
		}
		if (arg[2 + n] == '=') {
			add(path, *names, arg + n + 3);
			return true;
		}
		if (!arg[2 + n] && *i + 1 < cli->argc) {
			add(path, *names, cli->argv[++*i]);
			return true;
		}
	}
	return false;
}

int iam_who_can(struct cli *cli) {
	static const char *const names[] = { "action", "resource" };
	struct buf path = begin(cli, "who-can");
	int n = 0;
	for (int i = 0; i < cli->argc; i++) {
		if (take_option(cli, &i, who_can_options, &path)) {
			continue;
		}
		if (n == 2 || cli->argv[i][0] == '-') {
			return iam_usage("who-can");
		}
		add(&path, names[n++], cli->argv[i]);
	}
	return n == 2 ? ask(cli, &path) : iam_usage("who-can");
}

int iam_suggest(struct cli *cli) {
	struct buf path = begin(cli, "suggest");
	bool whom = false;
	for (int i = 0; i < cli->argc; i++) {
		if (strcmp(cli->argv[i], "--verify") == 0) {
			putz(&path, "verify&");
			continue;
		}
		whom = whom || strncmp(cli->argv[i], "--principal", 11) == 0;
		if (!take_option(cli, &i, suggest_options, &path)) {
			return iam_usage("suggest");
		}
	}
	return whom ? ask(cli, &path) : iam_usage("suggest");
}
