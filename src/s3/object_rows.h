/* How rows of the table object become struct object; for the files that query it. */
#pragma once

#include "s3/rows.h"

#define OBJECT_COLUMNS                                                                                                 \
	"bucket, key, seq, marker, size, modified, etag, storage_class, version, sum_kind, sum_composite, sum_value,"  \
	" account, blob, upload, parts, tags, meta"

/* The row that q stands on, whose columns are OBJECT_COLUMNS. latest is left to the caller. */
void object_read(struct query *q, struct arena *a, struct object *o);

/* A version id says where its row is: seq is in it, among random bytes, so that a version is found at once. */
str version_make(struct arena *a, int64_t seq);
bool version_seq(str version, int64_t *seq);
