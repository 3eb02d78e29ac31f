/* Randomness from the kernel, buffered per thread. Cannot fail. */
#pragma once

#include "base/buf.h"

void rand_bytes(void *p, size_t n);
uint64_t rand_u64(void);
/* n characters drawn from the alphabet (at most 256 of them), in the arena. */
str rand_text(struct arena *a, str alphabet, size_t n);
str rand_uuid(struct arena *a); /* 8-4-4-4-12, version 4 */
