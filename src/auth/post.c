/* Browser-based uploads: what is signed is the policy document, and all that signs is in fields of the form (docs:
 * "Authenticating Requests in Browser-Based Uploads Using POST", for both versions). */
#include "auth/keys.h"
#include "auth/refuse.h"
#include "auth/scope.h"
#include "auth/sig.h"

static bool missing(struct arena *a, const char *field, struct refusal *why) {
	return refuse_argument(
		a, why, field, S(""),
		str_printf(
			a,
			"Bucket POST must contain a field named '%s'.  If it is specified, please check the order of "
			"the fields.",
			field)
			.p);
}

static bool parse_v4(struct arena *a, const struct post_signature *s, struct auth *out, struct refusal *why) {
	const struct {
		const char *name;
		str value;
	} fields[] = { { "X-Amz-Algorithm", s->algorithm },
		       { "X-Amz-Credential", s->credential },
		       { "X-Amz-Date", s->date },
		       { "X-Amz-Signature", s->signature } };
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!fields[i].value.n) {
			return missing(a, fields[i].name, why);
		}
	}
	out->way = AUTH_V4_POST;
	out->signature = s->signature;
	if (!str_is(s->algorithm, "AWS4-HMAC-SHA256")) {
		return refuse_argument(a, why, "X-Amz-Algorithm", s->algorithm,
				       "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
	}
	if (!time_parse(s->date, &out->time)) {
		return refuse_argument(a, why, "X-Amz-Date", s->date,
				       "X-Amz-Date must be formatted via ISO8601 Long format");
	}
	return scope_parse(a, AUTH_S3, s->credential, out, why);
}

bool auth_parse_post(struct arena *a, const struct post_signature *s, struct auth *out, struct refusal *why) {
	bool v2 = s->v2_key.p || s->v2_signature.p;
	bool v4 = s->algorithm.p || s->credential.p || s->signature.p;
	*out = (struct auth){ .way = AUTH_ANONYMOUS, .policy = s->policy, .token = s->token };
	if (!s->policy.p) {
		return v2 || v4 ? missing(a, "policy", why) : true;
	}
	if (!v2) {
		return parse_v4(a, s, out, why);
	}
	if (!s->v2_key.n || !s->v2_signature.n) {
		return missing(a, s->v2_key.n ? "signature" : "AWSAccessKeyId", why);
	}
	out->way = AUTH_V2_POST;
	out->access_key = s->v2_key;
	out->signature = s->v2_signature;
	return true;
}

static str sign_v4(struct arena *a, const struct auth_request *r, struct auth *auth) {
	struct scope scope = { auth->date, auth->region, auth->service };
	signing_key(r->secret, &scope, auth->signing_key);
	return sigv4_sign(a, auth->signing_key, auth->policy);
}

bool post_verify(struct arena *a, const struct auth_request *r, struct auth *auth, struct refusal *why) {
	struct buf b = { .arena = a };
	if (auth->way == AUTH_V4_POST) {
		if (!scope_check(a, r, auth, why)) {
			return false;
		}
		put(&b, sign_v4(a, r, auth));
	} else {
		struct digest_value v = hmac_sha1(r->secret, auth->policy);
		put_base64(&b, digest_str(&v));
	}
	return secret_eq(buf_str(&b), auth->signature) ||
	       refuse_signature(a, r->style, auth, &(struct expected){ .to_sign = auth->policy }, why);
}
