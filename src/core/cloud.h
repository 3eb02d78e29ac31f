/* The local cloud: what all calls share. */
#pragma once

#include "core/call.h"
#include "core/seal.h"

struct identities;

struct cloud {
	struct arena *arena; /* of the process */
	struct store *store;
	struct seal seal;
	struct identities *identities; /* core/identity.h; NULL: none are kept */
	const struct face *const *faces; /* the services served, NULL-terminated */
	str region; /* the default one */
	str account; /* the default one */
	str data; /* the data folder */
	bool accept_test_keys;
	struct tls *tls; /* what the port speaks besides plain HTTP; NULL: nothing */
	str listen; /* address */
	int port;
	int calls_fd; /* --log-calls: a JSON line a call; -1: none */
	int64_t started; /* real time */
	void (*stop)(struct cloud *cloud);
};

/* The whole life of a call: for server_config.handle and .refuse, with the cloud as arg. */
void cloud_handle(struct exchange *x, void *arg);
void cloud_refuse(struct buf *message, enum head_result why, void *arg);

/* --- accounts and keys (core/account.c) --- */
extern const struct store_table account_tables[];

/* An access key with its secret. */
struct key {
	str access_key, secret;
};

/* The account and its root key, made if they are not there. secret absent: a random one. 0 or -errno. */
int account_create(struct cloud *cloud, str id, str name, str canonical_id, const struct key *root);
int user_create(struct cloud *cloud, str account, str name, const struct key *key);
str new_secret(struct arena *a); /* of an access key: 40 characters */
/* The canonical id and display name of an account, as S3 shows owners. False: no such account. */
bool account_owner(struct db *db, struct arena *a, str account, str *canonical_id, str *display_name);
/* The root key of an account, for env. */
bool account_root_key(struct cloud *cloud, struct arena *a, str account, struct key *out);

/* --- the meter (core/meter.c): what was used, priced by whoever asks --- */
extern const struct store_table meter_tables[];
struct usage {
	str account, region;
	str type; /* AWS's usage type without the region's prefix: "Requests-Tier1" */
	str operation; /* "PutObject" */
	str resource; /* its ARN; absent: none */
	int64_t quantity;
};
void meter_add(struct cloud *cloud, const struct usage *u);
void meter_flush(struct cloud *cloud); /* to the store; called every few seconds and at the end */
