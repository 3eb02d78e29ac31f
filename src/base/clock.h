/* Two clocks. The virtual one is what the cloud itself dates and expires with: real time plus an offset that users can
 * move. Real time is for what crosses the wire with a meaning of its own (Date, TLS, signatures, presigned expiry).
 * All times are milliseconds since 1970-01-01 UTC. */
#pragma once

#include "base/buf.h"

int64_t clock_now(void); /* virtual */
int64_t clock_real(void); /* real */
int64_t clock_monotonic(void); /* for deadlines and durations; microseconds, no epoch */
int64_t clock_offset(void);
void clock_set_offset(int64_t ms);

enum time_form {
	TIME_ISO, /* 2026-11-25T00:00:00.000Z */
	TIME_ISO_S, /* 2026-11-25T00:00:00Z */
	TIME_HTTP, /* Wed, 25 Nov 2026 00:00:00 GMT */
	TIME_AMZ, /* 20261125T000000Z */
};

void put_time(struct buf *b, int64_t ms, enum time_form form);

/* Any of the four forms; TIME_ISO with 0 to 9 digits of fraction and Z or +hh:mm. False on anything else. */
bool time_parse(str s, int64_t *ms);

/* "90d", "1d12h", "30m", "45s", "2w": a positive span. False on anything else, and over a thousand years. */
bool duration_parse(str s, int64_t *ms);
