/* The parameters of a query string (or a form) that carry credentials, found in one pass. */
#pragma once

#include "http/head.h"

enum param {
	V4_ALGORITHM,
	V4_CREDENTIAL,
	V4_DATE,
	V4_EXPIRES,
	V4_SIGNED_HEADERS,
	V4_SIGNATURE,
	V4_TOKEN,
	V4_SHA256,
	V2_KEY,
	V2_SIGNATURE,
	V2_EXPIRES,
	V2_TOKEN, /* of S3 */
	FORM_VERSION, /* and the next: SigV2 of the query services */
	FORM_METHOD,
	FORM_TIMESTAMP,
	FORM_TOKEN,
	PARAMS
};

/* Decoded ('+' stays '+': no credential has a space, and base64 has many of these); absent if not there; of several
 * of one name the first. */
void params_read(struct arena *a, str query, str out[PARAMS]);
