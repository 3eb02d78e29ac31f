#include "auth/auth.h"

#include "auth/sample.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/tap.h"

#define CREDENTIAL "AK/20130524/us-east-1/s3/aws4_request"

static const struct signer s3_signer = {
	.access_key = LITERAL("AKEXAMPLE"),
	.secret = LITERAL("secret"),
	.region = LITERAL("us-east-1"),
	.service = LITERAL("s3"),
};

/* A request signed now. */
static void signed_head(struct arena *a, struct head *h, const struct signer *signer, const char *text, str body) {
	struct buf b = { .arena = a }, hash = { .arena = a };
	struct signer s = *signer;
	struct digest_value v = digest_of(DIGEST_SHA256, body);
	str line, rest;
	s.now += clock_real();
	put_hex(&hash, digest_str(&v));
	sample_head(a, h, text);
	auth_sign(&b, &s, h, buf_str(&hash));
	rest = buf_str(&b);
	while (rest.n) {
		struct header *x = &h->headers[h->n++];
		str_cut(rest, '\n', &line, &rest);
		str_cut((str){ line.p, line.n - 1 }, ':', &x->name, &x->value);
		x->value = str_trim(x->value);
	}
}

static str verdict(struct arena *a, const struct auth_request *r, struct auth *auth, struct refusal *why) {
	if (auth_parse(a, r->head, r->style, auth, why) && auth_verify(a, r, auth, why)) {
		return S("ok");
	}
	return str_printf(a, "%d %s", why->fault->status, why->fault->code);
}

static str detail_of(const struct refusal *why, const char *name) {
	for (const struct detail *d = why->details; d; d = d->next) {
		if (strcmp(d->name, name) == 0) {
			return d->value;
		}
	}
	return (str){ 0 };
}

static void test_round_trip(struct arena *a) {
	struct head h;
	struct auth auth;
	struct refusal why;
	struct signer s = s3_signer;
	s.token = S("TOKEN==");
	signed_head(a, &h, &s,
		    "PUT /b/a%20b+c%2F//x?partNumber=1&uploadId=q%2Bz&acl\nHost: 127.0.0.1:4566\nx-amz-acl:  x  y\n",
		    S("body"));
	struct auth_request r = { .head = &h, .style = AUTH_S3, .secret = s.secret };
	r.region = S("us-east-1");
	r.service = S("s3");
	CHECK_STR(verdict(a, &r, &auth, &why), S("ok"));
	CHECK(auth.way == AUTH_V4_HEADER && auth.payload == PAYLOAD_SHA256 && auth.seed.n == 64);
	CHECK_STR(auth.token, S("TOKEN=="));
	CHECK_STR(auth.access_key, S("AKEXAMPLE"));
	r.secret = S("another");
	CHECK_STR(verdict(a, &r, &auth, &why), S("403 SignatureDoesNotMatch"));
	CHECK(str_starts(detail_of(&why, "CanonicalRequest"),
			 S("PUT\n/b/a%20b%2Bc///x\nacl=&partNumber=1&uploadId=q%2Bz\n")));
	CHECK(str_starts(detail_of(&why, "CanonicalRequestBytes"), S("50 55 54 0a 2f")));
	CHECK(str_starts(detail_of(&why, "StringToSign"), S("AWS4-HMAC-SHA256\n")));
	CHECK_STR(detail_of(&why, "AWSAccessKeyId"), S("AKEXAMPLE"));
	CHECK_STR(detail_of(&why, "SignatureProvided"), auth.signature);
	r.secret = s.secret;
	h.path = S("/b/other");
	CHECK_STR(verdict(a, &r, &auth, &why), S("403 SignatureDoesNotMatch"));
	h.headers[h.n++] = (struct header){ S("X-Amz-Meta-B"), S("1") };
	h.headers[h.n++] = (struct header){ S("x-amz-meta-a"), S("1") };
	CHECK_STR(verdict(a, &r, &auth, &why), S("403 AccessDenied"));
	CHECK_STR(detail_of(&why, "HeadersNotSigned"), S("x-amz-meta-b, x-amz-meta-a"));
}

