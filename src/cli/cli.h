/* The toolkit, aerostat: one file a verb. Exit codes: 0 done, 1 refused or failed (one sentence on stderr), 2 wrong
 * usage. */
#pragma once

#include "base/buf.h"

enum { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE };

struct habit;

struct cli {
	struct arena *arena;
	const struct habit *habits; /* options.h; NULL: none */
	str data; /* the data folder: --data, else its default */
	bool json, default_data;
	int argc; /* what follows the verb, without --data and --json */
	char **argv;
};

struct verb {
	const char *name, *summary, *usage;
	int (*run)(struct cli *cli);
};

extern const struct verb verb_up, verb_down, verb_status, verb_env, verb_logs, verb_clock, verb_fsck, verb_iam, verb_s3,
	verb_run, verb_shell;

/* A line on stdout. Names and messages of others may be in it: what a terminal would obey, or would begin another line
 * with, is shown as \u001b. --json is for programs that want names as they are. */
void cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Says one sentence on stderr, as cli_say does, and returns code. */
int cli_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Wrong usage of a verb: says how it is used. */
int cli_usage(const struct verb *verb);

/* aerostatd, which stands beside the toolkit. */
char *server_path(struct cli *cli);

/* One request to the running server of cli->data. 0 and the answer, whose status is *status; -errno: it is not up. */
int control_call(struct cli *cli, const char *method, const char *path, int *status, str *body);
bool server_is_up(struct cli *cli);
/* Starts the server if it is not up, as `aerostat up` does without options, and says so on stderr. An exit code; what
 * kept it down is said on stderr. */
int server_ensure(struct cli *cli);
/* The same for verbs: prints the answer to stdout, or a refusal's sentence to stderr; the exit code. */
int control_print(struct cli *cli, const char *method, const char *path);
