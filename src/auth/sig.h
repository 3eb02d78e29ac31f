/* The two versions of the signature, each read and verified in both of its places. */
#pragma once

#include "auth/auth.h"
#include "auth/params.h"

struct parsing {
	struct arena *arena;
	const struct head *head;
	enum auth_style style;
	struct auth *auth;
	struct refusal *why;
};

bool sigv4_parse_header(const struct parsing *p, str credentials); /* what follows the algorithm's name */
bool sigv4_parse_query(const struct parsing *p, const str params[PARAMS]);
bool sigv4_verify(struct arena *a, const struct auth_request *r, struct auth *auth, struct refusal *why);

bool sigv2_parse_header(const struct parsing *p, str credentials); /* AKID:signature */
bool sigv2_parse_query(const struct parsing *p, const str params[PARAMS]); /* of the query, or of a form */
bool sigv2_verify(struct arena *a, const struct auth_request *r, const struct auth *auth, struct refusal *why);
str sigv2_text(struct arena *a, const struct auth_request *r, const struct auth *auth); /* what is signed */

bool post_verify(struct arena *a, const struct auth_request *r, struct auth *auth, struct refusal *why);

/* x-amz-date, or else Date, in any form that clients send. */
bool sign_date(const struct head *h, int64_t *ms);

/* What x-amz-content-sha256 stands for. */
bool payload_parse(const struct parsing *p, str sha256);
/* SigV2 and anonymous callers sign nothing of a body, but aws-chunked may be what it comes in. */
void payload_note(const struct parsing *p);
str payload_text(const struct auth *auth);

/* One signed text of SigV4. */
struct to_sign {
	str time, scope, canonical;
};
str to_sign_text(struct arena *a, const struct to_sign *t);
str scope_text(struct arena *a, const struct auth *auth);
/* The hexadecimal signature of a text. */
str sigv4_sign(struct arena *a, const uint8_t key[32], str text);

/* The canonical request; payload is its last line. */
struct canonical {
	const struct head *head;
	str signed_headers, payload;
	bool s3, presigned;
};
str canonical_request(struct arena *a, const struct canonical *c);