static void test_scope(struct arena *a) {
	struct head h;
	struct auth auth;
	struct refusal why;
	signed_head(a, &h, &s3_signer, "GET /\nHost: h\n", S(""));
	struct auth_request r = { .head = &h, .style = AUTH_S3, .secret = S("secret"), .region = S("eu-west-1") };
	CHECK_STR(verdict(a, &r, &auth, &why), S("400 AuthorizationHeaderMalformed"));
	CHECK_STR(why.message,
		  S("The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"));
	CHECK_STR(detail_of(&why, "Region"), S("eu-west-1"));
	r.style = AUTH_QUERY;
	CHECK_STR(verdict(a, &r, &auth, &why), S("403 SignatureDoesNotMatch"));
	r = (struct auth_request){ .head = &h, .style = AUTH_JSON, .secret = S("secret"), .service = S("ssm") };
	CHECK_STR(verdict(a, &r, &auth, &why), S("400 InvalidSignatureException"));
	CHECK_STR(why.message, S("Credential should be scoped to correct service: 'ssm'. "));
	struct signer s = s3_signer;
	s.service = S("sts");
	signed_head(a, &h, &s, "POST /a/../x%20y\nHost: h\nX-Amz-Target: T\n", S("the body"));
	r = (struct auth_request){ .head = &h, .style = AUTH_QUERY, .secret = S("secret"), .body_known = true };
	r.body = S("the body");
	CHECK_STR(verdict(a, &r, &auth, &why), S("ok"));
	r.body = S("the bodY");
	CHECK_STR(verdict(a, &r, &auth, &why), S("403 SignatureDoesNotMatch"));
	r.style = AUTH_EC2;
	CHECK_STR(verdict(a, &r, &auth, &why), S("401 AuthFailure"));
	r.style = AUTH_JSON;
	CHECK_STR(verdict(a, &r, &auth, &why), S("400 InvalidSignatureException"));
}

static void test_time(struct arena *a) {
	static const struct {
		int64_t shift;
		enum auth_style style;
		const char *verdict, *starts;
	} rows[] = {
		{ -14 * 60000, AUTH_S3, "ok", "" },
		{ 14 * 60000, AUTH_S3, "ok", "" },
		{ -16 * 60000, AUTH_S3, "403 RequestTimeTooSkewed", "The difference between" },
		{ 16 * 60000, AUTH_S3, "403 RequestTimeTooSkewed", "The difference between" },
		{ -16 * 60000, AUTH_QUERY, "403 SignatureDoesNotMatch", "Signature expired: 2" },
		{ 16 * 60000, AUTH_QUERY, "403 SignatureDoesNotMatch", "Signature not yet current: 2" },
		{ -16 * 60000, AUTH_JSON, "400 InvalidSignatureException", "Signature expired: 2" },
		{ 16 * 60000, AUTH_EC2, "400 RequestExpired", "Request has expired." },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct head h;
		struct auth auth;
		struct refusal why;
		struct signer s = s3_signer;
		s.now = rows[i].shift;
		signed_head(a, &h, &s, "GET /\nHost: h\n", S(""));
		struct auth_request r = { .head = &h, .style = rows[i].style, .secret = s.secret, .body_known = true };
		CHECK_STR(verdict(a, &r, &auth, &why), str_from(rows[i].verdict));
		CHECK(str_starts(why.message, str_from(rows[i].starts)));
	}
}

static str presigned_verdict(struct arena *a, int64_t shift, int64_t expires, const char *more, struct refusal *why) {
	struct head h;
	struct auth auth;
	struct signer s = s3_signer;
	s.now = clock_real() + shift;
	sample_head(a, &h, "GET /b/k?versionId=1\nHost: h\n");
	str query = auth_presign(a, &s, &h, expires);
	h.query = str_printf(a, STR_FMT "%s", STR_ARG(query), more);
	struct auth_request r = { .head = &h, .style = AUTH_S3, .secret = s.secret, .region = s.region };
	return verdict(a, &r, &auth, why);
}

