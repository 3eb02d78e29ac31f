#include "auth/refuse.h"
#include "auth/sig.h"

static const char *const spelled[] = {
	[PAYLOAD_UNSIGNED] = "UNSIGNED-PAYLOAD",
	[PAYLOAD_SHA256] = NULL,
	[PAYLOAD_CHUNKS] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
	[PAYLOAD_CHUNKS_TRAILER] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
	[PAYLOAD_UNSIGNED_TRAILER] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
};

static bool is_sha256(str s) {
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
			return false;
		}
	}
	return s.n == 64;
}

bool payload_parse(const struct parsing *p, str sha256) {
	for (enum payload_kind kind = PAYLOAD_UNSIGNED; kind <= PAYLOAD_UNSIGNED_TRAILER; kind++) {
		if (spelled[kind] && str_is(sha256, spelled[kind])) {
			p->auth->payload = kind;
			return true;
		}
	}
	if (is_sha256(sha256)) {
		p->auth->payload = PAYLOAD_SHA256;
		p->auth->sha256 = sha256;
		return true;
	}
	if (str_starts(sha256, S("STREAMING-AWS4-ECDSA-P256-SHA256"))) {
		return refuse(p->arena, p->why, &auth_invalid_request,
			      "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not served here; please use "
			      "AWS4-HMAC-SHA256.");
	}
	return refuse_argument(
		p->arena, p->why, "x-amz-content-sha256", sha256,
		"x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
		"STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
		"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER "
		"or a valid sha256 value.");
}

void payload_note(const struct parsing *p) {
	if (str_is(head_get(p->head, "x-amz-content-sha256"), spelled[PAYLOAD_UNSIGNED_TRAILER])) {
		p->auth->payload = PAYLOAD_UNSIGNED_TRAILER;
	}
}

str payload_text(const struct auth *auth) {
	return auth->payload == PAYLOAD_SHA256 ? auth->sha256 : str_from(spelled[auth->payload]);
}
