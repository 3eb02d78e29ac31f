/* The circumstances of a call, as conditions ask for them: the global keys (IAM User Guide, "AWS global condition
 * context keys"), the tags that come with a request and those of its resource, and the service's own keys (face.key).
 * Looked up when a policy asks, and remembered, so that what was asked for can be recorded. */
#pragma once

#include "core/cloud.h"

/* A key that only this question has (iam:PassedToService). */
struct given {
	const char *key;
	str value;
};

struct asked {
	str key; /* as the policy wrote it */
	struct values values;
	bool found;
};

enum { ASKED_MAX = 24 };

struct circumstances {
	struct call *call;
	const struct resource *resource;
	const struct given *given; /* ends with a row without key; NULL: none */
	struct asked asked[ASKED_MAX]; /* more are looked up each time that they are asked for */
	size_t n;
};

/* For struct context, with the circumstances as arg. */
bool circumstance_find(void *arg, str key, struct values *out);
/* The global keys that have one value, for listing: NULL behind the last. */
const char *circumstance_name(size_t i);

/* aws:RequestedRegion: us-east-1 for services that are in one place for the whole world. */
str call_region(const struct call *c);
/* The face of the call's service; NULL: it is not served. */
const struct face *call_face(const struct call *c);
