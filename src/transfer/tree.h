/* The files below a folder. Symlinks are followed. What no object can be made of is passed over: what is neither file
 * nor folder and a link back to a folder that it is in with a notice, another program's downloads (TEMPORARY) without
 * one. */
#pragma once

#include "transfer/entry.h"

/* Names of files that are not whole yet, where a file system cannot keep them without a name. */
#define TEMPORARY_HEAD ".aerostat-"
#define TEMPORARY_TAIL ".part"

/* In the arena. folder must be there, else the walk fails and has told why. */
struct walk *tree_open(struct arena *a, str folder, void (*trouble)(void *arg, str sentence),
		       void (*notice)(void *arg, str sentence), void *arg);
