/* Secrets at rest: AES-256-GCM under a key file of mode 0600 in the data folder. A stolen database alone tells
 * nothing. */
#pragma once

#include "base/buf.h"

struct seal {
	uint8_t key[32];
};

int seal_open(struct seal *s, const char *path); /* makes the key at first; 0 or -errno */
str seal_close(const struct seal *s, struct arena *a, str secret);
bool seal_read(const struct seal *s, struct arena *a, str sealed, str *secret); /* false: tampered, or another key */