static void test_presigned(struct arena *a) {
	struct refusal why;
	CHECK_STR(presigned_verdict(a, 0, 1, "", &why), S("ok"));
	CHECK_STR(presigned_verdict(a, -604000000, 604800, "", &why), S("ok"));
	CHECK_STR(presigned_verdict(a, 14 * 60000, 60, "", &why), S("ok"));
	CHECK_STR(presigned_verdict(a, 0, 60, "&x=1", &why), S("403 SignatureDoesNotMatch"));
	CHECK_STR(presigned_verdict(a, -61000, 60, "", &why), S("403 AccessDenied"));
	CHECK_STR(why.message, S("Request has expired"));
	CHECK_STR(detail_of(&why, "X-Amz-Expires"), S("60"));
	CHECK(detail_of(&why, "Expires").n == 20 && detail_of(&why, "ServerTime").n == 20);
	CHECK_STR(presigned_verdict(a, 16 * 60000, 60, "", &why), S("403 AccessDenied"));
	CHECK_STR(presigned_verdict(a, 0, 0, "", &why), S("403 AccessDenied"));
	CHECK_STR(presigned_verdict(a, 0, 604801, "", &why), S("400 AuthorizationQueryParametersError"));
	CHECK_STR(presigned_verdict(a, 0, -1, "", &why), S("400 AuthorizationQueryParametersError"));
	CHECK_STR(why.message, S("X-Amz-Expires must be non-negative"));
	CHECK_STR(presigned_verdict(a, 0, 60, "&AWSAccessKeyId=x", &why), S("400 InvalidArgument"));
}

/* Heads that are refused as they are read. */
static const struct {
	enum auth_style style;
	const char *request, *verdict, *starts;
} malformed[] = {
	{ AUTH_S3, "GET /\nHost: h\nAuthorization: Basic abc\n", "400 InvalidArgument",
	  "Unsupported Authorization Type" },
	{ AUTH_QUERY, "GET /\nHost: h\nAuthorization: Basic abc\n", "400 IncompleteSignature",
	  "Unsupported AWS 'algorithm': 'Basic'." },
	{ AUTH_S3, "GET /\nHost: h\nAuthorization: AWS4-ECDSA-P256-SHA256 Credential=x\n", "400 InvalidRequest",
	  "Signature Version 4A" },
	{ AUTH_S3, "GET /\nHost: h\nAuthorization: AWS4-HMAC-SHA256\n", "400 AuthorizationHeaderMalformed",
	  "The authorization header is malformed; the authorization header requires three components" },
	{ AUTH_S3, "GET /\nAuthorization: AWS4-HMAC-SHA256 Credential\n", "400 AuthorizationHeaderMalformed",
	  "The authorization header is malformed; the authorization component" },
	{ AUTH_S3, "GET /\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=0\n",
	  "400 AuthorizationHeaderMalformed",
	  "The authorization header is malformed; the Credential is mal-formed; expecting \"<YOUR-AKID>/" },
	{ AUTH_S3,
	  "GET /\nAuthorization: AWS4-HMAC-SHA256 "
	  "Credential=a/20130524/r/s3/aws4,SignedHeaders=host,Signature=0\n",
	  "400 AuthorizationHeaderMalformed", "The authorization header is malformed; incorrect terminal \"aws4\"" },
	{ AUTH_S3, "GET /\nAuthorization: AWS4-HMAC-SHA256 Credential=" CREDENTIAL ",SignedHeaders=host,Signature=0\n",
	  "403 AccessDenied", "AWS authentication requires a valid Date or x-amz-date header" },
	{ AUTH_S3,
	  "GET /\nX-Amz-Date: 20130524T000000Z\nAuthorization: AWS4-HMAC-SHA256 Credential=" CREDENTIAL
	  ",SignedHeaders=host,Signature=0\n",
	  "400 InvalidRequest", "Missing required header for this request: x-amz-content-sha256" },
	{ AUTH_S3,
	  "GET /\nX-Amz-Date: 20130524T000000Z\nX-Amz-Content-Sha256: abc\nAuthorization: AWS4-HMAC-SHA256 "
	  "Credential=" CREDENTIAL ",SignedHeaders=host,Signature=0\n",
	  "400 InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD," },
	{ AUTH_S3,
	  "GET /\nX-Amz-Date: 20130524T000000Z\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\nAuthorization: "
	  "AWS4-HMAC-SHA256 Credential=AK/20130525/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=0\n",
	  "400 AuthorizationHeaderMalformed",
	  "The authorization header is malformed; Invalid credential date \"20130525\". This date is not the "
	  "same as "
	  "X-Amz-Date: \"20130524\"." },
	{ AUTH_QUERY, "GET /\nHost: h\nAuthorization: AWS4-HMAC-SHA256 Credential=a\n", "400 IncompleteSignature",
	  "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
	  "parameter. Authorization header requires existence of either" },
	{ AUTH_JSON, "GET /\nDate: x\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=0\n",
	  "400 IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements" },
	{ AUTH_JSON,
	  "GET /\nDate: x\nAuthorization: AWS4-HMAC-SHA256 Credential=" CREDENTIAL ",SignedHeaders=host,Signature=0\n",
	  "400 IncompleteSignatureException", "Date must be in ISO-8601 'basic format'. Got 'x'." },
	{ AUTH_S3, "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256\n", "400 AuthorizationQueryParametersError",
	  "Query-string authentication version 4 requires" },
	{ AUTH_S3,
	  "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" CREDENTIAL
	  "&X-Amz-Date=20130524&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=0\n",
	  "400 AuthorizationQueryParametersError", "X-Amz-Date must be in the ISO8601 Long Format" },
	{ AUTH_S3,
	  "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" CREDENTIAL
	  "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=1x&X-Amz-SignedHeaders=host&X-Amz-Signature=0\n",
	  "400 AuthorizationQueryParametersError", "X-Amz-Expires should be a number" },
	{ AUTH_S3, "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256\nAuthorization: AWS a:b\n", "400 InvalidArgument",
	  "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter" },
	{ AUTH_S3, "GET /\nDate: Tue, 27 Mar 2007 19:36:42 +0000\nAuthorization: AWS a\n", "400 InvalidArgument",
	  "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature" },
	{ AUTH_S3, "GET /\nAuthorization: AWS a:b\n", "403 AccessDenied", "AWS authentication requires a valid" },
	{ AUTH_S3, "GET /\nDate: Tue, 27 Mar 2007 19:36:42 +0000\nAuthorization: AWS a:b\n", "403 RequestTimeTooSkewed",
	  "The difference" },
	{ AUTH_S3, "GET /?AWSAccessKeyId=a&Signature=b\n", "403 AccessDenied",
	  "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters" },
	{ AUTH_S3, "GET /?AWSAccessKeyId=a&Signature=b&Expires=x\n", "403 AccessDenied",
	  "Invalid date (should be seconds since epoch): x" },
	{ AUTH_S3, "GET /?AWSAccessKeyId=a&Signature=b&Expires=1175139620\n", "403 AccessDenied",
	  "Request has expired" },
	{ AUTH_S3, "GET /?AWSAccessKeyId=a&Signature=b&Expires=9175139620\n", "403 SignatureDoesNotMatch", "The" },
	{ AUTH_QUERY, "GET /?AWSAccessKeyId=a&Signature=b&SignatureVersion=1\n", "400 IncompleteSignature", "Only" },
};

