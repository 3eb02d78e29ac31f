/* Lines and fields: what heads and trailers are made of. For this room alone. */
#pragma once

#include "http/head.h"

/* Takes one line and its CRLF off the start of bytes: HEAD_OK, HEAD_MORE, or HEAD_MALFORMED for a control byte in it
 * other than tab (bare CR and LF too). */
enum head_result line_take(str *bytes, str *line);

/* "Name: value", the name a token with the colon right after it, the value without spaces around it. */
bool field_read(str line, struct header *out);

/* Are all bytes of s token characters (RFC 9110, 5.6.2), and is there one? */
bool token_is(str s);
