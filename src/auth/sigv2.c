#include "auth/canon.h"
#include "auth/refuse.h"
#include "auth/scope.h"
#include "auth/sig.h"
#include "base/digest.h"

#include <stdlib.h>

/* The query parameters that are part of S3's canonical resource: what botocore's signer takes. */
static const char *const subresources[] = {
	"accelerate",
	"acl",
	"analytics",
	"cors",
	"defaultObjectAcl",
	"delete",
	"inventory",
	"lifecycle",
	"location",
	"logging",
	"metrics",
	"notification",
	"object-lock",
	"partNumber",
	"policy",
	"replication",
	"requestPayment",
	"response-cache-control",
	"response-content-disposition",
	"response-content-encoding",
	"response-content-language",
	"response-content-type",
	"response-expires",
	"restore",
	"select",
	"select-type",
	"storageClass",
	"tagging",
	"torrent",
	"uploadId",
	"uploads",
	"versionId",
	"versioning",
	"versions",
	"website",
};

/* --- reading --- */

bool sigv2_parse_header(const struct parsing *p, str credentials) {
	struct auth *auth = p->auth;
	auth->way = AUTH_V2_HEADER;
	if (!str_cut(str_trim(credentials), ':', &auth->access_key, &auth->signature) || !auth->access_key.n) {
		str header = head_get(p->head, "authorization");
		return refuse_argument(p->arena, p->why, "Authorization", header,
				       "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature");
	}
	if (!sign_date(p->head, &auth->time)) {
		return refuse(p->arena, p->why, &auth_access_denied,
			      "AWS authentication requires a valid Date or x-amz-date header");
	}
	auth->token = head_get(p->head, "x-amz-security-token");
	payload_note(p);
	return true;
}

static bool parse_s3_query(const struct parsing *p, const str q[PARAMS]) {
	int64_t expires;
	if (!q[V2_KEY].n || !q[V2_SIGNATURE].n || !q[V2_EXPIRES].p) {
		return refuse(
			p->arena, p->why, &auth_access_denied,
			"Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
	}
	if (!str_uint(q[V2_EXPIRES], &expires) || expires > INT64_MAX / 1000) {
		return refuse(p->arena, p->why, &auth_access_denied,
			      "Invalid date (should be seconds since epoch): " STR_FMT, STR_ARG(q[V2_EXPIRES]));
	}
	p->auth->time = expires * 1000;
	p->auth->token = q[V2_TOKEN].p ? q[V2_TOKEN] : head_get(p->head, "x-amz-security-token");
	payload_note(p);
	return true;
}

static bool refuse_form(const struct parsing *p, const char *sentence) {
	return refuse(p->arena, p->why, fault_of(p->style, REASON_INCOMPLETE), "%s", sentence);
}

static bool parse_form(const struct parsing *p, const str q[PARAMS]) {
	str when = q[FORM_TIMESTAMP].p ? q[FORM_TIMESTAMP] : q[V2_EXPIRES];
	if (!q[V2_KEY].n || !q[V2_SIGNATURE].n) {
		return refuse_form(p, "Request must contain a signature that conforms to AWS standards: AWSAccessKeyId "
				      "and Signature are both required.");
	}
	if (!str_is(q[FORM_VERSION], "2")) {
		return refuse_form(p, "Only SignatureVersion 2 is served beside Signature Version 4.");
	}
	if (!str_is(q[FORM_METHOD], "HmacSHA256") && !str_is(q[FORM_METHOD], "HmacSHA1")) {
		return refuse_form(p, "SignatureMethod must be HmacSHA256 or HmacSHA1.");
	}
	if (!time_parse(when, &p->auth->time) &&
	    !time_parse(str_printf(p->arena, STR_FMT "Z", STR_ARG(when)), &p->auth->time)) {
		return refuse_form(p, "A Timestamp or Expires parameter in ISO 8601 form is required.");
	}
	p->auth->token = q[FORM_TOKEN];
	return true;
}

bool sigv2_parse_query(const struct parsing *p, const str q[PARAMS]) {
	p->auth->way = AUTH_V2_QUERY;
	p->auth->access_key = q[V2_KEY];
	p->auth->signature = q[V2_SIGNATURE];
	return p->style == AUTH_S3 ? parse_s3_query(p, q) : parse_form(p, q);
}

/* --- what S3 signs --- */

struct field {
	str name, value;
};

static int compare(const void *x, const void *y) {
	return str_cmp(((const struct field *)x)->name, ((const struct field *)y)->name);
}

static bool is_amz(str name) {
	return name.n >= 6 && str_ieq((str){ name.p, 6 }, S("x-amz-"));
}

static size_t find_field(const struct field *fields, size_t n, str name) {
	size_t i = 0;
	while (i < n && !str_eq(fields[i].name, name)) {
		i++;
	}
	return i;
}

/* The x-amz- headers, several of one name joined. At most h->n. */
static size_t take_headers(struct arena *a, const struct head *h, struct field *fields) {
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++) {
		if (!is_amz(h->headers[i].name)) {
			continue;
		}
		str name = str_lower(a, h->headers[i].name), value = str_trim(h->headers[i].value);
		size_t at = find_field(fields, n, name);
		if (at < n) {
			fields[at].value =
				str_printf(a, STR_FMT "," STR_FMT, STR_ARG(fields[at].value), STR_ARG(value));
		} else {
			fields[n++] = (struct field){ name, value };
		}
	}
	return n;
}

