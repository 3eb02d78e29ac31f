/* aws-chunked: HEX-SIZE[;chunk-signature=...] CRLF data CRLF, a chunk of size 0, trailers, an empty line. */
#pragma once

#include "auth/payload.h"
#include "base/digest.h"

enum { TRAILERS_MAX = 16, SIGNATURE_LENGTH = 64, WINDOW_SIZE = 8 * 1024, CHUNK_MIN = 8192 };

enum chunk_step { AT_SIZE, IN_CHUNK, AT_TRAILERS, AT_END };

struct payload_state {
	bool framed, failed;
	bool chunks_signed, trailer_signed;
	bool hashing; /* sha is begun: of the whole plain body, or of one chunk */
	struct digest sha;
	int64_t taken; /* content so far */
	str announced;
	struct header trailers[TRAILERS_MAX];
	size_t trailer_count;
	str trailer_signature;

	/* Framing is read through a window; content goes past it when it can. */
	char *window;
	size_t at, n;
	enum chunk_step step;
	int64_t left; /* of the chunk */
	int64_t number; /* of the chunk, from 1 */
	int64_t size; /* of the chunk; 0 before the first */
	char signature[SIGNATURE_LENGTH], previous[SIGNATURE_LENGTH];
};

/* As payload_read. */
ssize_t chunks_read(struct arena *a, struct payload *p, void *to, size_t n);

/* The sentences that plain and framed bodies share. Each returns -1. */
int payload_fail(struct arena *a, struct payload *p, const struct fault *fault, const char *sentence);
int payload_fail_errno(struct arena *a, struct payload *p, ssize_t rc); /* what exchange_read gave */
int payload_fail_cut(struct arena *a, struct payload *p);
int payload_fail_length(struct arena *a, struct payload *p);
