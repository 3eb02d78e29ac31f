#include "client/profiles.h"

#include "base/fd.h"
#include "client/ini.h"

#include <errno.h>

enum { FILE_MAX_BYTES = 1024 * 1024 };

str env_get(const char *name) {
	str s = str_from(getenv(name));
	return s.n ? s : (str){ 0 };
}

str str_either(str a, str b) {
	return a.n ? a : b;
}

bool say_why(struct arena *a, str *why, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	*why = str_vprintf(a, fmt, ap);
	va_end(ap);
	return false;
}

static str home_path(struct arena *a, const char *variable, const char *name) {
	str set = env_get(variable), home = home_folder(a);
	if (set.n && (str_is(set, "~") || str_starts(set, S("~/")))) {
		return str_printf(a, STR_FMT STR_FMT, STR_ARG(home), STR_ARG(str_skip(set, 1)));
	}
	return set.n ? set : str_printf(a, STR_FMT "/.aws/%s", STR_ARG(home), name);
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
	return !rc || say_why(a, why, STR_FMT " cannot be read: %s.", STR_ARG(path), strerror(-rc));
}

bool profiles_read(struct arena *a, struct profiles *out, str *why) {
	*out = (struct profiles){ .a = a };
	return profile_file_read(a, credentials_path(a), &out->credentials, why) &&
	       profile_file_read(a, config_path(a), &out->config, why);
}

static struct ini_section in_credentials(str name) {
	return (struct ini_section){ .profile = name };
}

static struct ini_section in_config(str name) {
	return (struct ini_section){ .profile = name, .config = true };
}

bool profiles_has(const struct profiles *p, str name) {
	return ini_has(p->credentials, in_credentials(name)) || ini_has(p->config, in_config(name));
}

str profiles_get(const struct profiles *p, str name, const char *key) {
	return str_either(ini_get(p->credentials, in_credentials(name), key), ini_get(p->config, in_config(name), key));
}

str profiles_service_endpoint(const struct profiles *p, str name, const char *service) {
	str services = profiles_get(p, name, "services");
	struct ini_section section = { .profile = services, .config = true, .kind = "services" };
	return services.n ? ini_get_below(p->config, section, service, "endpoint_url") : (str){ 0 };
}