/* A presigned URL carries as parameters what the signer had as headers; a header of the same name is the one that
 * counts. Names are read as they are served, with their escapes undone: else "x%2Damz-acl" would act unsigned. */
static size_t take_params(struct arena *a, const struct head *h, struct field *fields, size_t n) {
	str rest = h->query, name, value;
	while (n < 2 * HEADERS_MAX && query_next(&rest, &name, &value)) {
		name = url_decode_form(a, name);
		if (is_amz(name)) {
			name = str_lower(a, name);
			if (find_field(fields, n, name) == n) {
				fields[n++] = (struct field){ name, str_trim(url_decode_form(a, value)) };
			}
		}
	}
	return n;
}

static void put_amz(struct buf *b, const struct head *h, bool query) {
	struct field *fields = NEWS(b->arena, struct field, 3 * HEADERS_MAX);
	size_t n = take_headers(b->arena, h, fields);
	n = query ? take_params(b->arena, h, fields, n) : n;
	qsort(fields, n, sizeof(*fields), compare);
	for (size_t i = 0; i < n; i++) {
		put(b, fields[i].name);
		put_byte(b, ':');
		put(b, fields[i].value);
		put_byte(b, '\n');
	}
}

static bool is_subresource(str name) {
	for (size_t i = 0; i < sizeof(subresources) / sizeof(subresources[0]); i++) {
		if (str_is(name, subresources[i])) {
			return true;
		}
	}
	return false;
}

struct subresource {
	str name, value; /* value absent: it has none */
	size_t at; /* of equal names the first sent comes first */
};

enum { SUBRESOURCES_MAX = 64 };

static int compare_places(const void *x, const void *y) {
	const struct subresource *a = x, *b = y;
	int c = str_cmp(a->name, b->name);
	return c ? c : (a->at > b->at) - (a->at < b->at);
}

/* A path of a bucket alone ends with '/', sent or not: what AWS's clients sign. */
static bool names_bucket(str path) {
	return path.n > 1 && !memchr(path.p + 1, '/', path.n - 1);
}

static void put_resource(struct buf *b, const struct auth_request *r) {
	str rest = r->head->query, name, value;
	struct subresource *found = NEWS(b->arena, struct subresource, SUBRESOURCES_MAX);
	size_t n = 0;
	if (r->bucket.n) {
		put_byte(b, '/');
		put(b, r->bucket);
	}
	put(b, r->head->path);
	put(b, !r->bucket.n && names_bucket(r->head->path) ? S("/") : S(""));
	while (n < SUBRESOURCES_MAX && query_next(&rest, &name, &value)) {
		name = url_decode_form(b->arena, name);
		if (is_subresource(name)) {
			value = url_decode_form(b->arena, value);
			found[n++] = (struct subresource){ name, value, r->head->query.n - rest.n };
		}
	}
	qsort(found, n, sizeof(*found), compare_places);
	for (size_t i = 0; i < n; i++) {
		put_byte(b, i ? '&' : '?');
		put(b, found[i].name);
		put(b, found[i].value.p ? S("=") : S(""));
		put(b, found[i].value);
	}
}

