/* Keys that come to an end, and new ones before they do: fetched from their source, kept, shared by a client and all
 * its clones. New ones are asked for when a quarter of the old ones' time is left, 5 minutes at most; where that fails,
 * the old ones are used to their end. */
#pragma once

#include "client/place.h"

struct answer;
struct credentials;

/* Keys as a source gave them. */
struct grant {
	struct keys keys;
	int64_t expires; /* ms, real time; INT64_MAX: never */
	str account; /* absent: it did not say */
};

/* Of the place's source, with its endpoint and region for STS. Goes with the arena. */
struct credentials *credentials_create(struct arena *a, const struct place *place);
/* Keys that are good now, in a. False: *failed says why. Any thread may. */
bool credentials_get(struct credentials *c, struct arena *a, struct grant *out, struct answer *failed);

/* What a program, a container's or an instance's service prints: {"AccessKeyId", "SecretAccessKey", ...}. token: how
 * it names the session's token. False: *why is half a sentence. */
bool grant_read(struct arena *a, str text, const char *token, struct grant *out, str *why);
/* Runs the command and reads what it prints; its stderr is ours. False: *why is a sentence. */
bool grant_of_process(struct arena *a, const struct credential_provider *s, struct grant *out, str *why);
bool grant_of_container(struct arena *a, const struct credential_provider *s, struct grant *out, str *why);
bool grant_of_instance(struct arena *a, const struct credential_provider *s, struct grant *out, str *why);

/* A command line as its words, by a shell's rules for blanks, quotes and backslashes and no others; ends with NULL.
 * NULL: a quote without its end, or no word. */
char **command_words(struct arena *a, str line);
