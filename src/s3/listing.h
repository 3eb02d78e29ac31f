/* What the listings of keys share: prefix, delimiter, common prefixes, places to go on from, and how keys are shown. */
#pragma once

#include "s3/rows.h"

enum { LIST_MAX = 1000 };

struct listing {
	struct call *c;
	str prefix, delimiter; /* never absent */
	str encoding; /* as sent; absent: keys are shown as they are */
	int64_t max; /* as asked for; what comes is at most LIST_MAX */
	int64_t count; /* entries so far: keys (versions, uploads) and common prefixes */
	bool truncated;
	str owner, owner_name; /* of the bucket */
};

/* The members that all have: Prefix, Delimiter, EncodingType. Fails with InvalidArgument. */
bool listing_open(struct call *c, struct listing *l);
void listing_owner(struct listing *l); /* done by listing_open too */
/* Fails for a number below 0; names it as AWS does: "maxKeys". l->max is filled. */
bool listing_limit(struct listing *l, const char *member, const char *argument);
bool listing_full(const struct listing *l);

/* Is key rolled up into a common prefix? Then *group is it, a piece of key. */
bool listing_group(const struct listing *l, str key, str *group);
/* The first key after s; the first key after all those that start with s (absent if there can be none). */
str key_after(struct arena *a, str s);
str key_past(struct arena *a, str s);
/* Where to begin for a marker: after it, or after the common prefix that it lies in, but not before the prefix. Absent:
 * there is nothing to come. */
str listing_from(const struct listing *l, str marker);
/* The later of s and the prefix; absent stays absent. */
str listing_begin(const struct listing *l, str s);

/* A key, prefix or marker as the answer shows it. */
str listing_text(const struct listing *l, str s);
/* Delimiter and EncodingType as they were sent. */
void listing_echo(const struct listing *l, struct val *out);
void listing_add_group(struct listing *l, struct val *out, str group);
/* Owner or Initiator: that account ("": somebody without one), or the bucket's owner where all objects are his. */
void show_owner(const struct listing *l, struct val *v, const char *member, str account);
void show_sum_kind(struct arena *a, struct val *v, const struct sum *s); /* ChecksumAlgorithm and ChecksumType */

/* An argument that is refused: InvalidArgument with ArgumentName, and ArgumentValue if value is present. */
bool fail_argument(struct call *c, const char *name, str value, const char *sentence);
