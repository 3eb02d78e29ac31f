#include "http/coding.h"

#include "http/line.h"

static bool read_size(struct coding *c, str line) {
	str digits, extensions;
	bool good;
	str_cut(line, ';', &digits, &extensions);
	good = str_hex(digits, &c->left) && c->left <= INT64_MAX;
	c->extra += line.n - digits.n;
	c->state = c->left ? CODING_CONTENT : CODING_TRAILER;
	return good;
}

static bool read_trailer(struct coding *c, str line) {
	struct header field;
	if (line.n == 0) {
		c->state = CODING_DONE;
		return true;
	}
	if (c->n == CODING_FIELDS_MAX || !field_read(line, &field)) {
		return false;
	}
	c->trailer = c->trailer ? c->trailer : NEWS(c->arena, struct header, CODING_FIELDS_MAX);
	c->trailer[c->n++] = (struct header){ str_dup(c->arena, field.name), str_dup(c->arena, field.value) };
	c->extra += line.n;
	return true;
}

/* What a whole line means, by where it stands. After content stands an empty one. */
static bool read_line(struct coding *c, str line) {
	if (c->state == CODING_CONTENT) {
		c->state = CODING_SIZE;
		return line.n == 0;
	}
	return c->state == CODING_SIZE ? read_size(c, line) : read_trailer(c, line);
}

enum coding_step coding_next(struct coding *c, str bytes, size_t *used) {
	size_t all = bytes.n;
	str line;
	*used = 0;
	while (c->state != CODING_DONE && c->left == 0) {
		enum head_result rc = bytes.n ? line_take(&bytes, &line) : HEAD_MORE;
		if (rc == HEAD_MORE && bytes.n <= CODING_LINE_MAX) {
			return CODING_MORE;
		}
		if (rc != HEAD_OK || line.n > CODING_LINE_MAX || !read_line(c, line) || c->extra > CODING_EXTRA_MAX) {
			return CODING_BAD;
		}
		*used = all - bytes.n;
	}
	return c->state == CODING_DONE ? CODING_END : CODING_DATA;
}
