/* What a walk through a folder or a bucket finds, one after the other in the order of S3's listings (names as
 * bytes). */
#pragma once

#include "base/buf.h"

struct entry {
	str name; /* below where the walk began */
	str path; /* of a file: how it is opened */
	int64_t size;
	int64_t mtime; /* ms */
	str etag, storage_class; /* of an object; else absent */
	bool prefix; /* a common prefix, not an object */
};

/* A walk of either kind. */
struct walk {
	/* True and an entry that is good until the next call. False at the end. */
	bool (*next)(struct walk *w, struct entry *out);
	/* What cannot be walked is told, and the walk goes on. */
	void (*trouble)(void *arg, str sentence);
	void *arg;
	bool failed; /* it ended early: what has not come may still be there */
};
