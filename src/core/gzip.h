/* Content-Encoding: gzip of a request (RFC 1952), undone. */
#pragma once

#include "base/buf.h"

bool gzip_decode(struct arena *a, str in, size_t max, str *out); /* false: malformed, or longer than max */
