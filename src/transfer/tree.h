/* The files below a folder. Symlinks are followed, and loops noticed; what is no file or folder is told as trouble;
 * downloads that another program is at (TEMPORARY) are passed over. */
#pragma once

#include "transfer/entry.h"

/* Names of files that are not whole yet, where a file system cannot keep them without a name. */
#define TEMPORARY_HEAD ".aerostat-"
#define TEMPORARY_TAIL ".part"

struct tree_walk;

/* In the arena. folder must be there, else the walk fails and has told why. */
struct walk *tree_open(struct arena *a, str folder, void (*trouble)(void *arg, str sentence), void *arg);
