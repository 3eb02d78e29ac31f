#include "client/place.h"

#include "client/endpoint.h"

/* --- endpoints that the environment and the profiles have --- */

static bool are_ignored(void) {
	return str_ieq(env_get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), S("true"));
}

/* AWS_ENDPOINT_URL_S3 */
static str env_of_service(const char *service) {
	AUTO_ARENA a = { 0 };
	struct buf name = { .arena = &a };
	if (!service || are_ignored()) {
		return (str){ 0 };
	}
	putz(&name, "AWS_ENDPOINT_URL_");
	for (const char *p = service; *p; p++) {
		put_byte(&name, *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	}
	return env_get(str_z(&a, buf_str(&name)));
}

static str env_of_all(void) {
	return are_ignored() ? (str){ 0 } : env_get("AWS_ENDPOINT_URL");
}

bool wish_is_local(const struct wish *w) {
	bool keyed = env_get("AWS_ACCESS_KEY_ID").n && env_get("AWS_SECRET_ACCESS_KEY").n;
	bool around = (env_of_all().n && (w->service || keyed)) || env_of_service(w->service).n;
	return !w->aws && !w->profile.n && !w->endpoint.n && !around;
}

/* In the order of the AWS CLI: a service's variable, the variable for all, the profile's for a service, its own. */
static str endpoint_around(const struct profiles *p, str profile, const char *service) {
	str around = str_either(env_of_service(service), env_of_all());
	bool ignored = are_ignored() ||
		       (profile.n && str_ieq(profiles_get(p, profile, "ignore_configured_endpoint_urls"), S("true")));
	if (around.n || ignored || !profile.n) {
		return around;
	}
	str own = service ? profiles_service_endpoint(p, profile, service) : (str){ 0 };
	return str_either(own, profiles_get(p, profile, "endpoint_url"));
}

static str sts_endpoint(const struct profiles *p, str profile) {
	return str_either(env_of_service("sts"),
			  profile.n && !are_ignored() ? profiles_service_endpoint(p, profile, "sts") : (str){ 0 });
}

str place_endpoint(const struct place *p, const char *service) {
	return p->sts.n && strcmp(service, "sts") == 0 ? p->sts : p->endpoint;
}

/* --- keys --- */

/* A key id of AWS's says whose it is, in bits 1 to 40 of its base32, since 2019: then its fifth character is Q or
 * later. */
static str account_of_key(struct arena *a, str id) {
	uint64_t bits = 0;
	if (id.n != 20 || !(str_starts(id, S("AKIA")) || str_starts(id, S("ASIA"))) || id.p[4] < 'Q' || id.p[4] > 'Z') {
		return (str){ 0 };
	}
	for (size_t i = 4; i < 14; i++) {
		char c = id.p[i];
		if (!(c >= 'A' && c <= 'Z') && !(c >= '2' && c <= '7')) {
			return (str){ 0 };
		}
		bits = bits << 5 | (uint64_t)(c >= 'A' ? c - 'A' : c - '2' + 26);
	}
	bits = bits >> 9 & 0xffffffffff;
	return bits < 1000000000000 ? str_printf(a, "%012llu", (unsigned long long)bits) : (str){ 0 };
}

/* arn:aws:iam::123456789012:role/x */
static str account_of_role(str arn) {
	str part = { 0 };
	for (int i = 0; i < 5; i++) {
		str_cut(arn, ':', &part, &arn);
	}
	return part.n == 12 ? part : (str){ 0 };
}

static void find_account(const struct profiles *p, struct place *out) {
	const struct credential_provider *s = out->source;
	if (s && s->kind == KEYS_OF_ROLE) {
		out->account = account_of_role(s->role);
		return;
	}
	str said = out->profile.n ? profiles_get(p, out->profile, "aws_account_id") : env_get("AWS_ACCOUNT_ID");
	out->account = said.n == 12 ? said : account_of_key(p->a, out->keys.access_key);
}

static bool no_keys_at_all(struct arena *a, str *why) {
	return say_why(a, why,
		       "There are no keys: none in the environment, no profile default, none of this machine. Say "
		       "--profile NAME, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
}

static bool find_source(const struct profiles *p, const struct wish *w, struct place *out, str *why) {
	str id = env_get("AWS_ACCESS_KEY_ID"), secret = env_get("AWS_SECRET_ACCESS_KEY");
	if (!w->profile.n && id.n && secret.n) {
		out->keys = (struct keys){ id, secret, env_get("AWS_SESSION_TOKEN") };
		return true;
	}
	if (!w->profile.n && id.n != secret.n && (!id.n || !secret.n)) {
		return say_why(p->a, why, "%s is in the environment, but %s is not.",
			       id.n ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
			       id.n ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	}
	str named = str_either(w->profile, str_either(env_get("AWS_PROFILE"), env_get("AWS_DEFAULT_PROFILE")));
	out->profile = str_either(named, S("default"));
	if (profiles_has(p, out->profile)) {
		return credential_provider_of_profile(p, out->profile, &out->source, why);
	}
	if (named.n) {
		return say_why(p->a, why, "There is no profile " STR_FMT " in " STR_FMT " or " STR_FMT ".",
			       STR_ARG(out->profile), STR_ARG(credentials_path(p->a)), STR_ARG(config_path(p->a)));
	}
	out->profile = (str){ 0 };
	return credential_provider_of_machine(p, out->profile, &out->source, why) &&
	       (out->source || no_keys_at_all(p->a, why));
}

static bool find_keys(const struct profiles *p, const struct wish *w, struct place *out, str *why) {
	if (!find_source(p, w, out, why)) {
		return false;
	}
	if (out->source && out->source->kind == KEYS_GIVEN) {
		out->keys = out->source->keys;
		out->source = NULL;
	}
	find_account(p, out);
	return true;
}

/* --- where --- */

/* Do the keys belong to another place? */
static bool goes_with_aws(const struct profiles *p, const struct wish *w, const struct place *out, str *why) {
	str own = out->profile.n
			  ? str_either(profiles_get(p, out->profile, "endpoint_url"),
				       w->service ? profiles_service_endpoint(p, out->profile, w->service) : (str){ 0 })
			  : (str){ 0 };
	if (own.n) {
		return say_why(p->a, why, "Profile " STR_FMT " belongs to " STR_FMT ", so --aws does not go with it.",
			       STR_ARG(out->profile), STR_ARG(own));
	}
	str around = str_either(env_of_all(), env_of_service(w->service));
	if (!out->profile.n && around.n) {
		return say_why(p->a, why,
			       "The keys in the environment belong to AWS_ENDPOINT_URL, " STR_FMT ", so --aws does not "
			       "go with them: say --profile NAME, or unset AWS_ENDPOINT_URL and the keys.",
			       STR_ARG(around));
	}
	return true;
}

static bool endpoint_is_good(const struct profiles *p, str endpoint, struct url *url, str *why) {
	return !endpoint.n || url_parse(endpoint, url) ||
	       say_why(p->a, why, STR_FMT " is no endpoint: one is written like http://127.0.0.1:4566.",
		       STR_ARG(endpoint));
}

static bool find_endpoint(const struct profiles *p, const struct wish *w, struct place *out, str *why) {
	struct url url, sts;
	if (w->aws && !w->endpoint.n && !goes_with_aws(p, w, out, why)) {
		return false;
	}
	if (!w->aws || w->endpoint.n) {
		out->endpoint = str_either(w->endpoint, endpoint_around(p, out->profile, w->service));
		out->sts = sts_endpoint(p, out->profile);
	}
	if (!endpoint_is_good(p, out->endpoint, &url, why) || !endpoint_is_good(p, out->sts, &sts, why)) {
		return false;
	}
	out->aws = w->aws || !out->endpoint.n || url_is_aws(&url);
	return true;
}

bool place_find(struct arena *a, const struct wish *w, struct place *out, str *why) {
	struct profiles p;
	*out = (struct place){ 0 };
	if (!profiles_read(a, &p, why) || !find_keys(&p, w, out, why) || !find_endpoint(&p, w, out, why)) {
		return false;
	}
	str own = out->profile.n ? profiles_get(&p, out->profile, "region") : (str){ 0 };
	out->region =
		str_either(w->region, str_either(env_get("AWS_REGION"), str_either(env_get("AWS_DEFAULT_REGION"),
										   str_either(own, S("us-east-1")))));
	return region_is_plain(out->region) ||
	       say_why(a, why, STR_FMT " is no region: one is written like us-east-1.", STR_ARG(out->region));
}
