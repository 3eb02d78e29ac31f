#include "core/gzip.h"

#include <zlib.h>

enum { STEP = 64 * 1024 };

static void leave(z_stream *z) {
	inflateEnd(z);
}

bool gzip_decode(struct arena *a, str in, size_t max, str *out) {
	struct buf b = { .arena = a };
	__attribute__((cleanup(leave))) z_stream z = { .avail_in = (uInt)in.n };
	uint8_t *copy = arena_alloc(a, in.n + 1);
	memcpy(copy, in.p ? in.p : "", in.n);
	z.next_in = copy;
	if (in.n > UINT32_MAX || inflateInit2(&z, 15 + 16) != Z_OK) {
		return false;
	}
	for (int rc = Z_OK; rc != Z_STREAM_END;) {
		z.next_out = (Bytef *)buf_room(&b, STEP);
		z.avail_out = STEP;
		rc = inflate(&z, Z_NO_FLUSH);
		b.n += STEP - z.avail_out;
		if ((rc != Z_OK && rc != Z_STREAM_END) || b.n > max ||
		    (rc == Z_OK && z.avail_out == STEP && !z.avail_in)) {
			return false;
		}
	}
	*out = buf_str(&b);
	return z.avail_in == 0;
}
