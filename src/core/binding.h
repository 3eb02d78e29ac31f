/* An identity's making, out of one snapshot; for the cache (identity.c) and sessions (session.c). All of it goes to the
 * arena that is given, but for AWS's own policies, which are compiled once in a process. */
#pragma once

#include "core/cloud.h"
#include "core/entity.h"
#include "core/identity.h"

/* False: nobody has this (active) key, or the session's role or user is gone; or the snapshot has an error. */
bool identity_of_key(struct cloud *cloud, struct db *db, struct arena *a, str access_key, struct identity *out);
bool identity_of_session(struct db *db, struct arena *a, const struct session *s, struct identity *out);

/* What a token says. False: it is none of ours. */
bool session_open(const struct cloud *cloud, struct arena *a, str token, struct session *out);

/* [{"Key":..,"Value":..},...], as entities keep their tags. */
struct tree;
size_t tags_read(struct arena *a, const struct tree *list, struct tag **out);
