/* What asks the running server: status, env, clock, fsck; and its log. */
#include "base/fd.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>

static int plain(struct cli *cli, const struct verb *verb, const char *method, const char *path) {
	if (cli->argc) {
		return cli_usage(verb);
	}
	return control_print(cli, method, str_printf(cli->arena, "%s%s", path, cli->json ? "" : ".txt").p);
}

static int status(struct cli *cli) {
	return plain(cli, &verb_status, "GET", "/status");
}

static int env(struct cli *cli) {
	if (cli->argc == 1 && strcmp(cli->argv[0], "--transparent") == 0) {
		return control_print(cli, "GET", cli->json ? "/env?transparent" : "/env.txt?transparent");
	}
	return plain(cli, &verb_env, "GET", "/env");
}

/* A server that is down is not needed for it: the folder is checked as it lies there. */
static int check_folder(struct cli *cli) {
	char *argv[] = { server_path(cli),
			 str_z(cli->arena, S("--data")),
			 str_z(cli->arena, cli->data),
			 str_z(cli->arena, S("--fsck")),
			 cli->json ? str_z(cli->arena, S("--json")) : NULL,
			 NULL };
	const char *db = str_printf(cli->arena, STR_FMT "/aerostat.db", STR_ARG(cli->data)).p;
	if (access(db, F_OK) < 0) {
		return cli_fail(EXIT_REFUSED, "There is no cloud in " STR_FMT ".", STR_ARG(cli->data));
	}
	execv(argv[0], argv);
	return cli_fail(EXIT_REFUSED, "%s cannot be run: %s.", argv[0], strerror(errno));
}

static int fsck(struct cli *cli) {
	if (!cli->argc && !server_is_up(cli)) {
		return check_folder(cli);
	}
	return plain(cli, &verb_fsck, "POST", "/fsck");
}

static int move_clock(struct cli *cli, const char *how, const char *value) {
	struct buf path = { .arena = cli->arena };
	putf(&path, "/clock%s?%s=", cli->json ? "" : ".txt", how);
	put_url(&path, str_from(value), false);
	put_byte(&path, '\0');
	return control_print(cli, "POST", path.p);
}

static int show_or_move_clock(struct cli *cli) {
	if (cli->argc == 0) {
		return plain(cli, &verb_clock, "GET", "/clock");
	}
	const char *how = cli->argv[0];
	bool valued = strcmp(how, "advance") == 0 || strcmp(how, "set") == 0;
	if (cli->argc == (valued ? 2 : 1) && (valued || strcmp(how, "reset") == 0)) {
		return move_clock(cli, how, valued ? cli->argv[1] : "");
	}
	return cli_usage(&verb_clock);
}

static int copy_rest(int fd) {
	char bytes[16384];
	for (;;) {
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n <= 0) {
			return n < 0 && errno != EINTR ? -errno : 0;
		}
		int rc = write_all(STDOUT_FILENO, bytes, (size_t)n);
		if (rc) {
			return rc;
		}
	}
}

static int follow(int fd, const char *path) {
	char event[4096];
	AUTO_CLOSE watch = inotify_init1(IN_CLOEXEC);
	if (watch < 0 || inotify_add_watch(watch, path, IN_MODIFY) < 0) {
		return -errno;
	}
	for (;;) {
		int rc = copy_rest(fd);
		if (rc || read(watch, event, sizeof(event)) < 0) {
			return rc;
		}
	}
}

static int logs(struct cli *cli) {
	bool following = cli->argc == 1 && (strcmp(cli->argv[0], "-f") == 0 || strcmp(cli->argv[0], "--follow") == 0);
	const char *path = str_printf(cli->arena, STR_FMT "/server.log", STR_ARG(cli->data)).p;
	if (cli->argc && !following) {
		return cli_usage(&verb_logs);
	}
	AUTO_CLOSE fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return cli_fail(EXIT_REFUSED,
				"There is no log at %s: the server was never started there by `aerostat up`.", path);
	}
	int rc = following ? follow(fd, path) : copy_rest(fd);
	return rc ? cli_fail(EXIT_REFUSED, "%s: %s.", path, strerror(-rc)) : EXIT_DONE;
}

const struct verb verb_status = { "status", "is it up, where, with what", "aerostat status [--data DIR] [--json]",
				  status };
const struct verb verb_env = {
	"env", "lines that point a shell at it: eval \"$(aerostat env)\"",
	"aerostat env [--transparent] [--data DIR] [--json]\n"
	"  --transparent: AWS's own host names, by a proxy and a certificate authority of its own",
	env
};
const struct verb verb_logs = { "logs", "what the server has written to its log", "aerostat logs [-f] [--data DIR]",
				logs };
const struct verb verb_clock = { "clock", "show or move the cloud's clock",
				 "aerostat clock [advance SPAN | set TIME | reset] [--data DIR] [--json]\n"
				 "  SPAN: 90d, 12h, 1d12h, 30m, 45s, 2w      TIME: 2027-01-31T12:00:00Z",
				 show_or_move_clock };
const struct verb verb_fsck = { "fsck", "check every stored body against its row",
				"aerostat fsck [--data DIR] [--json]", fsck };
