/* LD_PRELOAD=record.so RECORD_DIR=/data RECORD_LOG=/tmp/log PROGRAM: writes down, in their order, what the program does
 * to the files under a folder, and what it says on sockets. replay.py reads it.
 *
 * A record is a line "KIND A B N" and N bytes. Files are known by their inode number, so nothing is remembered here.
 *
 *   create   INODE 0       path     a new file
 *   mkdir    INODE 0       path
 *   write    INODE OFFSET  bytes
 *   truncate INODE SIZE             also a file that grew by fallocate
 *   rename   0 0           path NUL path
 *   link     INODE 0       path     a second name
 *   unlink   0 0           path     rmdir also
 *   begin    INODE NUMBER           a sync of a file or a folder begins: it covers what stands above
 *   end      INODE NUMBER           and has ended well
 *   fail     INODE NUMBER           or has not
 *   say      0 0           bytes    the first of what goes to a socket; recorded before it goes
 *
 * RECORD_FAIL=N: about one sync in N fails with EIO and does nothing. RECORD_SHORT=N: one write in N, with ENOSPC.
 *
 * Writing holds a lock, syncing does not: group commit stays what it is. The -shm file of SQLite is left out: it is
 * memory, made anew at every start. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SAID = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static size_t folder_length;
static int log_fd = -1;
static long syncs;
static unsigned fail_sync, fail_write, dice = 1;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
	void *p = dlsym(RTLD_NEXT, name);
	if (!p) {
		abort();
	}
	return p;
}

static unsigned number_of(const char *variable) {
	const char *text = getenv(variable);
	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* Under the lock. The start is spared: what fails there ends the program at once. */
static bool fails(unsigned one_in) {
	dice = dice * 1664525u + 1013904223u;
	return one_in && syncs > 20 && (dice >> 8) % one_in == 0;
}

