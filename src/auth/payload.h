/* The body of a request as the handler wants it: aws-chunked framing undone, each chunk's signature, the trailer's
 * signature, the declared length and the SHA-256 of the whole checked while it is pulled. */
#pragma once

#include "auth/auth.h"
#include "http/server.h"

struct payload {
	struct exchange *x;
	const struct auth *auth;
	int64_t length; /* of the content: Content-Length or x-amz-decoded-content-length; -1 unknown */
	struct refusal refusal; /* once payload_read has failed */
	ssize_t (*pull)(struct payload *p, void *to, size_t n); /* of payload_from; NULL else */
	void *pull_arg;
	struct payload_state *state;
};

/* Checks what the head says about the body: aws-chunked in Content-Encoding or not, x-amz-decoded-content-length
 * there and a number, MissingContentLength. False: *why. Nothing is read yet (no 100 Continue). */
bool payload_open(struct arena *a, struct payload *p, struct exchange *x, const struct auth *auth, struct refusal *why);

/* Content that is a piece of a body (the file of a form): pull gives it as payload_read does, and fills p->refusal
 * when it fails. */
void payload_from(struct arena *a, struct payload *p, ssize_t (*pull)(struct payload *p, void *to, size_t n),
		  void *arg);

/* Up to n bytes of content; 0 at the end, when all that was signed about it has been verified; -1: p->refusal says why
 * (IncompleteBody, XAmzContentSHA256Mismatch, SignatureDoesNotMatch, InvalidChunkSizeError, MalformedTrailerError,
 * RequestTimeout, ...). */
ssize_t payload_read(struct arena *a, struct payload *p, void *to, size_t n);

/* A trailer that came after the content (x-amz-checksum-...); absent if none. */
str payload_trailer(const struct payload *p, const char *name);
/* Trailer names that x-amz-trailer announced, lower case, comma separated; absent if none. */
str payload_announced(const struct payload *p);
