/* run and shell: a program for which AWS is the local cloud, by AWS's own host names. It takes our place, so that its
 * exit code is ours and signals reach it. */
#include "cli/cli.h"
#include "wire/tree.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* AWS_ENDPOINT_URL and those of single services, also where unsetenv finds none: without a value. */
static void forget_endpoints(void) {
	char **kept = environ;
	for (char **e = environ; *e; e++) {
		if (!str_starts(str_from(*e), S("AWS_ENDPOINT_URL"))) {
			*kept++ = *e;
		}
	}
	*kept = NULL;
}

/* Node's options are added to those that there are. A name may stand there twice, and setenv changes but the first. */
static void set(struct arena *a, const struct tree *member) {
	const char *name = str_z(a, member->name);
	const char *old = str_is(member->name, "NODE_OPTIONS") ? getenv(name) : NULL;
	unsetenv(name);
	if (member->kind == TREE_STRING) {
		setenv(name, str_printf(a, STR_FMT "%s%s", STR_ARG(member->s), old ? " " : "", old ? old : "").p, true);
	}
}

/* False: said on stderr. */
static bool set_environment(struct cli *cli) {
	int status = 0;
	str body = { 0 };
	int rc = control_call(cli, "GET", "/env?transparent", &status, &body);
	const struct tree *env = !rc && status == 200 ? tree_read(cli->arena, body) : NULL;
	if (!env) {
		cli_fail(EXIT_REFUSED, STR_FMT,
			 STR_ARG(status ? str_trim(body) : S("The server does not answer; see `aerostat logs`.")));
		return false;
	}
	forget_endpoints();
	for (const struct tree *m = env->first; m; m = m->next) {
		set(cli->arena, m);
	}
	return true;
}

static int become(struct cli *cli, char **argv) {
	int rc = server_ensure(cli);
	if (rc) {
		return rc;
	}
	if (!set_environment(cli)) {
		return EXIT_REFUSED;
	}
	fflush(NULL);
	execvp(argv[0], argv);
	int error = errno;
	return cli_fail(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN, "%s cannot be run: %s.", argv[0],
			strerror(error));
}

static int run(struct cli *cli) {
	char **argv = cli->argv;
	argv += cli->argc && strcmp(argv[0], "--") == 0;
	if (!argv[0] || (argv == cli->argv && argv[0][0] == '-')) {
		return cli_usage(&verb_run);
	}
	return become(cli, argv);
}

static int shell(struct cli *cli) {
	const char *own = getenv("SHELL");
	char *argv[] = { str_z(cli->arena, str_from(own && *own ? own : "/bin/sh")), NULL };
	if (cli->argc) {
		return cli_usage(&verb_shell);
	}
	if (isatty(STDIN_FILENO)) {
		fputs("In this shell AWS is the local cloud, for every program; `exit` leaves it.\n", stderr);
	}
	return become(cli, argv);
}

const struct verb verb_run = {
	"run", "run a program for which AWS is the local cloud",
	"aerostat run [--data DIR] [--] COMMAND [ARGUMENT...]\n"
	"  Every AWS client lands here, unchanged, by AWS's own host names; any other host is refused.\n"
	"  Starts the cloud if it is not up. The exit code is the command's (127: there is no such command).",
	run
};
const struct verb verb_shell = { "shell", "a shell in which AWS is the local cloud", "aerostat shell [--data DIR]",
				 shell };