__attribute__((constructor)) static void start(void) {
	const char *dir = getenv("RECORD_DIR"), *log = getenv("RECORD_LOG");
	if (dir && log && realpath(dir, folder)) {
		folder_length = strlen(folder);
		fail_sync = number_of("RECORD_FAIL");
		fail_write = number_of("RECORD_SHORT");
		log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
}

static void put_all(const struct iovec *v, int n) {
	for (int i = 0; i < n; i++) {
		const char *p = v[i].iov_base;
		size_t left = v[i].iov_len;
		while (left) {
			ssize_t done = REAL(write)(log_fd, p, left);
			if (done < 0 && errno != EINTR) {
				abort();
			}
			p += done > 0 ? done : 0;
			left -= done > 0 ? (size_t)done : 0;
		}
	}
}

static void record_vector(const char *kind, const int64_t numbers[2], const struct iovec *v, int n) {
	char head[128];
	size_t bytes = 0;
	int keep = errno;
	for (int i = 0; i < n; i++) {
		bytes += v[i].iov_len;
	}
	int k = snprintf(head, sizeof(head), "%s %lld %lld %zu\n", kind, (long long)numbers[0], (long long)numbers[1],
			 bytes);
	struct iovec first = { head, (size_t)k };
	put_all(&first, 1);
	put_all(v, n);
	errno = keep;
}

static void record(const char *kind, int64_t a, int64_t b, const void *p, size_t n) {
	struct iovec v = { (void *)(uintptr_t)p, n };
	record_vector(kind, (int64_t[2]){ a, b }, &v, 1);
}

static bool in_folder(const char *path) {
	size_t n = strlen(path);
	bool shm = n > 4 && strcmp(path + n - 4, "-shm") == 0;
	return log_fd >= 0 && !shm && strncmp(path, folder, folder_length) == 0 &&
	       (path[folder_length] == '/' || !path[folder_length]);
}

/* The inode of a file or folder of ours that is open; 0: not ours. */
static int64_t inode_of(int fd) {
	char link[64], path[PATH_MAX];
	struct stat st;
	if (log_fd < 0 || fd < 0) {
		return 0;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0) {
		return 0;
	}
	path[n] = '\0';
	return in_folder(path) && fstat(fd, &st) == 0 ? (int64_t)st.st_ino : 0;
}

/* The whole path of what a *at call names; "" if it is not ours. */
static const char *path_at(int dir, const char *path, char out[PATH_MAX]) {
	char link[64], base[PATH_MAX] = "";
	if (path[0] != '/') {
		snprintf(link, sizeof(link), dir == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dir);
		ssize_t n = readlink(link, base, sizeof(base) - 1);
		base[n > 0 ? n : 0] = '\0';
	}
	if ((size_t)snprintf(out, PATH_MAX, "%s%s%s", base, path[0] == '/' ? "" : "/", path) >= PATH_MAX ||
	    !in_folder(out)) {
		out[0] = '\0';
	}
	return out;
}

/* --- opening --- */

static int open_any(int dir, const char *path, int flags, mode_t mode) {
	char whole[PATH_MAX];
	struct stat st;
	if (log_fd < 0 || !(flags & (O_CREAT | O_TRUNC)) || !path_at(dir, path, whole)[0]) {
		return REAL(openat)(dir, path, flags, mode);
	}
	pthread_mutex_lock(&lock);
	bool was = stat(whole, &st) == 0;
	int fd = REAL(openat)(dir, path, flags, mode);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		if (!was) {
			record("create", (int64_t)st.st_ino, 0, whole, strlen(whole));
		} else if (flags & O_TRUNC) {
			record("truncate", (int64_t)st.st_ino, 0, NULL, 0);
		}
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

#define MODE_ARGUMENT(mode, flags)                                                                                     \
	mode_t mode = 0;                                                                                               \
	if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                         \
		va_list ap;                                                                                            \
		va_start(ap, flags);                                                                                   \
		mode = va_arg(ap, mode_t);                                                                             \
		va_end(ap);                                                                                            \
	}

int open(const char *path, int flags, ...) {
	MODE_ARGUMENT(mode, flags)
	return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
	MODE_ARGUMENT(mode, flags)
	return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...) {
	MODE_ARGUMENT(mode, flags)
	if (log_fd < 0) {
		return REAL(openat)(dir, path, flags, mode);
	}
	return open_any(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...) {
	MODE_ARGUMENT(mode, flags)
	return open_any(dir, path, flags, mode);
}

int creat(const char *path, mode_t mode) {
	return open_any(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* --- writing --- */

static bool is_socket(int fd) {
	struct stat st;
	return log_fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static void say(const void *p, size_t n) {
	pthread_mutex_lock(&lock);
	record("say", 0, 0, p, n < SAID ? n : SAID);
	pthread_mutex_unlock(&lock);
}

static void say_vector(const struct iovec *v, size_t n) {
	char said[SAID];
	size_t k = 0;
	for (size_t i = 0; i < n && k < SAID; i++) {
		size_t more = v[i].iov_len < SAID - k ? v[i].iov_len : SAID - k;
		memcpy(said + k, v[i].iov_base, more);
		k += more;
	}
	say(said, k);
}

/* at -1: where the file stands. */
static ssize_t write_file(int fd, int64_t inode, const struct iovec *v, int n, off_t at) {
	pthread_mutex_lock(&lock);
	bool end = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
	if (fails(fail_write)) {
		pthread_mutex_unlock(&lock);
		errno = ENOSPC;
		return -1;
	}
	off_t from = at >= 0 ? at : lseek(fd, 0, end ? SEEK_END : SEEK_CUR);
	ssize_t done = at >= 0 ? REAL(pwritev)(fd, v, n, at) : REAL(writev)(fd, v, n);
	size_t left = done > 0 ? (size_t)done : 0;
	for (int i = 0; i < n && left; i++) {
		size_t k = v[i].iov_len < left ? v[i].iov_len : left;
		record("write", inode, from, v[i].iov_base, k);
		from += (off_t)k;
		left -= k;
	}
	pthread_mutex_unlock(&lock);
	return done;
}

ssize_t write(int fd, const void *p, size_t n) {
	int64_t inode = inode_of(fd);
	struct iovec v = { (void *)(uintptr_t)p, n };
	if (inode) {
		return write_file(fd, inode, &v, 1, -1);
	}
	if (is_socket(fd)) {
		say(p, n);
	}
	return REAL(write)(fd, p, n);
}

ssize_t writev(int fd, const struct iovec *v, int n) {
	int64_t inode = inode_of(fd);
	if (inode) {
		return write_file(fd, inode, v, n, -1);
	}
	if (is_socket(fd)) {
		say_vector(v, (size_t)n);
	}
	return REAL(writev)(fd, v, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at) {
	int64_t inode = inode_of(fd);
	struct iovec v = { (void *)(uintptr_t)p, n };
	return inode ? write_file(fd, inode, &v, 1, at) : REAL(pwrite)(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) {
	return pwrite(fd, p, n, at);
}

ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) {
	int64_t inode = inode_of(fd);
	return inode ? write_file(fd, inode, v, n, at) : REAL(pwritev)(fd, v, n, at);
}

ssize_t pwritev64(int fd, const struct iovec *v, int n, off64_t at) {
	return pwritev(fd, v, n, at);
}

int ftruncate(int fd, off_t size) {
	int64_t inode = inode_of(fd);
	pthread_mutex_lock(&lock);
	int rc = REAL(ftruncate)(fd, size);
	if (inode && rc == 0) {
		record("truncate", inode, size, NULL, 0);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

int ftruncate64(int fd, off64_t size) {
	return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t at, off_t n) {
	int64_t inode = inode_of(fd);
	struct stat st;
	pthread_mutex_lock(&lock);
	int rc = REAL(fallocate)(fd, mode, at, n);
	if (inode && rc == 0 && fstat(fd, &st) == 0) {
		record("truncate", inode, st.st_size, NULL, 0);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

int fallocate64(int fd, int mode, off64_t at, off64_t n) {
	return fallocate(fd, mode, at, n);
}

int posix_fallocate(int fd, off_t at, off_t n) {
	return fallocate(fd, 0, at, n) < 0 ? errno : 0;
}

int posix_fallocate64(int fd, off64_t at, off64_t n) {
	return posix_fallocate(fd, at, n);
}

/* --- names --- */

int mkdirat(int dir, const char *path, mode_t mode) {
	char whole[PATH_MAX];
	struct stat st;
	pthread_mutex_lock(&lock);
	int rc = REAL(mkdirat)(dir, path, mode);
	if (rc == 0 && log_fd >= 0 && path_at(dir, path, whole)[0] && stat(whole, &st) == 0) {
		record("mkdir", (int64_t)st.st_ino, 0, whole, strlen(whole));
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

int mkdir(const char *path, mode_t mode) {
	return mkdirat(AT_FDCWD, path, mode);
}

int unlinkat(int dir, const char *path, int flags) {
	char whole[PATH_MAX];
	bool ours = log_fd >= 0 && path_at(dir, path, whole)[0];
	pthread_mutex_lock(&lock);
	int rc = REAL(unlinkat)(dir, path, flags);
	if (rc == 0 && ours) {
		record("unlink", 0, 0, whole, strlen(whole));
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

int unlink(const char *path) {
	return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path) {
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
	char both[2 * PATH_MAX];
	pthread_mutex_lock(&lock);
	int rc = REAL(renameat)(from_dir, from, to_dir, to);
	if (rc == 0 && log_fd >= 0 && path_at(from_dir, from, both)[0]) {
		size_t n = strlen(both) + 1;
		path_at(to_dir, to, both + n);
		record("rename", 0, 0, both, n + strlen(both + n));
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

int rename(const char *from, const char *to) {
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
	char whole[PATH_MAX];
	struct stat st;
	pthread_mutex_lock(&lock);
	int rc = REAL(linkat)(from_dir, from, to_dir, to, flags);
	if (rc == 0 && log_fd >= 0 && path_at(to_dir, to, whole)[0] && stat(whole, &st) == 0) {
		record("link", (int64_t)st.st_ino, 0, whole, strlen(whole));
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

int link(const char *from, const char *to) {
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* --- syncing --- */

static int sync_file(int fd, int (*sync)(int fd)) {
	int64_t inode = inode_of(fd);
	long number = 0;
	bool sick = false;
	if (inode) {
		pthread_mutex_lock(&lock);
		number = ++syncs;
		sick = fails(fail_sync);
		record("begin", inode, number, NULL, 0);
		pthread_mutex_unlock(&lock);
	}
	int rc = sick ? -1 : sync(fd);
	if (sick) {
		errno = EIO;
	}
	if (inode) {
		pthread_mutex_lock(&lock);
		record(rc == 0 ? "end" : "fail", inode, number, NULL, 0);
		pthread_mutex_unlock(&lock);
	}
	return rc;
}

int fsync(int fd) {
	return sync_file(fd, REAL(fsync));
}

int fdatasync(int fd) {
	return sync_file(fd, REAL(fdatasync));
}

/* --- saying --- */

ssize_t send(int fd, const void *p, size_t n, int flags) {
	if (log_fd >= 0) {
		say(p, n);
	}
	return REAL(send)(fd, p, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
	if (log_fd >= 0) {
		say_vector(m->msg_iov, m->msg_iovlen);
	}
	return REAL(sendmsg)(fd, m, flags);
}
