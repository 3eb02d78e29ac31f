/* The local cloud: what all calls share. */
#pragma once

#include "core/store.h"

struct cloud {
	struct store *store;
	str region; /* the default one */
	str account; /* the default one */
	str data; /* the data folder */
	bool accept_test_keys;
	int port;
	int64_t started; /* real time */
};

/* An access key with its secret, and whose it is. All in the arena. */
struct key {
	str access_key, secret;
	str account, arn, id, canonical_id, display_name;
	bool root;
};

extern const struct store_table account_tables[];
bool key_find(struct cloud *cloud, struct db *db, struct arena *a, str access_key, struct key *out);
/* The canonical id and display name of an account, as S3 shows owners. */
bool account_owner(struct db *db, struct arena *a, str account, str *canonical_id, str *display_name);
