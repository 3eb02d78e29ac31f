/* The registers behind the CRCs of digest.h: reflected, all ones at the start and inverted at the end by the caller. */
#pragma once

#include "base/digest.h"

uint64_t crc_start(enum digest_kind kind); /* also what the register is XORed with at the end */
uint64_t crc_update(enum digest_kind kind, uint64_t reg, const void *p, size_t n);
/* The same by the tables alone, whatever the CPU can do: the reference in the tests. */
uint64_t crc_update_plain(enum digest_kind kind, uint64_t reg, const void *p, size_t n);
