/* File descriptors: whole reads and writes, durable files, cleanup at the end of a block. Results: 0 or -errno. */
#pragma once

#include "base/buf.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

void close_fd(int *fd); /* nothing if negative */
#define AUTO_CLOSE __attribute__((cleanup(close_fd), unused)) int

int write_all(int fd, const void *p, size_t n);
int pwrite_all(int fd, const void *p, size_t n, off_t at);
int pread_all(int fd, void *p, size_t n, off_t at); /* -EIO when the file ends early */

/* Descriptors 0 to 2 that are closed would be those of files and connections, with sentences written into them: they
 * stay taken, and neither reading nor writing works there. */
void hold_streams(void);

/* HOME, else what the system has for this user; absent: there is no such folder. */
str home_folder(struct arena *a);
/* The folder that a path's last name is in: "." if no other is named, "/". A slice of path, or static. */
str path_folder(str path);
/* A whole file into the arena; -EFBIG over max. */
int file_read(struct arena *a, const char *path, size_t max, str *out);
/* A file that is there whole or not at all, on disk with its directory entry when this returns. */
int file_write(const char *path, str bytes, mode_t mode);
/* The address of a unix socket. A path too long for one goes through its folder, which *dir holds open for as long as
 * the address is used: the caller's to close (-1 if it is not needed). 0 or -errno; -ENAMETOOLONG also for no
 * name at all. */
int socket_address(const char *path, struct sockaddr_un *out, int *dir);
int dir_sync(const char *path);
int make_dirs(const char *path, mode_t mode); /* as mkdir -p; on disk with their entries when this returns */
