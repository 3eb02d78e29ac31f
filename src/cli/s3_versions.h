/* The versions of objects, as ListObjectVersions has them. */
#pragma once

#include "cli/s3.h"

/* A version of an object, or a delete marker. */
struct s3_version {
	str key, id, etag, storage_class;
	int64_t size, mtime; /* mtime: ms */
	bool latest, marker;
};

/* Newest first of each key; those of markers and objects in one order. False: it failed; said on stderr. */
bool s3_each_version(struct where *w, str bucket, str prefix, void (*take)(const struct s3_version *v, void *arg),
		     void *arg);
