/* The credential scope of SigV4 (key/date/region/service/aws4_request) and the time of a signature. */
#pragma once

#include "auth/auth.h"
#include "base/clock.h"

enum { SKEW_MS = 15 * 60 * 1000 };

/* Splits a credential from its right end: access keys may hold slashes. auth->way says whether it came in the query. */
bool scope_parse(struct arena *a, enum auth_style style, str credential, struct auth *auth, struct refusal *why);
/* Date, region and service are what they must be. */
bool scope_check(struct arena *a, const struct auth_request *r, const struct auth *auth, struct refusal *why);

/* Not more than 15 minutes from now. */
bool time_check(struct arena *a, enum auth_style style, int64_t signed_at, struct refusal *why);
/* A presigned V4 URL has begun and not ended. */
bool expiry_check(struct arena *a, enum auth_style style, const struct auth *auth, struct refusal *why);
/* S3's "Request has expired" for a URL that ended at that time (ms). */
bool refuse_expired(struct arena *a, int64_t ended, int64_t seconds, struct refusal *why);

str time_text(struct arena *a, int64_t ms, enum time_form form);
