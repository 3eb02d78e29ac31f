#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void close_fd(int *fd) {
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

int write_all(int fd, const void *p, size_t n) {
	const char *at = p;
	while (n) {
		ssize_t done = write(fd, at, n);
		if (done < 0 && errno != EINTR) {
			return -errno;
		}
		at += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

int pwrite_all(int fd, const void *p, size_t n, off_t at) {
	const char *from = p;
	while (n) {
		ssize_t done = pwrite(fd, from, n, at);
		if (done < 0 && errno != EINTR) {
			return -errno;
		}
		from += done > 0 ? done : 0;
		at += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

int pread_all(int fd, void *p, size_t n, off_t at) {
	char *to = p;
	while (n) {
		ssize_t got = pread(fd, to, n, at);
		if (got == 0) {
			return -EIO;
		}
		if (got < 0 && errno != EINTR) {
			return -errno;
		}
		to += got > 0 ? got : 0;
		at += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return 0;
}

str home_folder(struct arena *a) {
	char text[4096];
	struct passwd entry, *found = NULL;
	str home = str_from(getenv("HOME"));
	if (home.n) {
		return home;
	}
	return getpwuid_r(getuid(), &entry, text, sizeof(text), &found) == 0 && found
		       ? str_dup(a, str_from(found->pw_dir))
		       : (str){ 0 };
}

int file_read(struct arena *a, const char *path, size_t max, str *out) {
	AUTO_CLOSE fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf b = { .arena = a };
	if (fd < 0) {
		return -errno;
	}
	for (;;) {
		ssize_t got = read(fd, buf_room(&b, 16384), 16384);
		if (got < 0 && errno != EINTR) {
			return -errno;
		}
		if (got == 0) {
			*out = buf_str(&b);
			return 0;
		}
		b.n += got > 0 ? (size_t)got : 0;
		if (b.n > max) {
			return -EFBIG;
		}
	}
}

int socket_address(const char *path, struct sockaddr_un *out, int *dir) {
	AUTO_ARENA a = { 0 };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*dir = -1;
	if (!name[0]) {
		return -ENAMETOOLONG;
	}
	if (strlen(path) < sizeof(out->sun_path)) {
		memcpy(out->sun_path, path, strlen(path));
		return 0;
	}
	*dir = open(slash ? str_z(&a, (str){ path, (size_t)(slash - path) + 1 }) : ".",
		    O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0) {
		return -errno;
	}
	int n = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%s", *dir, name);
	return n < 0 || (size_t)n >= sizeof(out->sun_path) ? -ENAMETOOLONG : 0;
}

int dir_sync(const char *path) {
	AUTO_CLOSE fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int write_new(const char *path, str bytes, mode_t mode) {
	AUTO_CLOSE fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		return -errno;
	}
	int rc = write_all(fd, bytes.p, bytes.n);
	return rc ? rc : fsync(fd) < 0 ? -errno : 0;
}

/* The directory that path's entry is in. */
static int sync_parent(const char *path) {
	AUTO_ARENA a = { 0 };
	str p = str_from(path);
	while (p.n && p.p[p.n - 1] != '/') {
		p.n--;
	}
	return dir_sync(p.n ? str_z(&a, p) : ".");
}

int file_write(const char *path, str bytes, mode_t mode) {
	AUTO_ARENA a = { 0 };
	char *tmp = str_z(&a, str_printf(&a, "%s.new", path));
	int rc = write_new(tmp, bytes, mode);
	if (!rc && rename(tmp, path) < 0) {
		rc = -errno;
	}
	if (rc) {
		unlink(tmp);
		return rc;
	}
	return sync_parent(path);
}

static int make_dir(const char *path, mode_t mode) {
	if (mkdir(path, mode) < 0) {
		return errno == EEXIST ? 0 : -errno;
	}
	return sync_parent(path);
}

int make_dirs(const char *path, mode_t mode) {
	AUTO_ARENA a = { 0 };
	char *p = str_z(&a, str_from(path));
	int rc = 0;
	for (char *at = p + 1; !rc && *p && *at; at++) {
		if (*at == '/') {
			*at = '\0';
			rc = make_dir(p, mode);
			*at = '/';
		}
	}
	return rc ? rc : make_dir(p, mode);
}

str path_folder(str path) {
	size_t n = path.n;
	while (n && path.p[n - 1] != '/') {
		n--;
	}
	return n == 0 ? S(".") : n == 1 ? S("/") : (str){ path.p, n - 1 };
}

void hold_streams(void) {
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0) {
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
		}
	}
}
