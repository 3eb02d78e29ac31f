/* The keys that customers send (SSE-C): three headers, for what is written or read and for the source of a copy. A key
 * is used and forgotten; what is kept is a random salt and the HMAC of it under the key. */
#pragma once

#include "core/call.h"
#include "core/seal.h"

struct customer_headers {
	const char *algorithm, *key, *md5;
};
extern const struct customer_headers customer_headers, customer_source_headers;

bool customer_sent(const struct call *c, const struct customer_headers *h); /* any of them */
/* Fails: InvalidArgument, InvalidEncryptionAlgorithmError. */
bool customer_key(struct call *c, const struct customer_headers *h, struct seal *out);
str customer_md5(const struct call *c, const struct customer_headers *h); /* of the key, in base64 */

str customer_check(struct arena *a, const struct seal *key);
bool customer_matches(struct arena *a, str check, const struct seal *key);
