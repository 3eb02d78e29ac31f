/* What a caller hands over to a session: policies that narrow it, tags that mark it. */
#include "base/clock.h"
#include "core/entity.h"
#include "sts/room.h"

#include <zlib.h>

enum { PLAIN_MAX = 2048, PACKED_MAX = 2048, ARNS_MAX = 10 };

static const struct fault malformed = { "MalformedPolicyDocument", 400 };
static const struct fault packed_too_large = { "PackedPolicyTooLarge", 400 };

static bool read_policy(struct call *c, str document) {
	struct policy_error why;
	if (!document.n || policy_read(c->arena, document, POLICY_IDENTITY, &why)) {
		return true;
	}
	return fail(c, &malformed, STR_FMT, STR_ARG(why.sentence));
}

/* Of the account that the session will be of: the role's. */
static bool own_or_aws(const struct call *c, const struct session *s, str arn) {
	str own = str_printf(c->arena, "arn:aws:iam::" STR_FMT ":policy/", STR_ARG(s->account));
	return str_starts(arn, own) || str_starts(arn, S("arn:aws:iam::aws:policy/"));
}

static bool take_arns(struct call *c, struct session *s, size_t *plain) {
	const struct val *list = get(c->in, "PolicyArns");
	size_t n = val_count(list);
	str *arns = NEWS(c->arena, str, n);
	if (n > ARNS_MAX) {
		return fail(c, &sts_invalid, "The number of policy ARNs must not exceed %d.", ARNS_MAX);
	}
	for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
		str arn = get_str(v, "arn");
		if (!own_or_aws(c, s, arn) || !managed_document(call_db(c), c->arena, arn, 0).n) {
			return fail(c, &malformed, "The managed policy " STR_FMT " is not there to narrow a session.",
				    STR_ARG(arn));
		}
		*plain += arn.n;
		arns[s->n_policy_arns++] = arn;
	}
	s->policy_arns = arns;
	return true;
}

static bool repeated(const struct session *s, str key) {
	for (size_t i = 0; i < s->n_tags; i++) {
		if (str_ieq(s->tags[i].key, key)) {
			return true;
		}
	}
	return false;
}

static bool take_tags(struct call *c, struct session *s) {
	const struct val *list = get(c->in, "Tags");
	struct tag *tags = NEWS(c->arena, struct tag, val_count(list));
	s->tags = tags;
	for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
		str key = get_str(v, "Key");
		if (key.n >= 4 && str_ieq((str){ key.p, 4 }, S("aws:"))) {
			return fail(c, &sts_invalid_parameter, "Tag keys that begin with aws: are reserved for AWS.");
		}
		if (repeated(s, key)) {
			return fail(c, &sts_invalid_parameter,
				    "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
		}
		tags[s->n_tags++] = (struct tag){ key, get_str(v, "Value") };
	}
	return true;
}

/* What the token has to carry of them, compressed. */
static size_t packed_size(struct call *c, const struct session *s) {
	struct buf b = { .arena = c->arena };
	put(&b, s->policy);
	for (size_t i = 0; i < s->n_policy_arns; i++) {
		put(&b, s->policy_arns[i]);
	}
	for (size_t i = 0; i < s->n_tags; i++) {
		put(&b, s->tags[i].key);
		put(&b, s->tags[i].value);
	}
	uLongf size = compressBound((uLong)b.n);
	Bytef *out = arena_raw(c->arena, size);
	compress2(out, &size, (const Bytef *)buf_str(&b).p, (uLong)b.n, Z_BEST_COMPRESSION);
	return b.n ? size : 0;
}

static int percent(size_t packed) {
	return (int)((packed * 100 + PACKED_MAX - 1) / PACKED_MAX);
}

bool session_packs(struct call *c, const struct session *s) {
	size_t packed = packed_size(c, s);
	return packed <= PACKED_MAX ? true
				    : fail(c, &packed_too_large,
					   "Packed policy consumes %d%% of allotted space, please use smaller policy.",
					   percent(packed));
}

bool grant_of_input(struct call *c, struct session *s, bool *has_policy) {
	s->policy = get_str(c->in, "Policy");
	size_t plain = s->policy.n;
	if (!read_policy(c, s->policy) || !take_arns(c, s, &plain) || !take_tags(c, s)) {
		return false;
	}
	*has_policy = s->policy.n || s->n_policy_arns;
	if (plain > PLAIN_MAX) {
		return fail(c, &packed_too_large, "The session policies have %zu characters in sum; they may have %d.",
			    plain, PLAIN_MAX);
	}
	return session_packs(c, s);
}

void show_credentials(struct call *c, struct session *s) {
	size_t packed = packed_size(c, s);
	s->issued = clock_now();
	s->expires += s->issued;
	str token = session_create(c->cloud, c->arena, s);
	struct val *v = set(c->arena, c->out, "Credentials");
	set_str(c->arena, v, "AccessKeyId", s->access_key);
	set_str(c->arena, v, "SecretAccessKey", s->secret);
	set_str(c->arena, v, "SessionToken", token);
	set_int(c->arena, v, "Expiration", s->expires / 1000 * 1000);
	if (packed) {
		set_int(c->arena, c->out, "PackedPolicySize", percent(packed));
	}
}

bool no_mfa_given(struct call *c) {
	return !get(c->in, "SerialNumber") && !get(c->in, "TokenCode")
		       ? true
		       : fail(c, &sts_denied,
			      "MultiFactorAuthentication failed, unable to validate MFA code: no MFA device is served "
			      "by "
			      "this version of Aerostat.");
}
