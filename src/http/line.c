#include "http/line.h"

#include <endian.h>

/* A bit for each of the first 128 characters. */
static const uint32_t token_bits[] = { 0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff };

static bool token_char(char byte) {
	uint8_t c = (uint8_t)byte;
	return c < 0x80 && (token_bits[c >> 5] >> (c & 31) & 1);
}

static size_t token_length(str s) {
	size_t n = 0;
	while (n < s.n && token_char(s.p[n])) {
		n++;
	}
	return n;
}

bool token_is(str s) {
	return s.n && token_length(s) == s.n;
}

/* The first byte below 0x20, or 0x7f, at or after p; end if there is none. Eight bytes a step: a borrow can only mark
 * bytes after a true hit, and the first hit is what counts. */
static const char *find_control(const char *p, const char *end) {
	const uint64_t ones = 0x0101010101010101, high = ones << 7;
	for (; end - p >= 8; p += 8) {
		uint64_t w;
		memcpy(&w, p, sizeof(w));
		w = le64toh(w);
		uint64_t del = w ^ (ones * 0x7f);
		uint64_t hit = (((w - ones * 0x20) & ~w) | ((del - ones) & ~del)) & high;
		if (hit) {
			return p + (__builtin_ctzll(hit) >> 3);
		}
	}
	while (p < end && (uint8_t)*p >= 0x20 && *p != 0x7f) {
		p++;
	}
	return p;
}

enum head_result line_take(str *bytes, str *line) {
	const char *p = bytes->p, *end = p + bytes->n;
	while ((p = find_control(p, end)) < end && *p == '\t') {
		p++;
	}
	if (p < end && (*p != '\r' || (end - p > 1 && p[1] != '\n'))) {
		return HEAD_MALFORMED;
	}
	if (end - p < 2) {
		return HEAD_MORE;
	}
	*line = (str){ bytes->p, (size_t)(p - bytes->p) };
	*bytes = str_skip(*bytes, line->n + 2);
	return HEAD_OK;
}

bool field_read(str line, struct header *out) {
	size_t n = token_length(line);
	if (n == 0 || n == line.n || line.p[n] != ':') {
		return false;
	}
	out->name = (str){ line.p, n };
	out->value = str_trim(str_skip(line, n + 1));
	return true;
}
