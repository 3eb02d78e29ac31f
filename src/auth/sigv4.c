#include "auth/canon.h"
#include "auth/keys.h"
#include "auth/refuse.h"
#include "auth/scope.h"
#include "auth/sig.h"

#define NO_HEADERS "There were headers present in the request which were not signed"

enum { NAMES_MAX = HEADERS_MAX, WEEK = 604800, PRESIGNED_DEFAULT = 900 };

/* --- reading --- */

/* RFC 5322 as Python's email.utils writes it: the zone is -0000. */
static bool parse_email_date(str date, int64_t *ms) {
	char tmp[32];
	str zone = S(" -0000"), day = { date.p, date.n - zone.n };
	if (!str_ends(date, zone) || day.n + 4 > sizeof(tmp)) {
		return false;
	}
	memcpy(tmp, day.p, day.n);
	memcpy(tmp + day.n, " GMT", 4);
	return time_parse((str){ tmp, day.n + 4 }, ms);
}

bool sign_date(const struct head *h, int64_t *ms) {
	str date = head_get(h, "x-amz-date");
	date = date.p ? date : head_get(h, "date");
	return time_parse(date, ms) || parse_email_date(date, ms);
}

static bool between_words(char c) {
	return c == ' ' || c == ',' || c == '\t';
}

static bool next_word(str *rest, str *word) {
	size_t n = 0;
	while (rest->n && between_words(rest->p[0])) {
		*rest = str_skip(*rest, 1);
	}
	while (n < rest->n && !between_words(rest->p[n])) {
		n++;
	}
	*word = (str){ rest->p, n };
	*rest = str_skip(*rest, n);
	return n > 0;
}

static bool refuse_word(const struct parsing *p, str word) {
	if (p->style == AUTH_S3) {
		return refuse(p->arena, p->why, fault_of(AUTH_S3, REASON_INCOMPLETE),
			      "The authorization header is malformed; the authorization component \"" STR_FMT
			      "\" is malformed.",
			      STR_ARG(word));
	}
	return refuse(p->arena, p->why, fault_of(p->style, REASON_INCOMPLETE),
		      "'" STR_FMT "' not a valid key=value pair (missing equal-sign) in Authorization header.",
		      STR_ARG(word));
}

