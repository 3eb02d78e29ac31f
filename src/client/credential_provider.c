#include "client/credential_provider.h"

#include "client/endpoint.h"

enum { CHAIN_MAX = 16, DURATION_MIN_S = 900, DURATION_MAX_S = 43200 };

/* The profiles on the way to keys, to find loops. */
struct chain {
	const struct profiles *p;
	str names[CHAIN_MAX];
	size_t n;
};

static str setting(const struct chain *w, str name, const char *key) {
	return profiles_get(w->p, name, key);
}

static struct credential_provider *provider_new(const struct profiles *p, enum credential_provider_kind kind,
						str profile) {
	struct credential_provider *s = NEW(p->a, struct credential_provider);
	s->kind = kind;
	s->profile = profile;
	return s;
}

/* --- container and instance --- */

bool container_url_is_good(str url) {
	static const char *const hosts[] = { "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", NULL };
	struct url u;
	str host;
	if (!url_parse(url, &u)) {
		return false;
	}
	if (str_starts(url, S("https://")) || url_is_loopback(&u)) {
		return true;
	}
	for (const char *const *h = hosts; *h; h++) {
		host = str_from(*h);
		if (str_eq(u.host, host) ||
		    (str_starts(u.host, host) && str_starts(str_skip(u.host, host.n), S(":")))) {
			return true;
		}
	}
	return false;
}

static bool find_container(const struct profiles *p, str profile, const struct credential_provider **out, str *why) {
	str relative = env_get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
	    full = env_get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	*out = NULL;
	if (!relative.n && !full.n) {
		return true;
	}
	struct credential_provider *s = provider_new(p, KEYS_OF_CONTAINER, profile);
	s->url = relative.n ? str_printf(p->a, "http://169.254.170.2" STR_FMT, STR_ARG(relative)) : full;
	if ((relative.n && relative.p[0] != '/') || !container_url_is_good(s->url)) {
		return say_why(p->a, why,
			       "AWS_CONTAINER_CREDENTIALS_%s_URI is " STR_FMT ": keys are fetched without TLS only "
			       "from this machine and from AWS's own container services.",
			       relative.n ? "RELATIVE" : "FULL", STR_ARG(relative.n ? relative : full));
	}
	*out = s;
	return true;
}

static str either_set(const struct profiles *p, str profile, const char *variable, const char *key) {
	return str_either(env_get(variable), profile.n ? profiles_get(p, profile, key) : (str){ 0 });
}

