/* The xxHashes behind digest.h, which alone uses this. */
#pragma once

#include "base/digest.h"

void *xxh_begin(enum digest_kind kind);
void xxh_update(enum digest_kind kind, void *state, const void *p, size_t n);
struct digest_value xxh_end(enum digest_kind kind, void *state); /* the state goes */
void xxh_drop(void *state); /* NULL is fine */
