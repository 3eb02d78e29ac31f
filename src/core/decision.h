/* The record of decisions: who asked to do what to which resource, and what came out. Bounded: the newest ones are
 * kept in memory; all in one process. */
#pragma once

#include "base/clock.h"

enum { DECISIONS_KEPT = 4096 };

struct decision {
	str request_id, principal, action, resource, reason;
	bool allowed;
	int64_t at; /* virtual time */
};

void decision_record(const struct decision *d);
/* Those of one request (all kept ones if request_id is absent), oldest first, as a JSON array. */
void decision_write(struct buf *b, str request_id);
