/* A profile that the toolkit itself makes: keys in the credentials file; endpoint, region and a note of who made it in
 * the config file. Everything else in those files stays as it is, byte for byte. */
#pragma once

#include "client/place.h"

struct profile {
	str name;
	str note; /* "user ml-engineer, account 123456789012": what the profile is for */
	struct keys keys;
	str endpoint; /* absent: AWS itself */
	str region;
};

/* Letters, digits and _ . @ + = , - */
bool profile_name_is_plain(str name);
/* What the files have; everything but the name is absent if there is no such profile. False: *why is a sentence. */
bool profile_read(struct arena *a, str name, struct profile *out, str *why);
/* A variable of the environment that goes before the endpoint of any profile, and leads elsewhere: with it, a profile's
 * keys would be sent there. Absent: there is none. */
str profile_overridden(str endpoint);
/* Could it be written now? Not over a profile with another note or none (unless force), not through a link, not to what
 * is read-only. False: *why is a sentence. */
bool profile_may_write(struct arena *a, const struct profile *p, bool force, str *why);
/* Writes both files, the config file first, so that keys are never without their endpoint; each is there whole or as it
 * was before. The credentials file is 0600 afterwards. What another profile of the same name had set goes away. */
bool profile_write(struct arena *a, const struct profile *p, str *why);
