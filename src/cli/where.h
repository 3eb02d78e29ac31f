/* Where a verb's calls go: to the running server of --data, unless the user leads elsewhere (client/place.h has the
 * rules). What changes or costs something says so first. */
#pragma once

#include "cli/options.h"
#include "client/client.h"

/* The options that lead elsewhere; profile is another one's name where --profile means something else. */
#define WHERE_OPTIONS(wish, profile_name)                                                                              \
	{ .name = "--aws", .flag = &(wish)->aws }, { .name = (profile_name), .value = &(wish)->profile },              \
		{ .name = "--endpoint-url", .value = &(wish)->endpoint }, {                                            \
		.name = "--region", .value = &(wish)->region                                                           \
	}

/* A cloud that is open. */
struct where {
	struct cli *cli;
	struct client client;
	str account; /* 12 digits, from where_tell on */
};

/* False: said on stderr. */
bool where_open(struct where *w, struct cli *cli, const struct wish *wish);
/* Asks who we are, and says in one line on stderr where the next calls go and as whom. False: said on stderr. */
bool where_tell(struct where *w);
/* The line alone: "on AWS, account 123456789012, region eu-west-1, profile live"; what is absent is left out. */
void where_say(const struct where *w, str account, str region);
/* The cloud's clock, ms: the local one's own; elsewhere real time. */
int64_t where_now(struct where *w);

/* A call that is to be made. */
struct ask {
	const char *service, *op;
	struct val *in;
	const char *expected; /* a code that is no failure; NULL: none */
};

struct ask ask_new(struct where *w, const char *service, const char *op);
/* The same with one string member set. */
struct ask ask_about(struct where *w, const char *op, const char *member, str value);

/* Says on stderr how a call failed, and about what (may be absent). EXIT_REFUSED. */
int where_refuse(const struct where *w, str about, const struct answer *a);
/* True also when it failed with the expected code; a->code tells. False: said on stderr. */
bool where_call(struct where *w, const struct ask *q, struct answer *a);
/* What is said then begins with what it is about. */
bool where_call_about(struct where *w, const struct ask *q, str about, struct answer *a);
/* A list of iam's, page by page: a must be zeroed before the first. False at the end, and when it failed (said on
 * stderr): a->out is NULL then. */
bool where_page(struct where *w, struct ask *q, struct answer *a);

enum bucket_is { BUCKET_THERE, BUCKET_NOT_THERE, BUCKET_ELSEWHERE, BUCKET_UNKNOWN };
/* BUCKET_ELSEWHERE: it is there, but not ours to look at. BUCKET_UNKNOWN: the call failed, said on stderr. */
enum bucket_is where_bucket(struct where *w, str bucket);