static void test_malformed(struct arena *a) {
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct head h;
		struct auth auth;
		struct refusal why;
		sample_head(a, &h, malformed[i].request);
		struct auth_request r = {
			.head = &h, .style = malformed[i].style, .secret = S("s"), .body_known = true
		};
		CHECK_STR(verdict(a, &r, &auth, &why), str_from(malformed[i].verdict));
		CHECK_STR(((str){ why.message.p, why.message.n < strlen(malformed[i].starts)
							 ? why.message.n
							 : strlen(malformed[i].starts) }),
			  str_from(malformed[i].starts));
	}
}

/* A plus is a space, as the readers of queries take it, and can be swapped for nothing else. */
static void test_plus(struct arena *a) {
	static const struct {
		enum auth_style style;
		const char *signed_query, *sent, *verdict;
	} rows[] = {
		{ AUTH_S3, "x=a%20b", "x=a+b", "ok" },
		{ AUTH_S3, "x=a%2Bb", "x=a+b", "403 SignatureDoesNotMatch" },
		{ AUTH_JSON, "x=a%20b", "x=a+b", "ok" },
		{ AUTH_QUERY, "x=a%20b", "x=a+b", "ok" },
		{ AUTH_QUERY, "x=a%2Bb", "x=a+b", "403 SignatureDoesNotMatch" },
		{ AUTH_S3, "y=2&x=b&x=a&z", "x=a&z=&x=b&&y=2", "ok" },
		{ AUTH_S3, "x=%7E%2f%2A", "%78=~/*", "ok" },
		{ AUTH_S3, "x=1", "x=1&x=1", "403 SignatureDoesNotMatch" },
		{ AUTH_S3, "x=1&y=2", "x=1%26y=2", "403 SignatureDoesNotMatch" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct head h;
		struct auth auth;
		struct refusal why;
		str request = str_printf(a, "GET /?%s\nHost: h\n", rows[i].signed_query);
		signed_head(a, &h, &s3_signer, str_z(a, request), S(""));
		h.query = str_from(rows[i].sent);
		struct auth_request r = {
			.head = &h, .style = rows[i].style, .secret = S("secret"), .body_known = true
		};
		CHECK_STR(verdict(a, &r, &auth, &why), str_from(rows[i].verdict));
	}
}

static void test_others(struct arena *a) {
	struct head h;
	struct auth auth;
	struct refusal why;
	sample_head(a, &h, "GET /\nHost: h\n");
	CHECK(auth_parse(a, &h, AUTH_S3, &auth, &why) && auth.way == AUTH_ANONYMOUS &&
	      auth.payload == PAYLOAD_UNSIGNED);
	auth.access_key = S("AKX");
	auth_unknown_key(a, AUTH_S3, &auth, &why);
	CHECK(strcmp(why.fault->code, "InvalidAccessKeyId") == 0);
	CHECK_STR(detail_of(&why, "AWSAccessKeyId"), S("AKX"));
	auth_unknown_key(a, AUTH_QUERY, &auth, &why);
	CHECK(strcmp(why.fault->code, "InvalidClientTokenId") == 0 && why.fault->status == 403);
	auth_unknown_key(a, AUTH_JSON, &auth, &why);
	CHECK(strcmp(why.fault->code, "UnrecognizedClientException") == 0 && why.fault->status == 400);
	auth_unknown_key(a, AUTH_EC2, &auth, &why);
	CHECK(strcmp(why.fault->code, "AuthFailure") == 0 && why.fault->status == 401);
	/* An access key may hold slashes. */
	sample_head(
		a, &h,
		"GET /\nHost: h\nX-Amz-Date: 20130524T000000Z\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\nAuthorization: "
		"AWS4-HMAC-SHA256 Credential=A/K/20130524/us-east-1/s3/aws4_request,  SignedHeaders=host;x-amz-date\t"
		"Signature=0\n");
	CHECK(auth_parse(a, &h, AUTH_S3, &auth, &why));
	CHECK_STR(auth.access_key, S("A/K"));
	CHECK_STR(auth.signed_headers, S("host;x-amz-date"));
	/* Python's e-mail date. */
	sample_head(a, &h, "GET /\nHost: h\nDate: Fri, 24 May 2013 00:00:00 -0000\nAuthorization: AWS a:b\n");
	CHECK(auth_parse(a, &h, AUTH_S3, &auth, &why) && auth.time == 1369353600000);
}

static void test_form(struct arena *a) {
	struct auth auth = { .way = AUTH_ANONYMOUS };
	struct refusal why = { 0 };
	CHECK(auth_parse_form(a, S("Action=X&Version=1"), AUTH_QUERY, &auth, &why) && auth.way == AUTH_ANONYMOUS);
	CHECK(auth_parse_form(a,
			      S("Action=X&AWSAccessKeyId=AK&Signature=b%3D&SignatureVersion=2&SignatureMethod=HmacSHA1&"
				"Timestamp=2026-01-01T00:00:00Z&SecurityToken=t"),
			      AUTH_EC2, &auth, &why));
	CHECK(auth.way == AUTH_V2_QUERY);
	CHECK_STR(auth.access_key, S("AK"));
	CHECK_STR(auth.token, S("t"));
	CHECK(!auth_parse_form(a, S("AWSAccessKeyId=AK&Signature=b&SignatureVersion=2"), AUTH_EC2, &auth, &why));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	test_round_trip(&a);
	test_scope(&a);
	test_time(&a);
	test_presigned(&a);
	test_malformed(&a);
	test_plus(&a);
	test_others(&a);
	test_form(&a);
	return tap_done();
}
