#include "base/log.h"
#include "client/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is set can be read back, and setting it again changes nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena a = { 0 };
	str text = { (const char *)data, size };
	struct ini_setting settings[] = { { "region", S("here") }, { "s3", { 0 } } };
	struct ini_change c = {
		.section = { .profile = S("dev"), .config = size & 1 }, .settings = settings, .n = 2, .note = S("me")
	};
	c.only = size & 2;
	str once = ini_set(&a, text, &c);
	if (!str_is(ini_get(once, c.section, "region"), "here") || !str_is(ini_note(once, c.section), "me") ||
	    !str_eq(ini_set(&a, once, &c), once)) {
		bug("a change that does not last");
	}
	arena_free(&a);
	return 0;
}
