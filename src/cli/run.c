/* run and shell: a program for which AWS is the local cloud, by AWS's own host names. It takes our place, so that its
 * exit code is ours and signals reach it. */
#include "cli/allow.h"
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

/* others: certificates also of hosts that are not AWS's; NULL: none such is reached. */
static void set_all(struct arena *a, const struct tree *env, const char *others) {
	static const char *const bundles[] = { "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", NULL };
	forget_endpoints();
	for (const struct tree *m = env->first; m; m = m->next) {
		set(a, m);
	}
	for (const char *const *b = bundles; others && *b; b++) {
		setenv(*b, others, true);
	}
}

/* allowed: hosts that the program reaches itself. False: said on stderr. */
static bool set_environment(struct cli *cli, str allowed) {
	int status = 0;
	str body = { 0 };
	str path = str_printf(cli->arena, "/env?transparent&allow=" STR_FMT, STR_ARG(allowed));
	int rc = control_call(cli, "GET", str_z(cli->arena, path), &status, &body);
	const struct tree *env = !rc && status == 200 ? tree_read(cli->arena, body) : NULL;
	if (!env) {
		cli_fail(EXIT_REFUSED, STR_FMT,
			 STR_ARG(status ? str_trim(body) : S("The server does not answer; see `aerostat logs`.")));
		return false;
	}
	const char *others = NULL;
	const struct tree *own = tree_get(env, "AWS_CA_BUNDLE");
	if (allowed.n && own && !allow_trust(cli, str_z(cli->arena, own->s), &others)) {
		return false;
	}
	set_all(cli->arena, env, others);
	return true;
}

static int become(struct cli *cli, char **argv, str allowed) {
	int rc = server_ensure(cli);
	if (rc) {
		return rc;
	}
	if (!set_environment(cli, allowed)) {
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
	str allowed;
	if (!allow_take(cli, &argv, &allowed)) {
		return EXIT_USAGE;
	}
	bool ended = argv[0] && strcmp(argv[0], "--") == 0;
	argv += ended;
	if (!argv[0] || (!ended && argv[0][0] == '-')) {
		return cli_usage(&verb_run);
	}
	return become(cli, argv, allowed);
}

static int shell(struct cli *cli) {
	const char *own = getenv("SHELL");
	char *argv[] = { str_z(cli->arena, str_from(own && *own ? own : "/bin/sh")), NULL };
	char **rest = cli->argv;
	str allowed;
	if (!allow_take(cli, &rest, &allowed)) {
		return EXIT_USAGE;
	}
	if (*rest) {
		return cli_usage(&verb_shell);
	}
	if (isatty(STDIN_FILENO)) {
		fputs("In this shell AWS is the local cloud, for every program; `exit` leaves it.\n", stderr);
	}
	return become(cli, argv, allowed);
}

const struct verb verb_run = {
	"run", "run a program for which AWS is the local cloud",
	"aerostat run [--data DIR] [--allow-host=HOST[,HOST...]] [--] COMMAND [ARGUMENT...]\n"
	"  Every AWS client lands here, unchanged, by AWS's own host names; any other host is refused, but those that\n"
	"  --allow-host names, with what is below them: the command reaches them itself.\n"
	"  Starts the cloud if it is not up. The exit code is the command's (127: there is no such command).",
	run
};
const struct verb verb_shell = { "shell", "a shell in which AWS is the local cloud",
				 "aerostat shell [--data DIR] [--allow-host=HOST[,HOST...]]", shell };
