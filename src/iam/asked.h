/* A decision of the record, with what there is now of what it was about: who asked, what binds him, the resource. */
#pragma once

#include "core/decision.h"
#include "iam/report.h"
#include "iam/room.h"
#include "iam/sources.h"

struct asked {
	struct control *c;
	struct db *db;
	const struct decision *d;
	const struct identity *identity; /* NULL: root, anonymous, or gone */
	struct principal who;
	struct resource resource;
	struct context context; /* the keys that were asked for, as the record has them */
	struct access access;
	bool crossing; /* between accounts */
};

/* work: an arena for this decision alone. */
void asked_read(struct asked *q, struct control *c, struct db *db, const struct decision *d, struct arena *work);
/* The policy that decided, if it is still as it was: *statement is its place. NULL: none did, or it has changed. */
const struct bound *asked_by(const struct asked *q, size_t *statement);

/* What would let a refused request through: a statement, and where to put it. */
struct cure {
	str where; /* "an identity policy of arn:..." */
	str statement;
};
size_t asked_cures(const struct asked *q, struct cure out[2]);

/* Statements that nearly allow it: one part of them does not fit. */
enum part { PART_NONE, PART_PRINCIPAL, PART_ACTION, PART_RESOURCE, PART_CONDITION };
struct miss {
	const struct bound *by;
	size_t statement;
	enum part part; /* PART_NONE: all of it fits now */
	const str *patterns; /* PART_ACTION, PART_RESOURCE: what the statement has */
	size_t n_patterns;
	bool inverse; /* they are those of NotAction, NotResource */
	const struct unmet *unmet; /* PART_CONDITION */
	size_t n_unmet;
	str hint; /* a sentence with the cure; absent: none */
};
size_t asked_misses(const struct asked *q, const struct miss **out);
