/* Why a request is not let in, as each family of services says it. */
#pragma once

#include "auth/auth.h"

enum reason {
	REASON_MISMATCH, /* the signature is another */
	REASON_UNKNOWN, /* nobody has this access key */
	REASON_INCOMPLETE, /* the credentials are not well-formed */
	REASON_SKEWED, /* signed too early or too late */
	REASONS
};

extern const struct fault auth_access_denied, auth_invalid_argument, auth_invalid_request, query_parameters_error;

/* Fills *why; false, so that callers can return it. */
bool refuse(struct arena *a, struct refusal *why, const struct fault *fault, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
const struct fault *fault_of(enum auth_style style, enum reason reason);
/* S3's InvalidArgument with ArgumentName and ArgumentValue. */
bool refuse_argument(struct arena *a, struct refusal *why, const char *name, str value, const char *sentence);
/* REASON_MISMATCH. S3 adds what was expected to be signed; canonical is absent for SigV2. */
struct expected {
	str to_sign, canonical;
};
bool refuse_signature(struct arena *a, enum auth_style style, const struct auth *auth, const struct expected *expected,
		      struct refusal *why);