static bool refuse_missing(const struct parsing *p, str credential, bool dated) {
	if (p->style == AUTH_S3) {
		return refuse(
			p->arena, p->why, fault_of(AUTH_S3, REASON_INCOMPLETE),
			"The authorization header is malformed; the authorization header requires three components: "
			"Credential, SignedHeaders, and Signature.");
	}
	struct buf b = { .arena = p->arena };
	const struct auth *auth = p->auth;
	putz(&b, credential.n ? "" : "Authorization header requires 'Credential' parameter. ");
	putz(&b, auth->signature.n ? "" : "Authorization header requires 'Signature' parameter. ");
	putz(&b, auth->signed_headers.n ? "" : "Authorization header requires 'SignedHeaders' parameter. ");
	putz(&b, dated ? "" : "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
	put(&b, S("Authorization=AWS4-HMAC-SHA256"));
	return refuse(p->arena, p->why, fault_of(p->style, REASON_INCOMPLETE), STR_FMT, STR_ARG(buf_str(&b)));
}

static bool refuse_undated(const struct parsing *p) {
	if (p->style == AUTH_S3) {
		return refuse(p->arena, p->why, &auth_access_denied,
			      "AWS authentication requires a valid Date or x-amz-date header");
	}
	str date = head_get(p->head, "x-amz-date");
	return refuse(p->arena, p->why, fault_of(p->style, REASON_INCOMPLETE),
		      "Date must be in ISO-8601 'basic format'. Got '" STR_FMT
		      "'. See http://en.wikipedia.org/wiki/ISO_8601",
		      STR_ARG(date.p ? date : head_get(p->head, "date")));
}

/* The body as signed. What S3 is told, the others can see for themselves. */
static bool read_payload(const struct parsing *p, str sha256) {
	if (p->style != AUTH_S3) {
		p->auth->payload = PAYLOAD_UNSIGNED;
		return true;
	}
	if (!sha256.p) {
		return refuse(p->arena, p->why, &auth_invalid_request,
			      "Missing required header for this request: x-amz-content-sha256");
	}
	return payload_parse(p, sha256);
}

static size_t count_names(str names) {
	size_t n = 1;
	for (size_t i = 0; i < names.n; i++) {
		n += names.p[i] == ';';
	}
	return n;
}

bool sigv4_parse_header(const struct parsing *p, str credentials) {
	struct auth *auth = p->auth;
	str word, name, value, credential = { 0 };
	auth->way = AUTH_V4_HEADER;
	while (next_word(&credentials, &word)) {
		if (!str_cut(word, '=', &name, &value)) {
			return refuse_word(p, word);
		}
		if (str_is(name, "Credential")) {
			credential = value;
		} else if (str_is(name, "SignedHeaders")) {
			auth->signed_headers = value;
		} else if (str_is(name, "Signature")) {
			auth->signature = value;
		}
	}
	bool dated = head_count(p->head, "x-amz-date") || head_count(p->head, "date");
	if (!credential.n || !auth->signed_headers.n || !auth->signature.n || (!dated && p->style != AUTH_S3) ||
	    count_names(auth->signed_headers) > NAMES_MAX) {
		return refuse_missing(p, credential, dated);
	}
	auth->token = head_get(p->head, "x-amz-security-token");
	if (!scope_parse(p->arena, p->style, credential, auth, p->why)) {
		return false;
	}
	return sign_date(p->head, &auth->time) ? read_payload(p, head_get(p->head, "x-amz-content-sha256"))
					       : refuse_undated(p);
}

static bool refuse_query(const struct parsing *p, const char *sentence) {
	const struct fault *f = p->style == AUTH_S3 ? &query_parameters_error : fault_of(p->style, REASON_INCOMPLETE);
	return refuse(p->arena, p->why, f, "%s", sentence);
}

static bool read_expires(const struct parsing *p, str expires) {
	int64_t *seconds = &p->auth->expires;
	if (!expires.p && p->style != AUTH_S3) {
		*seconds = PRESIGNED_DEFAULT;
		return true;
	}
	if (!str_int(expires, seconds)) {
		return refuse_query(p, "X-Amz-Expires should be a number");
	}
	if (*seconds < 0) {
		return refuse_query(p, "X-Amz-Expires must be non-negative");
	}
	return *seconds <= WEEK ||
	       refuse_query(p, "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
			       "must be less than 604800 seconds");
}

static bool query_complete(const struct parsing *p, const str q[PARAMS]) {
	return q[V4_ALGORITHM].n && q[V4_CREDENTIAL].n && q[V4_DATE].n && q[V4_SIGNED_HEADERS].n && q[V4_SIGNATURE].n &&
	       (q[V4_EXPIRES].n || p->style != AUTH_S3) && count_names(q[V4_SIGNED_HEADERS]) <= NAMES_MAX;
}

static bool read_algorithm(const struct parsing *p, str algorithm) {
	if (str_is(algorithm, "AWS4-ECDSA-P256-SHA256")) {
		return refuse_query(p, "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not served here; please use "
				       "AWS4-HMAC-SHA256.");
	}
	return str_is(algorithm, "AWS4-HMAC-SHA256") ||
	       refuse_query(p, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
}

bool sigv4_parse_query(const struct parsing *p, const str q[PARAMS]) {
	struct auth *auth = p->auth;
	str sha256 = q[V4_SHA256].p ? q[V4_SHA256] : head_get(p->head, "x-amz-content-sha256");
	auth->way = AUTH_V4_QUERY;
	if (!query_complete(p, q)) {
		return refuse_query(p, "Query-string authentication version 4 requires the X-Amz-Algorithm, "
				       "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
				       "X-Amz-Expires parameters.");
	}
	auth->signature = q[V4_SIGNATURE];
	auth->signed_headers = q[V4_SIGNED_HEADERS];
	auth->token = q[V4_TOKEN].p ? q[V4_TOKEN] : head_get(p->head, "x-amz-security-token");
	if (!read_algorithm(p, q[V4_ALGORITHM]) || !scope_parse(p->arena, p->style, q[V4_CREDENTIAL], auth, p->why)) {
		return false;
	}
	if (q[V4_DATE].n != 16 || !time_parse(q[V4_DATE], &auth->time)) {
		return refuse_query(p, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
	}
	return read_expires(p, q[V4_EXPIRES]) && read_payload(p, sha256.p ? sha256 : S("UNSIGNED-PAYLOAD"));
}

/* --- verifying --- */

str scope_text(struct arena *a, const struct auth *auth) {
	struct buf b = { .arena = a };
	put(&b, auth->date);
	put_byte(&b, '/');
	put(&b, auth->region);
	put_byte(&b, '/');
	put(&b, auth->service);
	put(&b, S("/aws4_request"));
	return buf_str(&b);
}

static void put_sha256(struct buf *b, str s) {
	struct digest_value v = digest_of(DIGEST_SHA256, s);
	put_hex(b, digest_str(&v));
}

str to_sign_text(struct arena *a, const struct to_sign *t) {
	struct buf b = { .arena = a };
	buf_room(&b, 256);
	put(&b, S("AWS4-HMAC-SHA256\n"));
	put(&b, t->time);
	put_byte(&b, '\n');
	put(&b, t->scope);
	put_byte(&b, '\n');
	put_sha256(&b, t->canonical);
	return buf_str(&b);
}

str sigv4_sign(struct arena *a, const uint8_t key[32], str text) {
	struct buf b = { .arena = a };
	struct digest_value v = hmac_sha256((str){ (const char *)key, 32 }, text);
	put_hex(&b, digest_str(&v));
	return buf_str(&b);
}

str canonical_request(struct arena *a, const struct canonical *c) {
	struct buf b = { .arena = a };
	buf_room(&b, 1000);
	put(&b, c->head->method);
	put_byte(&b, '\n');
	put_canonical_path(&b, c->head->path, c->s3);
	put_byte(&b, '\n');
	struct canonical_query q = { c->head->query, c->presigned ? S("X-Amz-Signature") : (str){ 0 } };
	put_canonical_query(&b, &q);
	put_byte(&b, '\n');
	put_canonical_headers(&b, c->head, c->signed_headers);
	put_byte(&b, '\n');
	put(&b, c->signed_headers);
	put_byte(&b, '\n');
	put(&b, c->payload);
	return buf_str(&b);
}

/* The hash of the body itself, unless the signer says that it signed none. */
static str body_hash(struct arena *a, const struct auth_request *r) {
	struct buf b = { .arena = a };
	str said = head_get(r->head, "x-amz-content-sha256");
	if (str_is(said, "UNSIGNED-PAYLOAD") || (said.p && !r->body_known)) {
		return said;
	}
	put_sha256(&b, r->body);
	return buf_str(&b);
}

/* At the others a token may be added after signing, and the date is in what is signed anyway. */
static bool must_be_signed(enum auth_style style, str name) {
	if (name.n < 6 || !str_ieq((str){ name.p, 6 }, S("x-amz-"))) {
		return false;
	}
	return style == AUTH_S3 || !(str_ieq(name, S("x-amz-security-token")) || str_ieq(name, S("x-amz-date")) ||
				     str_ieq(name, S("x-amz-content-sha256")));
}

static bool refuse_unsigned(struct arena *a, enum auth_style style, str names, struct refusal *why) {
	if (style == AUTH_S3) {
		refuse(a, why, &auth_access_denied, NO_HEADERS);
		refusal_detail(a, why, "HeadersNotSigned", names);
		return false;
	}
	str first, rest;
	str_cut(names, ',', &first, &rest);
	bool host = str_is(first, "host");
	return refuse(a, why, fault_of(style, REASON_INCOMPLETE),
		      "%s" STR_FMT "%s must be a 'SignedHeader' in the AWS Authorization.", host ? "'Host' or '" : "'",
		      STR_ARG(host ? S(":authority") : first), "'");
}

static bool headers_check(struct arena *a, const struct auth_request *r, const struct auth *auth, struct refusal *why) {
	struct buf b = { .arena = a };
	if (!names_have(auth->signed_headers, S("host"))) {
		put(&b, S("host"));
	}
	for (size_t i = 0; i < r->head->n; i++) {
		str name = r->head->headers[i].name;
		if (must_be_signed(r->style, name) && !names_have(auth->signed_headers, name)) {
			put(&b, b.n ? S(", ") : S(""));
			put(&b, str_lower(a, name));
		}
	}
	return !b.n || refuse_unsigned(a, r->style, buf_str(&b), why);
}

bool sigv4_verify(struct arena *a, const struct auth_request *r, struct auth *auth, struct refusal *why) {
	bool presigned = auth->way == AUTH_V4_QUERY, s3 = r->style == AUTH_S3;
	if (!scope_check(a, r, auth, why) || !headers_check(a, r, auth, why)) {
		return false;
	}
	if (presigned ? !expiry_check(a, r->style, auth, why) : !time_check(a, r->style, auth->time, why)) {
		return false;
	}
	struct canonical c = {
		.head = r->head, .signed_headers = auth->signed_headers, .s3 = s3, .presigned = presigned
	};
	c.payload = s3 ? payload_text(auth) : body_hash(a, r);
	struct expected e = { .canonical = canonical_request(a, &c) };
	e.to_sign = to_sign_text(
		a, &(struct to_sign){ time_text(a, auth->time, TIME_AMZ), scope_text(a, auth), e.canonical });
	struct scope scope = { auth->date, auth->region, auth->service };
	bool kept = signing_key(r->secret, &scope, auth->signing_key);
	if (!secret_eq(sigv4_sign(a, auth->signing_key, e.to_sign), auth->signature)) {
		memset(auth->signing_key, 0, sizeof(auth->signing_key));
		return refuse_signature(a, r->style, auth, &e, why);
	}
	if (!kept) {
		signing_key_keep(r->secret, &scope, auth->signing_key);
	}
	auth->seed = auth->signature;
	return true;
}
