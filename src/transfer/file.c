#include "transfer/file.h"

#include "base/fd.h"
#include "base/rand.h"
#include "transfer/name.h"
#include "transfer/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { NAME_DIGITS = 16 };

/* As make_dirs, which waits for the disk at each: nothing here outlasts a power cut anyway. */
static int make_folder(struct arena *a, str folder) {
	char *path = str_z(a, str_dup(a, folder));
	for (size_t i = 1; i <= folder.n; i++) {
		if (i < folder.n && path[i] != '/') {
			continue;
		}
		path[i] = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST) {
			return -errno;
		}
		if (i < folder.n) {
			path[i] = '/';
		}
	}
	return 0;
}

static str temporary_path(struct arena *a, str folder) {
	str digits = rand_text(a, S("0123456789abcdef"), NAME_DIGITS);
	return path_join(a, folder, str_printf(a, TEMPORARY_HEAD STR_FMT TEMPORARY_TAIL, STR_ARG(digits)));
}

/* Without a name where the file system can do that: then nothing is left behind whatever happens. */
static int open_in(struct arena *a, struct new_file *f, str folder) {
	f->fd = open(str_z(a, folder), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		f->temporary = temporary_path(a, folder);
		f->fd = open(str_z(a, f->temporary), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
	}
	return f->fd < 0 ? -errno : 0;
}

static int reserve(int fd, int64_t size) {
	int rc = size > 0 && fallocate(fd, 0, 0, size) < 0 ? -errno : 0;
	return rc == -EOPNOTSUPP || rc == -ENOSYS ? 0 : rc;
}

int new_file_open(struct arena *a, struct new_file *f, str path, int64_t size) {
	struct stat st;
	str folder = path_folder(path);
	*f = (struct new_file){ .fd = -1, .path = path };
	bool old = stat(str_z(a, path), &st) == 0;
	if (old && !S_ISREG(st.st_mode)) {
		return S_ISDIR(st.st_mode) ? -EISDIR : -EEXIST;
	}
	int rc = open_in(a, f, folder);
	if (rc == -ENOENT) {
		rc = make_folder(a, folder);
		rc = rc ? rc : open_in(a, f, folder);
	}
	if (!rc && old && fchmod(f->fd, st.st_mode & 0777) < 0) {
		rc = -errno;
	}
	return rc ? rc : reserve(f->fd, size);
}

static int link_as(struct arena *a, const struct new_file *f, str path) {
	const char *self = str_printf(a, "/proc/self/fd/%d", f->fd).p;
	return linkat(AT_FDCWD, self, AT_FDCWD, str_z(a, path), AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int new_file_place(struct arena *a, struct new_file *f, int64_t mtime) {
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { mtime / 1000, mtime % 1000 * 1000000 } };
	if (mtime && futimens(f->fd, times) < 0) {
		return -errno;
	}
	if (!f->temporary.n) {
		int rc = link_as(a, f, f->path);
		if (rc != -EEXIST) {
			return rc;
		}
		str temporary = temporary_path(a, path_folder(f->path));
		rc = link_as(a, f, temporary);
		if (rc) {
			return rc;
		}
		f->temporary = temporary;
	}
	if (rename(str_z(a, f->temporary), str_z(a, f->path)) < 0) {
		return -errno;
	}
	f->temporary = (str){ 0 };
	return 0;
}

void new_file_close(struct arena *a, struct new_file *f) {
	if (f->temporary.n) {
		unlink(str_z(a, f->temporary));
	}
	close_fd(&f->fd);
	f->fd = -1;
	f->temporary = (str){ 0 };
}
