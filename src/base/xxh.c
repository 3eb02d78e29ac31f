#include "base/xxh.h"

#include "base/log.h"

/* In this file alone, so that the library need not be there where the program runs. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

struct state {
	XXH3_state_t three; /* aligned to 64 */
	XXH64_state_t plain;
};

static bool begun(enum digest_kind kind, struct state *s) {
	switch (kind) {
	case DIGEST_XXHASH64: return XXH64_reset(&s->plain, 0) == XXH_OK;
	case DIGEST_XXHASH3: return XXH3_64bits_reset(&s->three) == XXH_OK;
	default: return XXH3_128bits_reset(&s->three) == XXH_OK;
	}
}

void *xxh_begin(enum digest_kind kind) {
	struct state *s = aligned_alloc(64, sizeof(*s));
	if (!s || !begun(kind, s)) {
		bug("xxHash cannot start");
	}
	return s;
}

void xxh_update(enum digest_kind kind, void *state, const void *p, size_t n) {
	struct state *s = state;
	switch (kind) {
	case DIGEST_XXHASH64: XXH64_update(&s->plain, p, n); break;
	case DIGEST_XXHASH3: XXH3_64bits_update(&s->three, p, n); break;
	default: XXH3_128bits_update(&s->three, p, n); break;
	}
}

struct digest_value xxh_end(enum digest_kind kind, void *state) {
	struct digest_value v = { .n = digest_size(kind) };
	const struct state *s = state;
	XXH64_canonical_t half;
	XXH128_canonical_t whole;
	if (kind == DIGEST_XXHASH128) {
		XXH128_canonicalFromHash(&whole, XXH3_128bits_digest(&s->three));
		memcpy(v.p, whole.digest, v.n);
	} else {
		XXH64_canonicalFromHash(&half, kind == DIGEST_XXHASH64 ? XXH64_digest(&s->plain)
								       : XXH3_64bits_digest(&s->three));
		memcpy(v.p, half.digest, v.n);
	}
	xxh_drop(state);
	return v;
}

void xxh_drop(void *state) {
	free(state);
}
