#include "base/rand.h"
#include "s3/object_rows.h"

enum { RAW = 24, TEXT = 32 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/* 3 bytes are 4 letters. */
static void spell(const uint8_t *raw, char *text) {
	for (int i = 0; i < TEXT / 4; i++, raw += 3, text += 4) {
		uint32_t bits = (uint32_t)raw[0] << 16 | (uint32_t)raw[1] << 8 | raw[2];
		for (int k = 0; k < 4; k++) {
			text[k] = letters[bits >> (18 - 6 * k) & 63];
		}
	}
}

static bool unspell(str text, uint8_t *raw) {
	for (size_t i = 0; i < TEXT / 4; i++, raw += 3) {
		uint32_t bits = 0;
		for (size_t k = 0; k < 4; k++) {
			char ch = text.p[i * 4 + k];
			const char *at = ch ? strchr(letters, ch) : NULL;
			if (!at) {
				return false;
			}
			bits = bits << 6 | (uint32_t)(at - letters);
		}
		raw[0] = (uint8_t)(bits >> 16);
		raw[1] = (uint8_t)(bits >> 8);
		raw[2] = (uint8_t)bits;
	}
	return true;
}

/* The first 8 bytes are seq under a mask, the 8 after them. */
str version_make(struct arena *a, int64_t seq) {
	uint8_t raw[RAW];
	char *text = arena_alloc(a, TEXT + 1);
	rand_bytes(raw, sizeof(raw));
	for (int i = 0; i < 8; i++) {
		raw[i] = (uint8_t)(raw[8 + i] ^ (uint8_t)((uint64_t)seq >> (8 * i)));
	}
	spell(raw, text);
	return (str){ text, TEXT };
}

bool version_seq(str version, int64_t *seq) {
	uint8_t raw[RAW];
	uint64_t n = 0;
	if (version.n != TEXT || !unspell(version, raw)) {
		return false;
	}
	for (int i = 7; i >= 0; i--) {
		n = n << 8 | (uint8_t)(raw[i] ^ raw[8 + i]);
	}
	*seq = (int64_t)n;
	return true;
}

bool version_plausible(str version) {
	int64_t seq;
	return str_is(version, "null") || version_seq(version, &seq);
}
