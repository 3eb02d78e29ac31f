/* The chunked transfer coding (RFC 9112, 7.1), read from memory and strictly: 1 to 16 hex digits, extensions skipped,
 * CRLF everywhere. It owns no bytes: the caller shows it what has come, and takes the content itself. For this room
 * alone. */
#pragma once

#include "http/head.h"

enum {
	CODING_LINE_MAX = 8 * 1024, /* a chunk's size with its extensions, or a trailer field */
	CODING_EXTRA_MAX = 32 * 1024, /* extensions and trailer fields of one body altogether */
	CODING_FIELDS_MAX = 64,
};

enum coding_step {
	CODING_MORE, /* the line has not come whole yet; show it again with more behind it */
	CODING_DATA, /* the next c->left bytes are content; subtract from left what was taken */
	CODING_END, /* all of it has been read, and the trailer */
	CODING_BAD,
};

enum coding_state { CODING_SIZE, CODING_CONTENT, CODING_TRAILER, CODING_DONE };

struct coding {
	struct arena *arena; /* for the trailer */
	enum coding_state state;
	uint64_t left;
	size_t extra;
	struct header *trailer;
	size_t n;
};

/* Reads framing at the start of bytes; *used of them are done with. */
enum coding_step coding_next(struct coding *c, str bytes, size_t *used);
