/* Where calls go, and as whom: from what the user said (options), the environment and the profiles, in the order of the
 * AWS CLI. The rule that keeps local keys from live accounts: nothing but --aws, --profile, --endpoint-url, or
 * AWS_ENDPOINT_URL leads away from the local cloud, whatever keys there are; and --aws goes neither with keys nor with
 * a profile that belong to an endpoint. Verbs that change who may do what (they name no service) want keys in the
 * environment beside AWS_ENDPOINT_URL. */
#pragma once

#include "client/credential_provider.h"

/* What was asked for; absent: nothing was said. */
struct wish {
	bool aws;
	str profile, endpoint, region;
	const char *service; /* "s3": whose own endpoint counts; NULL: no service's in particular */
};

struct place {
	bool local; /* the cloud of this machine's data folder */
	bool aws; /* AWS itself, or what was named to stand for it */
	str endpoint; /* absent: AWS's own hosts */
	str sts; /* the endpoint for STS, where that has one of its own */
	str region;
	str profile; /* absent: keys from the environment, or of the machine */
	str account; /* absent: not known */
	struct keys keys; /* of a source that is none of keys: absent until client_open */
	const struct credential_provider *source; /* NULL: the keys as they are */
};

/* Does nothing lead elsewhere? Then the caller knows the place (its server tells endpoint, region and keys). */
bool wish_is_local(const struct wish *w);
/* False: *why is a sentence. */
bool place_find(struct arena *a, const struct wish *w, struct place *out, str *why);
/* Of a service; absent: AWS's own host. */
str place_endpoint(const struct place *p, const char *service);
