#include "client/place.h"

#include "base/fd.h"
#include "client/endpoint.h"
#include "client/ini.h"

#include <errno.h>

enum { FILE_MAX_BYTES = 1024 * 1024 };

static str env(const char *name) {
	str s = str_from(getenv(name));
	return s.n ? s : (str){ 0 };
}

static str either(str a, str b) {
	return a.n ? a : b;
}

static bool no(struct arena *a, str *why, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool no(struct arena *a, str *why, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	*why = str_vprintf(a, fmt, ap);
	va_end(ap);
	return false;
}

bool wish_is_local(const struct wish *w) {
	bool by_environment = env("AWS_ENDPOINT_URL").n && env("AWS_ACCESS_KEY_ID").n && env("AWS_SECRET_ACCESS_KEY").n;
	return !w->aws && !w->profile.n && !w->endpoint.n && !by_environment;
}

static str home_path(struct arena *a, const char *variable, const char *name) {
	str set = env(variable);
	return set.n ? set : str_printf(a, STR_FMT "/.aws/%s", STR_ARG(home_folder(a)), name);
}

str credentials_path(struct arena *a) {
	return home_path(a, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
}

str config_path(struct arena *a) {
	return home_path(a, "AWS_CONFIG_FILE", "config");
}

bool profile_file_read(struct arena *a, str path, str *text, str *why) {
	int rc = file_read(a, str_z(a, path), FILE_MAX_BYTES, text);
	if (rc == -ENOENT || rc == -ENOTDIR) {
		*text = S("");
		return true;
	}
	return !rc || no(a, why, STR_FMT " cannot be read: %s.", STR_ARG(path), strerror(-rc));
}

/* Both files, and how a profile's settings are found in them. */
struct profiles {
	struct arena *a;
	str credentials, config;
};

static bool profiles_read(struct profiles *p, str *why) {
	return profile_file_read(p->a, credentials_path(p->a), &p->credentials, why) &&
	       profile_file_read(p->a, config_path(p->a), &p->config, why);
}

static bool profile_is_there(const struct profiles *p, str name) {
	return ini_has(p->credentials, (struct ini_section){ name, false }) ||
	       ini_has(p->config, (struct ini_section){ name, true });
}

static str setting(const struct profiles *p, str name, const char *key) {
	return either(ini_get(p->credentials, (struct ini_section){ name, false }, key),
		      ini_get(p->config, (struct ini_section){ name, true }, key));
}

/* Where keys come from that this program does not ask. */
static const char *const unread[] = { "credential_process",      "sso_session",       "sso_start_url",
				      "web_identity_token_file", "credential_source", NULL };

static bool keys_of(const struct profiles *p, str name, struct keys *out, str *why) {
	out->access_key = setting(p, name, "aws_access_key_id");
	out->secret = setting(p, name, "aws_secret_access_key");
	out->token = either(setting(p, name, "aws_session_token"), (str){ 0 });
	if (out->access_key.n && out->secret.n) {
		return true;
	}
	for (const char *const *u = unread; *u; u++) {
		if (setting(p, name, *u).n) {
			return no(p->a, why,
				  "Profile " STR_FMT
				  " has its keys from %s, which aerostat does not read: put temporary keys "
				  "into the environment (`aws configure export-credentials`).",
				  STR_ARG(name), *u);
		}
	}
	return no(p->a, why, "Profile " STR_FMT " has no keys in " STR_FMT ".", STR_ARG(name),
		  STR_ARG(credentials_path(p->a)));
}

static bool find_role(const struct profiles *p, struct place *out, str *why) {
	str source = setting(p, out->profile, "source_profile");
	if (setting(p, out->profile, "mfa_serial").n) {
		return no(p->a, why,
			  "Profile " STR_FMT " wants a code of an MFA device, which aerostat does not ask for.",
			  STR_ARG(out->profile));
	}
	if (!source.n) {
		return keys_of(p, out->profile, &out->keys, why);
	}
	if (!profile_is_there(p, source)) {
		return no(p->a, why, "Profile " STR_FMT " names the source_profile " STR_FMT ", which is not there.",
			  STR_ARG(out->profile), STR_ARG(source));
	}
	if (!str_eq(source, out->profile) && setting(p, source, "role_arn").n) {
		return no(p->a, why,
			  "Profile " STR_FMT " is a role by way of a role (" STR_FMT "): give it a source_profile "
			  "with keys of its own.",
			  STR_ARG(out->profile), STR_ARG(source));
	}
	out->role = setting(p, out->profile, "role_arn");
	out->external_id = setting(p, out->profile, "external_id");
	out->session = either(setting(p, out->profile, "role_session_name"), S("aerostat"));
	return keys_of(p, source, &out->keys, why);
}

static bool find_in_profile(const struct profiles *p, struct place *out, str *why) {
	if (!profile_is_there(p, out->profile)) {
		return no(p->a, why, "There is no profile " STR_FMT " in " STR_FMT " or " STR_FMT ".",
			  STR_ARG(out->profile), STR_ARG(credentials_path(p->a)), STR_ARG(config_path(p->a)));
	}
	return setting(p, out->profile, "role_arn").n ? find_role(p, out, why)
						      : keys_of(p, out->profile, &out->keys, why);
}

static bool find_keys(const struct profiles *p, const struct wish *w, struct place *out, str *why) {
	struct keys here = { env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN") };
	if (!w->profile.n && here.access_key.n && here.secret.n) {
		out->keys = here;
		return true;
	}
	out->profile = either(w->profile, either(env("AWS_PROFILE"), S("default")));
	if (!w->profile.n && !env("AWS_PROFILE").n && !profile_is_there(p, out->profile)) {
		return no(p->a, why, "There are no keys: none in the environment, and no profile. Say --profile NAME.");
	}
	return find_in_profile(p, out, why);
}

/* The endpoint that was named for this run, or the profile's own. */
static bool find_endpoint(const struct profiles *p, const struct wish *w, struct place *out, str *why) {
	str own = out->profile.n ? setting(p, out->profile, "endpoint_url") : (str){ 0 };
	str around = env("AWS_ENDPOINT_URL");
	struct url url;
	if (w->aws && !w->endpoint.n && own.n) {
		return no(p->a, why, "Profile " STR_FMT " belongs to " STR_FMT ", so --aws does not go with it.",
			  STR_ARG(out->profile), STR_ARG(own));
	}
	if (w->aws && !w->endpoint.n && !out->profile.n && around.n) {
		return no(p->a, why,
			  "The keys in the environment belong to AWS_ENDPOINT_URL, " STR_FMT ", so --aws does not go "
			  "with them: say --profile NAME, or unset AWS_ENDPOINT_URL and the keys.",
			  STR_ARG(around));
	}
	out->endpoint = w->endpoint.n ? w->endpoint : w->aws ? (str){ 0 } : either(around, own);
	if (out->endpoint.n && !url_parse(out->endpoint, &url)) {
		return no(p->a, why, STR_FMT " is no endpoint: one is written like http://127.0.0.1:4566.",
			  STR_ARG(out->endpoint));
	}
	out->aws = w->aws || !out->endpoint.n || url_is_aws(&url);
	return true;
}

bool place_find(struct arena *a, const struct wish *w, struct place *out, str *why) {
	struct profiles p = { .a = a };
	*out = (struct place){ 0 };
	if (!profiles_read(&p, why) || !find_keys(&p, w, out, why) || !find_endpoint(&p, w, out, why)) {
		return false;
	}
	str own = out->profile.n ? setting(&p, out->profile, "region") : (str){ 0 };
	out->region = either(w->region,
			     either(env("AWS_REGION"), either(env("AWS_DEFAULT_REGION"), either(own, S("us-east-1")))));
	return region_is_plain(out->region) ||
	       no(a, why, STR_FMT " is no region: one is written like us-east-1.", STR_ARG(out->region));
}
