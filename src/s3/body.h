/* The bytes of an object, in one body or in parts, as stretches of files. body_open of rows.h makes them the answer. */
#pragma once

#include "s3/rows.h"

/* What comes out is the content: bodies of an object whose seal is set are decrypted on the way, chunk by chunk, the
 * first chunk before body_find returns. -EBADMSG: one is not what was written.
 *
 * Bytes [at, at + n) of an object, inside it, which can be read to their end even if the object goes meanwhile. Up to
 * BODY_AHEAD pieces are opened here and the call's snapshot is not needed any more; with more, the body takes the
 * snapshot over, which keeps the files in place. What is left open is closed with the call's arena. 0 or -errno. */
enum { BODY_AHEAD = 256 };
struct body;
int body_find(struct call *c, const struct object *o, int64_t at, int64_t n, struct body **out);
int body_next(void *body, struct piece *out); /* as reply.pull: 1, 0 at the end, -errno */

/* The same bytes into memory, of an object in one body that has at most BODY_SMALL bytes or is not encrypted. */
enum { BODY_SMALL = 64 * 1024 };
int body_small(struct call *c, const struct object *o, int64_t at, int64_t n, char *to);

/* Reads it through, for copies; stops at the first result of take that is not 0 and returns it. 0 or -errno. */
int body_read(struct call *c, struct body *body, int (*take)(void *arg, const void *p, size_t n), void *arg);
