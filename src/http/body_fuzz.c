#include "http/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum coding_step decode(struct coding *c, str body, size_t step_size, struct buf *out) {
	size_t at = 0, shown = 0;
	for (;;) {
		size_t n = 0;
		enum coding_step step = coding_next(c, (str){ body.p + at, shown - at }, &n);
		at += n;
		if (at > shown) {
			__builtin_trap();
		}
		if (step == CODING_DATA && shown > at) {
			n = c->left < shown - at ? (size_t)c->left : shown - at;
			put(out, (str){ body.p + at, n });
			c->left -= n;
			at += n;
		} else if (step == CODING_END || step == CODING_BAD || shown == body.n) {
			return step;
		} else {
			shown = shown + step_size < body.n ? shown + step_size : body.n;
		}
	}
}

/* However the bytes are cut, the same comes out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	AUTO_ARENA a = { 0 };
	struct coding whole = { .arena = &a }, cut = { .arena = &a };
	struct buf one = { .arena = &a }, two = { .arena = &a };
	if (size == 0) {
		return 0;
	}
	str body = { (const char *)data + 1, size - 1 };
	enum coding_step first = decode(&whole, body, body.n ? body.n : 1, &one);
	enum coding_step second = decode(&cut, body, data[0] % 7 + 1u, &two);
	bool same = first == second && whole.n == cut.n && str_eq(buf_str(&one), buf_str(&two));
	if (!same) {
		__builtin_trap();
	}
	return 0;
}
