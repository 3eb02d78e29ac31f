/* A file that is there whole or not at all, and is made in the folder where it will be. */
#pragma once

#include "base/buf.h"

struct new_file {
	int fd;
	str path;
	str temporary; /* its name until then; absent: it has none, and needs no taking away */
};

/* Makes its folder too, if need be; has the rights of the file whose place it takes. size: what there must be room for.
 * 0 or -errno; -EEXIST: there is something at its place that no file may replace. */
int new_file_open(struct arena *a, struct new_file *f, str path, int64_t size);
/* Gives it its name and its time (ms; 0: now). */
int new_file_place(struct arena *a, struct new_file *f, int64_t mtime);
/* In the end, good or bad. */
void new_file_close(struct arena *a, struct new_file *f);
