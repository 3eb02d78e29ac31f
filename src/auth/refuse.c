#include "auth/refuse.h"

#include <stdarg.h>
#include <stdio.h>

const struct fault auth_access_denied = { "AccessDenied", 403 };
const struct fault auth_invalid_argument = { "InvalidArgument", 400 };
const struct fault auth_invalid_request = { "InvalidRequest", 400 };
const struct fault query_parameters_error = { "AuthorizationQueryParametersError", 400 };

static const struct fault faults[][REASONS] = {
	[AUTH_S3] = { { "SignatureDoesNotMatch", 403 },
		      { "InvalidAccessKeyId", 403 },
		      { "AuthorizationHeaderMalformed", 400 },
		      { "RequestTimeTooSkewed", 403 } },
	[AUTH_EC2] = { { "AuthFailure", 401 },
		       { "AuthFailure", 401 },
		       { "IncompleteSignature", 400 },
		       { "RequestExpired", 400 } },
	[AUTH_QUERY] = { { "SignatureDoesNotMatch", 403 },
			 { "InvalidClientTokenId", 403 },
			 { "IncompleteSignature", 400 },
			 { "SignatureDoesNotMatch", 403 } },
	[AUTH_JSON] = { { "InvalidSignatureException", 400 },
			{ "UnrecognizedClientException", 400 },
			{ "IncompleteSignatureException", 400 },
			{ "InvalidSignatureException", 400 } },
};

static const char *const mismatches[] = {
	[AUTH_S3] = "The request signature we calculated does not match the signature you provided. Check your key and "
		    "signing method.",
	[AUTH_EC2] = "AWS was not able to validate the provided access credentials",
	[AUTH_QUERY] = "The request signature we calculated does not match the signature you provided. Check your AWS "
		       "Secret Access Key and signing method. Consult the service documentation for details.",
	[AUTH_JSON] = "The request signature we calculated does not match the signature you provided. Check your AWS "
		      "Secret Access Key and signing method. Consult the service documentation for details.",
};

static const char *const unknowns[] = {
	[AUTH_S3] = "The AWS Access Key Id you provided does not exist in our records.",
	[AUTH_EC2] = "AWS was not able to validate the provided access credentials",
	[AUTH_QUERY] = "The security token included in the request is invalid.",
	[AUTH_JSON] = "The security token included in the request is invalid.",
};

const struct fault *fault_of(enum auth_style style, enum reason reason) {
	return &faults[style][reason];
}

bool refuse(struct arena *a, struct refusal *why, const struct fault *fault, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	*why = (struct refusal){ .fault = fault, .message = str_vprintf(a, fmt, ap) };
	va_end(ap);
	return false;
}

bool refuse_argument(struct arena *a, struct refusal *why, const char *name, str value, const char *sentence) {
	refuse(a, why, &auth_invalid_argument, "%s", sentence);
	refusal_detail(a, why, "ArgumentName", str_from(name));
	refusal_detail(a, why, "ArgumentValue", value);
	return false;
}

/* Bytes as AWS shows them: hexadecimal, a space between. */
static str spelled(struct arena *a, str s) {
	struct buf b = { .arena = a };
	buf_room(&b, s.n * 3);
	for (size_t i = 0; i < s.n; i++) {
		put(&b, i ? S(" ") : S(""));
		put_hex(&b, (str){ s.p + i, 1 });
	}
	return buf_str(&b);
}

bool refuse_signature(struct arena *a, enum auth_style style, const struct auth *auth, const struct expected *expected,
		      struct refusal *why) {
	refuse(a, why, fault_of(style, REASON_MISMATCH), "%s", mismatches[style]);
	if (style == AUTH_S3) {
		refusal_detail(a, why, "AWSAccessKeyId", auth->access_key);
		refusal_detail(a, why, "StringToSign", expected->to_sign);
		refusal_detail(a, why, "SignatureProvided", auth->signature);
		refusal_detail(a, why, "StringToSignBytes", spelled(a, expected->to_sign));
		if (expected->canonical.p) {
			refusal_detail(a, why, "CanonicalRequest", expected->canonical);
			refusal_detail(a, why, "CanonicalRequestBytes", spelled(a, expected->canonical));
		}
	}
	return false;
}

void auth_unknown_key(struct arena *a, enum auth_style style, const struct auth *auth, struct refusal *why) {
	refuse(a, why, fault_of(style, REASON_UNKNOWN), "%s", unknowns[style]);
	if (style == AUTH_S3) {
		refusal_detail(a, why, "AWSAccessKeyId", auth->access_key);
	}
}
