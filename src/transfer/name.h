/* What users write for a place of an object or a file, and how keys become paths. */
#pragma once

#include "base/buf.h"

enum spot_kind { SPOT_LOCAL, SPOT_S3, SPOT_STREAM };

struct spot {
	enum spot_kind kind;
	str bucket, key; /* SPOT_S3; key may be empty */
	str path; /* SPOT_LOCAL */
};

/* "s3://bucket/key", "-", or a path. False: s3:// without a bucket. */
bool spot_read(str text, struct spot *out);
/* As a user would write it. */
str spot_text(struct arena *a, const struct spot *s);

/* The key of a file in a folder: prefix, one slash, name. */
str key_join(struct arena *a, str prefix, str name);
/* folder, one slash, name. */
str path_join(struct arena *a, str folder, str name);
/* What follows the last slash. */
str name_last(str path);
/* A prefix that stands for a folder: with a slash at its end, unless it is empty. */
str prefix_of_folder(struct arena *a, str key);

/* May this rest of a key become a path below a folder? It may not if it could lead out of there, if two keys could meet
 * in one file, or if no file has such a name; *why is then half a sentence. */
bool name_is_safe(str name, const char **why);
