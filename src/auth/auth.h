/* Who signed this request, and is the signature right: SigV4 in the header and in the query, SigV2 in both (S3 with its
 * canonical resource, query services with theirs). SigV4a is refused with a sentence.
 * Two steps, because the credential scope helps to find the service, and the service finds the secret:
 * auth_parse, then auth_verify. All dates here are real time (clock_real). */
#pragma once

#include "http/head.h"
#include "wire/fault.h"

enum auth_way {
	AUTH_ANONYMOUS,
	AUTH_V4_HEADER,
	AUTH_V4_QUERY,
	AUTH_V2_HEADER,
	AUTH_V2_QUERY,
	AUTH_V4_POST, /* a form, whose policy is signed */
	AUTH_V2_POST,
};

/* What the body is, as signed. */
enum payload_kind {
	PAYLOAD_UNSIGNED, /* UNSIGNED-PAYLOAD, SigV2, presigned, anonymous */
	PAYLOAD_SHA256, /* x-amz-content-sha256 is its hash */
	PAYLOAD_CHUNKS, /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
	PAYLOAD_CHUNKS_TRAILER, /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER */
	PAYLOAD_UNSIGNED_TRAILER, /* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
};

/* Codes and sentences differ by family of services. */
enum auth_style { AUTH_S3, AUTH_EC2, AUTH_QUERY, AUTH_JSON };

struct auth {
	enum auth_way way;
	str access_key;
	str region, service, date; /* of a V4 scope; date is YYYYMMDD; absent for V2 */
	str token; /* session token; absent if none */
	str signature, signed_headers;
	int64_t time; /* when it was signed, ms */
	int64_t expires; /* of a presigned URL: seconds; 0 else */
	enum payload_kind payload;
	str sha256; /* PAYLOAD_SHA256: 64 hex digits */
	str policy; /* of a form: the document in base64, as it was sent; absent: none */
	/* filled by auth_verify, for the chunks of a body */
	uint8_t signing_key[32];
	str seed; /* signature of the head, hex */
};

struct auth_request {
	const struct head *head;
	enum auth_style style;
	str bucket; /* AUTH_S3 with a virtual host: the bucket that the host names, for SigV2's canonical resource */
	str body; /* whole, as sent: of all services but S3, whose signature covers it */
	bool body_known;
	str secret; /* of auth->access_key */
	str region; /* what the scope must name; absent: any */
	str service; /* what the scope must name; absent: any */
};

/* Reads the credentials out of the message. No credentials at all is AUTH_ANONYMOUS. False: malformed, *why is
 * filled. The style is what the caller can tell by then. */
bool auth_parse(struct arena *a, const struct head *h, enum auth_style style, struct auth *out, struct refusal *why);

/* For a query service's POST in which auth_parse found nothing: SigV2 signs a form with parameters of the form
 * itself. True and *out unchanged if the form has none. */
bool auth_parse_form(struct arena *a, str form, enum auth_style style, struct auth *out, struct refusal *why);

/* For an S3 form upload: the fields that say who signed its policy; absent if it has none. Without a policy and a
 * signature it is AUTH_ANONYMOUS. */
struct post_signature {
	str policy, token;
	str algorithm, credential, date, signature; /* X-Amz-... */
	str v2_key, v2_signature; /* AWSAccessKeyId, signature */
};
bool auth_parse_post(struct arena *a, const struct post_signature *s, struct auth *out, struct refusal *why);

/* Right key, right scope, in time (15 minutes of skew; presigned: 1 s to 7 days), every rule of canonicalization.
 * False: *why is filled, with what was expected to be signed (S3's StringToSign and CanonicalRequest). */
bool auth_verify(struct arena *a, const struct auth_request *r, struct auth *auth, struct refusal *why);

/* The refusal for an access key that nobody has. */
void auth_unknown_key(struct arena *a, enum auth_style style, const struct auth *auth, struct refusal *why);

/* The client's direction: header lines that sign a request (Authorization, X-Amz-Date, X-Amz-Content-Sha256, and
 * X-Amz-Security-Token), and a presigned query. */
struct signer {
	str access_key, secret, token, region, service;
	int64_t now; /* ms, real */
};
void auth_sign(struct buf *headers, const struct signer *s, const struct head *h, str payload_sha256);
str auth_presign(struct arena *a, const struct signer *s, const struct head *h, int64_t expires);
