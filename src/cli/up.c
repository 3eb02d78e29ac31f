/* up and down: the server's process. */
#include "base/clock.h"
#include "base/fd.h"
#include "base/version.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { READY_MS = 30000, DOWN_MS = 15000, LOG_SHOWN = 4096 };

char *server_path(struct cli *cli) {
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	str dir = { self, n > 0 ? (size_t)n : 0 };
	while (dir.n && dir.p[dir.n - 1] != '/') {
		dir.n--;
	}
	return str_z(cli->arena, str_printf(cli->arena, STR_FMT "aerostatd", STR_ARG(dir)));
}

/* aerostatd --data DIR and what was given besides. */
static char **server_argv(struct cli *cli, bool *foreground) {
	char **argv = NEWS(cli->arena, char *, cli->argc + 4);
	int n = 0;
	argv[n++] = server_path(cli);
	argv[n++] = str_z(cli->arena, S("--data"));
	argv[n++] = str_z(cli->arena, cli->data);
	for (int i = 0; i < cli->argc; i++) {
		if (strcmp(cli->argv[i], "--foreground") == 0) {
			*foreground = true;
		} else {
			argv[n++] = cli->argv[i];
		}
	}
	return argv;
}

static pid_t start(char **argv, int log, int *out) {
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -1;
	}
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);
		setsid();
		dup2(null, STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		execv(argv[0], argv);
		fprintf(stderr, "aerostatd: %s cannot be run: %s.\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	*out = ends[0];
	return pid;
}

/* True once the server has said that it is ready; false when it ended or took too long. */
static bool wait_ready(int fd) {
	char line[256];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	if (poll(&p, 1, READY_MS) <= 0) {
		return false;
	}
	ssize_t n = read(fd, line, sizeof(line));
	return n > 5 && memcmp(line, "ready", 5) == 0;
}

/* What the server wrote to its log since it was started: why it did not come up. */
static int tell_why(const char *log_path, off_t from) {
	char text[LOG_SHOWN];
	AUTO_CLOSE fd = open(log_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text), from);
	if (n <= 0) {
		return cli_fail(EXIT_REFUSED, "The server did not come up and did not say why; see %s.", log_path);
	}
	fwrite(text, 1, (size_t)n, stderr);
	return EXIT_REFUSED;
}

static int greet(struct cli *cli) {
	int status;
	str body;
	if (cli->json) {
		return control_print(cli, "GET", "/status");
	}
	int rc = control_call(cli, "GET", "/status.txt", &status, &body);
	if (rc) {
		return cli_fail(EXIT_REFUSED, "The server came up, but does not answer: %s.", strerror(-rc));
	}
	printf(STR_FMT "\n", STR_ARG(body));
	rc = control_call(cli, "GET", "/env.txt", &status, &body);
	if (!rc && status == 200) {
		const char *where =
			cli->default_data ? "" : str_printf(cli->arena, " --data " STR_FMT, STR_ARG(cli->data)).p;
		printf(STR_FMT "\nThese lines point a shell at it:  eval \"$(aerostat env%s)\"\n", STR_ARG(body),
		       where);
	}
	return EXIT_DONE;
}

/* EXIT_DONE: it is ready; what kept it down is said. */
static int start_in_background(struct cli *cli, char **argv) {
	struct stat st;
	int out = -1;
	const char *path = str_printf(cli->arena, STR_FMT "/server.log", STR_ARG(cli->data)).p;
	AUTO_CLOSE log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0 || fstat(log, &st) < 0) {
		return cli_fail(EXIT_REFUSED, "%s cannot be written: %s.", path, strerror(errno));
	}
	pid_t pid = start(argv, log, &out);
	AUTO_CLOSE ready = out;
	if (pid < 0) {
		return cli_fail(EXIT_REFUSED, "The server cannot be started: %s.", strerror(errno));
	}
	if (wait_ready(ready)) {
		return EXIT_DONE;
	}
	int ended = 0;
	kill(pid, SIGTERM);
	waitpid(pid, &ended, 0);
	int rc = tell_why(path, st.st_size);
	return WIFEXITED(ended) && WEXITSTATUS(ended) == EXIT_USAGE ? EXIT_USAGE : rc;
}

static int make_data(struct cli *cli) {
	int rc = make_dirs(str_z(cli->arena, cli->data), 0700);
	return rc ? cli_fail(EXIT_REFUSED, STR_FMT " cannot be made: %s.", STR_ARG(cli->data), strerror(-rc))
		  : EXIT_DONE;
}

static void tell_started(const struct cli *cli) {
	fprintf(stderr, "The local cloud on " STR_FMT " was not up; it is now (`aerostat down` stops it).\n",
		STR_ARG(cli->data));
}

int server_ensure(struct cli *cli) {
	bool foreground;
	struct cli bare = { .arena = cli->arena, .data = cli->data };
	if (server_is_up(cli)) {
		return EXIT_DONE;
	}
	int rc = make_data(cli);
	if (rc) {
		return rc;
	}
	/* Of several that find it down at once, one starts it. */
	AUTO_CLOSE lock = open(str_printf(cli->arena, STR_FMT "/start.lock", STR_ARG(cli->data)).p,
			       O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock >= 0 && flock(lock, LOCK_EX) == 0 && server_is_up(cli)) {
		return EXIT_DONE;
	}
	rc = start_in_background(cli, server_argv(&bare, &foreground));
	if (rc) {
		return cli_fail(rc, "The local cloud was not up, and did not come up; `aerostat up` takes options.");
	}
	tell_started(cli);
	return EXIT_DONE;
}

static int up(struct cli *cli) {
	bool foreground = false;
	char **argv = server_argv(cli, &foreground);
	int rc = make_data(cli);
	if (rc) {
		return rc;
	}
	if (server_is_up(cli)) {
		return cli_fail(EXIT_REFUSED, "Aerostat is already up on " STR_FMT "; `aerostat status` shows it.",
				STR_ARG(cli->data));
	}
	if (!foreground) {
		rc = start_in_background(cli, argv);
		return rc ? rc : greet(cli);
	}
	execv(argv[0], argv);
	return cli_fail(EXIT_REFUSED, "%s cannot be run: %s.", argv[0], strerror(errno));
}

const struct verb verb_up = {
	"up", "start the local cloud",
	"aerostat up [--foreground] [--port N] [--listen ADDRESS] [--region REGION] [--account ID]\n"
	"            [--accept-test-keys] [--bootstrap FILE] [--log-calls FILE] [--data DIR] [--json]",
	up
};

/* The lock on the data folder goes when the process has ended, whatever way. */
static bool wait_down(struct cli *cli) {
	const char *path = str_printf(cli->arena, STR_FMT "/lock", STR_ARG(cli->data)).p;
	AUTO_CLOSE fd = open(path, O_RDWR | O_CLOEXEC);
	struct timespec pause = { .tv_nsec = 5000000 };
	int64_t until = clock_monotonic() + (int64_t)DOWN_MS * 1000;
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (clock_monotonic() > until) {
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

static int down(struct cli *cli) {
	if (cli->argc) {
		return cli_usage(&verb_down);
	}
	int rc = control_print(cli, "POST", cli->json ? "/down" : "/down.txt");
	if (rc == EXIT_DONE && !wait_down(cli)) {
		return cli_fail(EXIT_REFUSED, "The server has not ended within %d s.", DOWN_MS / 1000);
	}
	return rc;
}

const struct verb verb_down = { "down", "stop it; what it keeps stays", "aerostat down [--data DIR] [--json]", down };
