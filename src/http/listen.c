#include "http/server.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static socklen_t make_address(const char *text, int port, union address *out) {
	*out = (union address){ 0 };
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		return sizeof(out->v4);
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)port);
		return sizeof(out->v6);
	}
	return 0;
}

static int take_fd(int *fd, int *out) {
	*out = *fd;
	*fd = -1;
	return 0;
}

/* Connections inherit TCP_NODELAY from the socket they were accepted on. */
int listen_tcp(const char *address, int port, int *out_port, int *out_fd) {
	union address a;
	int one = 1;
	socklen_t size = port < 0 || port > 65535 ? 0 : make_address(address, port, &a);
	if (size == 0) {
		return -EINVAL;
	}
	AUTO_CLOSE fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0) {
		return -errno;
	}
	if (bind(fd, &a.any, size) < 0 || listen(fd, SOMAXCONN) < 0 || getsockname(fd, &a.any, &size) < 0) {
		return -errno;
	}
	if (out_port) {
		*out_port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
	}
	return take_fd(&fd, out_fd);
}

/* A socket file that nobody listens on any more is in the way: it goes. */
static int unlink_stale(const union address *a) {
	struct stat st;
	if (lstat(a->local.sun_path, &st) < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	if (!S_ISSOCK(st.st_mode)) {
		return -EEXIST;
	}
	AUTO_CLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, &a->any, sizeof(a->local)) == 0 || errno != ECONNREFUSED) {
		return -EADDRINUSE;
	}
	return unlink(a->local.sun_path) < 0 ? -errno : 0;
}

int listen_unix(const char *path, int mode, int *out_fd) {
	union address a = { 0 };
	int folder, rc = socket_address(path, &a.local, &folder);
	AUTO_CLOSE dir = folder;
	rc = rc ? rc : unlink_stale(&a);
	if (rc) {
		return rc;
	}
	AUTO_CLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* The mode of the socket before it is bound is the most that its file gets: it is never open to others. */
	if (fd < 0 || fchmod(fd, (mode_t)mode) < 0 || bind(fd, &a.any, sizeof(a.local)) < 0) {
		return -errno;
	}
	if (chmod(path, (mode_t)mode) < 0 || listen(fd, SOMAXCONN) < 0) {
		return -errno;
	}
	return take_fd(&fd, out_fd);
}
