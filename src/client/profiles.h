/* The two files that the AWS CLI and the SDKs share, as far as they say where calls go and as whom. Nothing is written;
 * that is profile.h. */
#pragma once

#include "base/buf.h"

struct profiles {
	struct arena *a;
	str credentials, config;
};

/* AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else ~/.aws/credentials and ~/.aws/config. */
str credentials_path(struct arena *a);
str config_path(struct arena *a);
/* A file's text, empty if there is no file. False: it cannot be read; *why is a sentence. */
bool profile_file_read(struct arena *a, str path, str *text, str *why);

bool profiles_read(struct arena *a, struct profiles *out, str *why);
bool profiles_has(const struct profiles *p, str name);
/* Of both files, the credentials file first. Absent: it is not set. */
str profiles_get(const struct profiles *p, str name, const char *key);
/* The endpoint that the profile's `services` section has for a service ("s3"); absent: none. */
str profiles_service_endpoint(const struct profiles *p, str name, const char *service);

/* A variable of the environment; absent also when it is empty. */
str env_get(const char *name);
/* The first that is there. */
str str_either(str a, str b);
/* *why is what printf would say. Returns false. */
bool say_why(struct arena *a, str *why, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
