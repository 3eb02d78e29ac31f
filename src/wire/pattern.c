#define PCRE2_CODE_UNIT_WIDTH 8
#include "wire/pattern.h"

#include "base/lock.h"

#include <pcre2.h>

enum { SLOTS = 4096, MATCH_LIMIT = 500 * 1000, HEAP_LIMIT_KIB = 64 * 1024 };

struct slot {
	const char *pattern;
	pcre2_code *code; /* NULL: PCRE2 cannot read it */
};

static struct slot slots[SLOTS];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

/* \uXXXX is of the patterns' own language, and PCRE2 reads it only on demand (and then has no \x{...}). */
static pcre2_code *compile(const char *pattern) {
	uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C;
	int error;
	PCRE2_SIZE at;
	options |= strstr(pattern, "\\u") ? PCRE2_ALT_BSUX : 0;
	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &error, &at, NULL);
}

static const pcre2_code *code_of(const char *pattern) {
	size_t at = ((uintptr_t)pattern * 0x9e3779b97f4a7c15u) >> 52;
	AUTO_LOCK(&slots_lock);
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &slots[(at + i) % SLOTS];
		if (!s->pattern) {
			*s = (struct slot){ pattern, compile(pattern) };
		}
		if (s->pattern == pattern) {
			return s->code;
		}
	}
	return NULL;
}

bool pattern_known(const char *pattern) {
	return code_of(pattern);
}

bool pattern_matches(const char *pattern, str s) {
	const pcre2_code *code = code_of(pattern);
	if (!code) {
		return true;
	}
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	bool matches = false;
	if (context && data) {
		pcre2_set_match_limit(context, MATCH_LIMIT);
		pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
		matches = pcre2_match(code, (PCRE2_SPTR)(s.n ? s.p : ""), s.n, 0, 0, data, context) >= 0;
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return matches;
}
