/* Where the keys of calls come from, as the AWS CLI finds it: the environment, a profile's settings, a role by way of
 * other keys, a program, the metadata service of a container or of an instance. Nothing is asked here: credentials.h
 * does that. Source of the order and of the settings' names: AWS SDKs and Tools Reference Guide, "Standardized
 * credential providers" and "Assume role credential provider". */
#pragma once

#include "client/profiles.h"

struct keys {
	str access_key, secret, token; /* token: absent if there is none */
};

enum credential_provider_kind { KEYS_GIVEN, KEYS_OF_ROLE, KEYS_OF_PROCESS, KEYS_OF_CONTAINER, KEYS_OF_INSTANCE };

struct credential_provider {
	enum credential_provider_kind kind;
	str profile; /* that named it; absent: none did */
	struct keys keys; /* KEYS_GIVEN */
	/* KEYS_OF_ROLE */
	str role, session, external_id;
	int64_t duration_s; /* 0: as the role has it */
	const struct credential_provider *by; /* the keys that it is assumed with */
	/* KEYS_OF_PROCESS */
	str command;
	/* KEYS_OF_CONTAINER, KEYS_OF_INSTANCE */
	str url; /* of the keys; of the service */
	bool only_v2; /* KEYS_OF_INSTANCE: no call without a token */
};

/* Of a profile that is there. False: *why is a sentence. */
bool credential_provider_of_profile(const struct profiles *p, str name, const struct credential_provider **out,
				    str *why);
/* Without one: what the environment and the machine have. *out is NULL when there is nothing. False: *why. */
bool credential_provider_of_machine(const struct profiles *p, str name, const struct credential_provider **out,
				    str *why);

/* May keys be fetched from there? Over TLS from anywhere, else only from this machine itself and from the addresses
 * of the services that AWS's containers have. */
bool container_url_is_good(str url);
