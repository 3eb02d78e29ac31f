/* Text and bytes that grow in an arena. Writers cannot fail. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct buf {
	struct arena *arena;
	char *p;
	size_t n, cap;
};

void put(struct buf *b, str s);
void putz(struct buf *b, const char *z);
void putf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void put_byte(struct buf *b, int c);
void put_int(struct buf *b, int64_t i);
void put_base64(struct buf *b, str s);
void put_hex(struct buf *b, str s); /* lower case */
void put_url(struct buf *b, str s, bool keep_slash); /* all but A-Z a-z 0-9 - . _ ~ as %XX (AWS's UriEncode) */
void put_xml(struct buf *b, str s); /* & < > " escaped, control characters as numeric references */
void put_json(struct buf *b, str s); /* with its quotes */
void put_visible(struct buf *b, str s); /* for a terminal: what it would obey (C0, DEL, C1) as \u001b */
char *buf_room(struct buf *b, size_t n); /* room for n more bytes at the end; add to b->n what was used */

/* Never absent: an empty buffer gives an empty string that is present. */
static inline str buf_str(const struct buf *b) {
	return (str){ b->p ? b->p : "", b->n };
}
