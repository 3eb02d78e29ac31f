/* Where calls go, and as whom: from what the user said (options), the environment and the profiles, in the order of the
 * AWS CLI. The rule that keeps local keys from live accounts: nothing but --aws, --profile, --endpoint-url, or
 * AWS_ENDPOINT_URL together with keys in the environment leads away from the local cloud; and --aws goes neither with
 * keys nor with a profile that belong to an endpoint. */
#pragma once

#include "base/buf.h"

/* What was asked for; absent: nothing was said. */
struct wish {
	bool aws;
	str profile, endpoint, region;
};

struct keys {
	str access_key, secret, token; /* token: absent if there is none */
};

struct place {
	bool local; /* the cloud of this machine's data folder */
	bool aws; /* AWS itself, or what was named to stand for it */
	str endpoint; /* absent: AWS's own hosts */
	str region;
	str profile; /* absent: keys from the environment */
	struct keys keys;
	str role, external_id, session; /* a role to assume by these keys; role absent: none */
};

/* Does nothing lead elsewhere? Then the caller knows the place (its server tells endpoint, region and keys). */
bool wish_is_local(const struct wish *w);
/* False: *why is a sentence. */
bool place_find(struct arena *a, const struct wish *w, struct place *out, str *why);

/* AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else ~/.aws/credentials and ~/.aws/config. */
str credentials_path(struct arena *a);
str config_path(struct arena *a);
/* A file's text, empty if there is no file. False: it cannot be read; *why is a sentence. */
bool profile_file_read(struct arena *a, str path, str *text, str *why);
