#include "auth/auth.h"

#include "auth/refuse.h"
#include "auth/sig.h"

#define ONE_MECHANISM                                                                                                  \
	"Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter " \
	"or the Authorization header should be specified"

/* "Scheme credentials": true, and *rest is the credentials, if header is of that scheme. */
static bool is_scheme(str header, str scheme, str *rest) {
	if (!str_starts(header, scheme) || (header.n > scheme.n && !memchr(" \t,", header.p[scheme.n], 3))) {
		return false;
	}
	*rest = str_skip(header, scheme.n);
	return true;
}

static bool refuse_scheme(const struct parsing *p, str header) {
	str scheme, rest;
	if (p->style == AUTH_S3) {
		return refuse_argument(p->arena, p->why, "Authorization", header, "Unsupported Authorization Type");
	}
	str_cut(header, ' ', &scheme, &rest);
	return refuse(p->arena, p->why, fault_of(p->style, REASON_INCOMPLETE),
		      "Unsupported AWS 'algorithm': '" STR_FMT "'.", STR_ARG(scheme));
}

static bool parse_header(const struct parsing *p, str header) {
	str rest;
	if (is_scheme(header, S("AWS4-HMAC-SHA256"), &rest)) {
		return sigv4_parse_header(p, rest);
	}
	if (is_scheme(header, S("AWS4-ECDSA-P256-SHA256"), &rest)) {
		const struct fault *f =
			p->style == AUTH_S3 ? &auth_invalid_request : fault_of(p->style, REASON_INCOMPLETE);
		return refuse(p->arena, p->why, f,
			      "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not served here; please use "
			      "AWS4-HMAC-SHA256.");
	}
	if (p->style == AUTH_S3 && is_scheme(header, S("AWS"), &rest)) {
		return sigv2_parse_header(p, rest);
	}
	return refuse_scheme(p, header);
}

static bool refuse_two(const struct parsing *p, str header) {
	if (p->style == AUTH_S3) {
		return refuse_argument(p->arena, p->why, "Authorization", header, ONE_MECHANISM);
	}
	return refuse(p->arena, p->why, fault_of(p->style, REASON_INCOMPLETE), ONE_MECHANISM);
}

bool auth_parse(struct arena *a, const struct head *h, enum auth_style style, struct auth *out, struct refusal *why) {
	struct parsing p = { a, h, style, out, why };
	str q[PARAMS] = { { 0 } }, header = head_get(h, "authorization");
	*out = (struct auth){ .way = AUTH_ANONYMOUS };
	*why = (struct refusal){ 0 };
	if (h->query.n) {
		params_read(a, h->query, q);
	}
	bool v4 = q[V4_ALGORITHM].p || q[V4_SIGNATURE].p || q[V4_CREDENTIAL].p;
	bool v2 = q[V2_KEY].p || q[V2_SIGNATURE].p;
	size_t ways = head_count(h, "authorization") + v4 + v2;
	if (ways > 1) {
		return refuse_two(&p, header);
	}
	if (!ways) {
		payload_note(&p);
		return true;
	}
	return v4 ? sigv4_parse_query(&p, q) : v2 ? sigv2_parse_query(&p, q) : parse_header(&p, header);
}

bool auth_parse_form(struct arena *a, str form, enum auth_style style, struct auth *out, struct refusal *why) {
	struct head none = { 0 };
	struct parsing p = { a, &none, style, out, why };
	str q[PARAMS];
	params_read(a, form, q);
	if (style == AUTH_S3 || !q[V2_KEY].p || !q[V2_SIGNATURE].p) {
		return true;
	}
	*out = (struct auth){ .way = AUTH_ANONYMOUS };
	return sigv2_parse_query(&p, q);
}

bool auth_verify(struct arena *a, const struct auth_request *r, struct auth *auth, struct refusal *why) {
	switch (auth->way) {
	case AUTH_V4_HEADER:
	case AUTH_V4_QUERY: return sigv4_verify(a, r, auth, why);
	case AUTH_V2_HEADER:
	case AUTH_V2_QUERY: return sigv2_verify(a, r, auth, why);
	case AUTH_V4_POST:
	case AUTH_V2_POST: return post_verify(a, r, auth, why);
	default:
		return refuse(a, why, fault_of(r->style, REASON_INCOMPLETE), "Request is missing Authentication Token");
	}
}