static str header_or_param(struct arena *a, const struct auth_request *r, const char *name, bool query) {
	str value = head_get(r->head, name);
	return value.p || !query ? str_trim(value) : query_get(a, r->head, name);
}

static str s3_text(struct arena *a, const struct auth_request *r, const struct auth *auth) {
	bool query = auth->way == AUTH_V2_QUERY;
	struct buf b = { .arena = a };
	put(&b, r->head->method);
	put_byte(&b, '\n');
	put(&b, header_or_param(a, r, "content-md5", query));
	put_byte(&b, '\n');
	put(&b, header_or_param(a, r, "content-type", query));
	put_byte(&b, '\n');
	if (query) {
		put_int(&b, auth->time / 1000);
	} else if (!head_count(r->head, "x-amz-date")) {
		put(&b, str_trim(head_get(r->head, "date")));
	}
	put_byte(&b, '\n');
	put_amz(&b, r->head, query);
	put_resource(&b, r);
	return buf_str(&b);
}

/* --- what the query services sign --- */

static bool is_form(const struct auth_request *r) {
	return str_is(r->head->method, "POST") && r->body_known;
}

static str form_text(struct arena *a, const struct auth_request *r) {
	struct buf b = { .arena = a }, all = { .arena = a };
	put(&all, r->head->query);
	if (is_form(r)) {
		put_byte(&all, '&');
		put(&all, r->body);
	}
	put(&b, r->head->method);
	put_byte(&b, '\n');
	put(&b, str_lower(a, r->head->host));
	put_byte(&b, '\n');
	put(&b, r->head->path.n ? r->head->path : S("/"));
	put_byte(&b, '\n');
	put_canonical_query(&b, &(struct canonical_query){ buf_str(&all), S("Signature") });
	return buf_str(&b);
}

static bool uses_sha1(struct arena *a, const struct auth_request *r) {
	str q[PARAMS];
	params_read(a, r->head->query, q);
	if (!q[FORM_METHOD].p && is_form(r)) {
		params_read(a, r->body, q);
	}
	return str_is(q[FORM_METHOD], "HmacSHA1");
}

str sigv2_text(struct arena *a, const struct auth_request *r, const struct auth *auth) {
	return r->style == AUTH_S3 ? s3_text(a, r, auth) : form_text(a, r);
}

static bool in_time(struct arena *a, const struct auth_request *r, const struct auth *auth, struct refusal *why) {
	if (r->style == AUTH_S3 && auth->way == AUTH_V2_QUERY) {
		return clock_real() <= auth->time || refuse_expired(a, auth->time, -1, why);
	}
	return time_check(a, r->style, auth->time, why);
}

/* A parameter that names an operation and that V2 does not sign: a link could be bent by it. list-type only asks for
 * the present form of a listing. */
static bool covers(struct arena *a, const struct head *h) {
	const struct service *s3 = service_find("s3");
	str rest = h->query, name, value;
	while (query_next(&rest, &name, &value)) {
		name = url_decode_form(a, name);
		for (const char *const *d = s3->decisive; *d; d++) {
			if (str_is(name, *d) && !is_subresource(name) && !str_is(name, "list-type")) {
				return false;
			}
		}
	}
	return true;
}

static bool refuse_uncovered(struct arena *a, struct refusal *why) {
	return refuse(a, why, &auth_invalid_request,
		      "A parameter of this URL is not covered by its signature. Please sign it with "
		      "Signature Version 4.");
}

bool sigv2_verify(struct arena *a, const struct auth_request *r, const struct auth *auth, struct refusal *why) {
	bool s3 = r->style == AUTH_S3;
	struct buf b = { .arena = a };
	if (!in_time(a, r, auth, why)) {
		return false;
	}
	struct expected e = { .to_sign = sigv2_text(a, r, auth) };
	struct digest_value v =
		s3 || uses_sha1(a, r) ? hmac_sha1(r->secret, e.to_sign) : hmac_sha256(r->secret, e.to_sign);
	put_base64(&b, digest_str(&v));
	if (!secret_eq(buf_str(&b), auth->signature)) {
		return refuse_signature(a, r->style, auth, &e, why);
	}
	return !s3 || auth->way != AUTH_V2_QUERY || covers(a, r->head) || refuse_uncovered(a, why);
}
