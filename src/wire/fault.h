/* An answer that says no: a fault that the client is told, in the envelope of its wire. */
#pragma once

#include "http/head.h"
#include "wire/val.h"

struct fault {
	const char *code; /* as AWS spells it */
	int status;
};

struct detail {
	const char *name; /* an element beside Code and Message in S3's envelope: BucketName, Key, ... */
	str value;
	struct detail *next;
};

/* Why not. fault NULL: there is nothing to refuse. */
struct refusal {
	const struct fault *fault;
	str message;
	struct detail *details; /* in the order that they were added */
};

void refusal_detail(struct arena *a, struct refusal *r, const char *name, str value); /* an absent value adds nothing */

struct envelope {
	enum proto proto;
	const struct service *service; /* may be NULL */
	str request_id, host_id; /* host_id: S3 only */
	str resource; /* S3: the path */
};

/* Body and header lines (Content-Type, x-amzn-query-error, x-amzn-ErrorType, ...) of the answer. Codes that the model
 * spells differently in query protocols come out as each client expects them. */
void fault_write(struct buf *headers, struct buf *body, const struct refusal *r, const struct envelope *e);
