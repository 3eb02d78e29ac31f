#include "cli/cli.h"

#include "base/fd.h"
#include "http/head.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

static int connect_to(const char *path) {
	struct sockaddr_un at;
	int folder, rc = socket_address(path, &at, &folder);
	AUTO_CLOSE dir = folder;
	if (rc) {
		return rc;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd < 0 ? -errno : fd;
}

static int read_to_end(int fd, struct buf *b) {
	for (;;) {
		ssize_t n = read(fd, buf_room(b, 16384), 16384);
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n == 0) {
			return 0;
		}
		b->n += n > 0 ? (size_t)n : 0;
	}
}

int control_call(struct cli *cli, const char *method, const char *path, int *status, str *body) {
	struct buf answer = { .arena = cli->arena };
	struct head head;
	size_t used;
	AUTO_CLOSE fd = connect_to(str_printf(cli->arena, STR_FMT "/control.sock", STR_ARG(cli->data)).p);
	if (fd < 0) {
		return fd;
	}
	str request =
		str_printf(cli->arena, "%s %s HTTP/1.1\r\nHost: aerostat\r\nContent-Length: 0\r\n\r\n", method, path);
	int rc = write_all(fd, request.p, request.n);
	rc = rc ? rc : read_to_end(fd, &answer);
	if (rc) {
		return rc;
	}
	if (head_read_response(cli->arena, buf_str(&answer), &head, &used) != HEAD_OK) {
		return -EPROTO;
	}
	*status = head.status;
	*body = str_skip(buf_str(&answer), used);
	return 0;
}

bool server_is_up(struct cli *cli) {
	int status;
	str body;
	return control_call(cli, "GET", "/status", &status, &body) == 0;
}

int control_print(struct cli *cli, const char *method, const char *path) {
	int status;
	str body;
	int rc = control_call(cli, method, path, &status, &body);
	if (rc) {
		return cli_fail(EXIT_REFUSED, "Aerostat is not up on " STR_FMT ". `aerostat up` starts it.",
				STR_ARG(cli->data));
	}
	fwrite(body.p, 1, body.n, status == 200 ? stdout : stderr);
	return status == 200 ? EXIT_DONE : EXIT_REFUSED;
}
