/* The head of an HTTP/1.1 message (RFC 9112), read strictly: no obs-fold, no space before a colon, no bare CR or NUL,
 * no doubled or contradicting lengths, no transfer coding but a single "chunked". What is refused here can smuggle
 * nothing. */
#pragma once

#include "base/buf.h"

enum { HEAD_MAX = 32 * 1024, HEADERS_MAX = 200 };

struct header {
	str name, value; /* value without spaces around it; bytes as sent */
};

/* All slices point into the bytes that were read. */
struct head {
	str method, target; /* as sent */
	str path; /* raw, still escaped, without the query; the authority of an absolute-form target taken off */
	str query; /* raw, without '?'; absent if there is none */
	str host; /* of the absolute-form target, else the Host header; may carry a port */
	int minor; /* HTTP/1.minor */
	int status; /* of a response */
	struct header *headers;
	size_t n;
	int64_t content_length; /* -1 if not given */
	bool chunked, keep_alive, expect_continue;
};

enum head_result {
	HEAD_OK,
	HEAD_MORE, /* not all of it has come yet */
	HEAD_MALFORMED, /* 400 */
	HEAD_TOO_LARGE, /* 431 */
	HEAD_VERSION, /* 505 at others; we answer 400 */
	HEAD_CODING, /* a transfer coding that is not served */
};

/* Reads a request head from the start of bytes; *used is its length with the empty line. */
enum head_result head_read(struct arena *a, str bytes, struct head *out, size_t *used);
/* The same for the head of a response (status line). */
enum head_result head_read_response(struct arena *a, str bytes, struct head *out, size_t *used);

/* The first header of that name, any case; absent if there is none. */
str head_get(const struct head *h, const char *name);
/* How many headers have that name. */
size_t head_count(const struct head *h, const char *name);

/* The items of a query (or a form) one after the other, as they were sent: still escaped. Empty ones are passed over;
 * value is absent when there is no '='. False at the end. */
bool query_next(str *rest, str *name, str *value);
/* The value of one query parameter, decoded ('+' is a space, as AWS reads it); absent if there is none, empty if it has
 * no value. */
str query_get(struct arena *a, const struct head *h, const char *name);
bool query_has(struct arena *a, const struct head *h, const char *name);
