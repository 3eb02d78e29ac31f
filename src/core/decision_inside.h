/* A decision as it is kept, for the record's own files. */
#pragma once

#include "core/decision.h"

enum { DECISION_TEXTS = 12, SLOT_SIZE = 1024, SLOT_TEXT = SLOT_SIZE - 56 };

/* The number says which decision it is, counted from 1 on; slot (number - 1) % DECISIONS_KEPT holds it. */
struct slot {
	uint64_t number; /* 0: empty */
	int64_t at;
	uint32_t crc; /* in the file: of the slot with crc 0 */
	int32_t statement;
	uint16_t n[DECISION_TEXTS];
	uint8_t layer, allowed, explicit_deny, cut;
	uint32_t unused;
	char text[SLOT_TEXT];
};

/* Copies up to n slots with numbers from on, and says how many; those that are gone or missing have another number.
 * newest: the last that there is. */
size_t slots_copy(struct slot *to, size_t n, uint64_t from, uint64_t *newest);
/* At start: puts a slot where its number says. */
void slot_put(const struct slot *s);