static bool find_instance(const struct profiles *p, str profile, const struct credential_provider **out, str *why) {
	struct url url;
	*out = NULL;
	if (str_ieq(env_get("AWS_EC2_METADATA_DISABLED"), S("true"))) {
		return true;
	}
	struct credential_provider *s = provider_new(p, KEYS_OF_INSTANCE, profile);
	str mode = either_set(p, profile, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
			      "ec2_metadata_service_endpoint_mode"),
	    own = either_set(p, profile, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint"),
	    v1 = either_set(p, profile, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled");
	s->url = own.n ? own : str_ieq(mode, S("ipv6")) ? S("http://[fd00:ec2::254]") : S("http://169.254.169.254");
	s->only_v2 = str_ieq(v1, S("true"));
	if (!url_parse(s->url, &url)) {
		return say_why(p->a, why, "AWS_EC2_METADATA_SERVICE_ENDPOINT is " STR_FMT ", which is no URL.",
			       STR_ARG(s->url));
	}
	s->url.n = url.origin.n + url.path.n;
	*out = s;
	return true;
}

bool credential_provider_of_machine(const struct profiles *p, str name, const struct credential_provider **out,
				    str *why) {
	if (env_get("AWS_WEB_IDENTITY_TOKEN_FILE").n) {
		return say_why(p->a, why,
			       "AWS_WEB_IDENTITY_TOKEN_FILE is set, and aerostat does not ask for keys by a web "
			       "identity: put temporary keys into the environment (`aws configure "
			       "export-credentials`).");
	}
	return find_container(p, name, out, why) && (*out || find_instance(p, name, out, why));
}

/* --- profiles --- */

/* Where keys come from that this program does not ask. */
static const char *const unread[] = { "sso_session", "sso_start_url", "web_identity_token_file", NULL };

static bool is_unread(const struct chain *w, str name, str *why) {
	for (const char *const *u = unread; *u; u++) {
		if (setting(w, name, *u).n) {
			return !say_why(w->p->a, why,
					"Profile " STR_FMT " has its keys from %s, which aerostat does not read: put "
					"temporary keys into the environment (`aws configure export-credentials "
					"--profile " STR_FMT "`).",
					STR_ARG(name), *u, STR_ARG(name));
		}
	}
	return false;
}

static bool has_keys(const struct chain *w, str name) {
	return setting(w, name, "aws_access_key_id").n && setting(w, name, "aws_secret_access_key").n;
}

static bool no_keys(const struct chain *w, str name, str *why) {
	const char *lacks = setting(w, name, "aws_access_key_id").n       ? "no aws_secret_access_key"
			    : setting(w, name, "aws_secret_access_key").n ? "no aws_access_key_id"
									  : "no keys";
	return say_why(w->p->a, why, "Profile " STR_FMT " has %s in " STR_FMT " or " STR_FMT ".", STR_ARG(name), lacks,
		       STR_ARG(credentials_path(w->p->a)), STR_ARG(config_path(w->p->a)));
}

/* Keys of its own, or a program's; else those of the machine. */
static bool find_keys(struct chain *w, str name, const struct credential_provider **out, str *why) {
	struct credential_provider *s = provider_new(w->p, KEYS_GIVEN, name);
	str command = setting(w, name, "credential_process");
	*out = s;
	if (is_unread(w, name, why)) {
		return false;
	}
	if (has_keys(w, name)) {
		str token = setting(w, name, "aws_session_token");
		s->keys = (struct keys){ setting(w, name, "aws_access_key_id"),
					 setting(w, name, "aws_secret_access_key"), str_either(token, (str){ 0 }) };
		return true;
	}
	if (command.n) {
		s->kind = KEYS_OF_PROCESS;
		s->command = command;
		return true;
	}
	if (setting(w, name, "aws_access_key_id").n || setting(w, name, "aws_secret_access_key").n) {
		return no_keys(w, name, why);
	}
	return credential_provider_of_machine(w->p, name, out, why) && (*out || no_keys(w, name, why));
}

static bool find_named(struct chain *w, str profile, str name, const struct credential_provider **out, str *why) {
	struct credential_provider *s = provider_new(w->p, KEYS_GIVEN, profile);
	*out = NULL;
	if (str_is(name, "Environment")) {
		s->keys = (struct keys){ env_get("AWS_ACCESS_KEY_ID"), env_get("AWS_SECRET_ACCESS_KEY"),
					 env_get("AWS_SESSION_TOKEN") };
		*out = s->keys.access_key.n && s->keys.secret.n ? s : NULL;
	} else if (str_is(name, "EcsContainer")) {
		if (!find_container(w->p, profile, out, why)) {
			return false;
		}
	} else if (str_is(name, "Ec2InstanceMetadata")) {
		if (!find_instance(w->p, profile, out, why)) {
			return false;
		}
	} else {
		return say_why(w->p->a, why,
			       "Profile " STR_FMT " has the credential_source " STR_FMT
			       ": it is Environment, Ec2InstanceMetadata or EcsContainer.",
			       STR_ARG(profile), STR_ARG(name));
	}
	return *out || say_why(w->p->a, why, "Profile " STR_FMT " wants its keys from %s, and there are none.",
			       STR_ARG(profile),
			       str_is(name, "Environment")    ? "the environment"
			       : str_is(name, "EcsContainer") ? "the container's service"
							      : "the instance's metadata, which "
								"AWS_EC2_METADATA_DISABLED forbids");
}

static bool find(struct chain *w, str name, const struct credential_provider **out, str *why);

static bool find_by(struct chain *w, str name, const struct credential_provider **out, str *why) {
	str source = setting(w, name, "source_profile"), named = setting(w, name, "credential_source");
	struct arena *a = w->p->a;
	if (source.n && named.n) {
		return say_why(a, why, "Profile " STR_FMT " has both source_profile and credential_source: take one.",
			       STR_ARG(name));
	}
	if (named.n) {
		return find_named(w, name, named, out, why);
	}
	if (!source.n) {
		return has_keys(w, name) ? find_keys(w, name, out, why)
					 : say_why(a, why,
						   "Profile " STR_FMT " has a role_arn, but no source_profile or "
						   "credential_source to assume it with.",
						   STR_ARG(name));
	}
	if (!profiles_has(w->p, source)) {
		return say_why(a, why, "Profile " STR_FMT " names the source_profile " STR_FMT ", which is not there.",
			       STR_ARG(name), STR_ARG(source));
	}
	return has_keys(w, source) ? find_keys(w, source, out, why) : find(w, source, out, why);
}

static bool read_duration(struct chain *w, str name, int64_t *out, str *why) {
	str text = setting(w, name, "duration_seconds");
	*out = 0;
	return !text.n || (str_uint(text, out) && *out >= DURATION_MIN_S && *out <= DURATION_MAX_S) ||
	       say_why(w->p->a, why, "Profile " STR_FMT " has duration_seconds " STR_FMT ": it is from %d to %d.",
		       STR_ARG(name), STR_ARG(text), DURATION_MIN_S, DURATION_MAX_S);
}

static bool find_role(struct chain *w, str name, const struct credential_provider **out, str *why) {
	struct credential_provider *s = provider_new(w->p, KEYS_OF_ROLE, name);
	if (setting(w, name, "mfa_serial").n) {
		return say_why(
			w->p->a, why,
			"Profile " STR_FMT " wants a code of an MFA device, which aerostat does not ask for: put "
			"temporary keys into the environment (`aws configure export-credentials --profile " STR_FMT
			"`).",
			STR_ARG(name), STR_ARG(name));
	}
	s->role = setting(w, name, "role_arn");
	s->external_id = setting(w, name, "external_id");
	s->session = str_either(setting(w, name, "role_session_name"), S("aerostat"));
	*out = s;
	return read_duration(w, name, &s->duration_s, why) && find_by(w, name, &s->by, why);
}

static bool find(struct chain *w, str name, const struct credential_provider **out, str *why) {
	for (size_t i = 0; i < w->n; i++) {
		if (str_eq(w->names[i], name)) {
			return say_why(w->p->a, why,
				       "Profile " STR_FMT " leads by its source_profile back to " STR_FMT
				       ": there are no keys at the end.",
				       STR_ARG(w->names[0]), STR_ARG(name));
		}
	}
	if (w->n == CHAIN_MAX) {
		return say_why(w->p->a, why, "Profile " STR_FMT " is a role by way of more than %d others.",
			       STR_ARG(w->names[0]), CHAIN_MAX);
	}
	w->names[w->n++] = name;
	bool role = setting(w, name, "role_arn").n && !setting(w, name, "web_identity_token_file").n;
	return role ? find_role(w, name, out, why) : find_keys(w, name, out, why);
}

bool credential_provider_of_profile(const struct profiles *p, str name, const struct credential_provider **out,
				    str *why) {
	struct chain w = { .p = p };
	return find(&w, name, out, why);
}
