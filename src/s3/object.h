/* What the operations on objects share. */
#pragma once

#include "s3/meta.h"

/* Before a body, for PutObject and CopyObject: o gets bucket, key, owner and storage class; what is not served and
 * what conditions are known to fail is refused. */
bool object_of_request(struct call *c, struct object *o);
/* o becomes the current version, with the body that was finished; conditions are judged in the work. modified, blob,
 * version are filled. */
bool object_store(struct call *c, struct object *o, struct blob_writer *body);

/* All of PutObject: what the input says, the payload of min to max bytes, and the answer's members. Fails with
 * EntityTooSmall and EntityTooLarge, too. */
bool object_put(struct call *c, struct object *o, int64_t min, int64_t max);
extern const int64_t object_max; /* bytes of one upload: 5 GiB */
str object_location(struct call *c); /* the URL of the call's object */

/* GLACIER and DEEP_ARCHIVE cannot be read until they are restored. */
bool class_archived(str storage_class);
