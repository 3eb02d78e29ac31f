/* The keys that SigV4 signs with, derived from a secret and a scope: four HMACs, so the last ones are kept. */
#pragma once

#include "base/digest.h"

struct scope {
	str date, region, service;
};

/* The key. True if it was kept: only if secret and scope are the very same, so a changed secret never meets an old
 * key. */
bool signing_key(str secret, const struct scope *scope, uint8_t out[32]);
/* Keeps it: call this once a signature has proved right, so that strangers cannot push others' keys out. */
void signing_key_keep(str secret, const struct scope *scope, const uint8_t key[32]);
