/* The words of JSON (RFC 8259, strict), for the two that read it: into a value whose shape is known, and as it stands.
 * For this room alone. */
#pragma once

#include "base/buf.h"

struct json_text {
	struct arena *arena;
	const char *p, *end; /* what is yet to be read */
	int depth, values; /* for the reader that looks after them */
};

int json_peek(struct json_text *r); /* the next character that is no blank; -1 at the end */
bool json_accept(struct json_text *r, char c); /* takes it if it is the next one */
bool json_string(struct json_text *r, str *out); /* with its escapes undone; a slice of the text if it has none */
str json_word(struct json_text *r); /* what stands without quotes, up to the next mark or blank */
bool json_number(str s, bool *whole); /* is it one, and without fraction and exponent? */
