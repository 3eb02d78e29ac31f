/* What cp, mv and sync have in common: options, and one thing after the other to where it belongs. */
#pragma once

#include "cli/s3_properties.h"
#include "cli/s3_run.h"
#include "transfer/entry.h"

/* Names that something has gone to, by 64 bits of a checksum of each. */
struct taken {
	uint64_t *v; /* by open addressing; 0: free */
	size_t n, room; /* room is a power of two */
};

struct moving {
	struct s3_run run;
	struct transfer_setup setup;
	bool recursive, sync, delete, move;
	struct compare_rules rules;
	str jobs, part_size;
	struct s3_properties properties;
	struct spot to;
	bool to_folder; /* names go below it */
	bool troubled; /* a walk could not see all */
	/* S3: all that is sent has a key that begins with this one's. */
	bool ranged;
	struct spot range;
	bool told; /* that some of the range is left out */
	bool several; /* sources, of which two might go to one name */
	struct taken taken;
};

/* False: wrong usage; said. */
bool moving_options(struct moving *m, struct cli *cli, struct wish *wish);
bool moving_words(struct moving *m, const struct cli *cli);

/* Which way it goes from here to there. */
enum way moving_way(const struct spot *from, const struct spot *to);

/* Threads begin to work, unless it is a dry run; and all is done. */
void moving_begin(struct moving *m);
void moving_end(struct moving *m);

/* e (name, size, ETag) goes where a thing of its name goes; what cannot is told, and left out. False: it is time to
 * stop. */
bool moving_send(struct moving *m, const struct spot *from, const struct entry *e);
/* Is this key among what is sent? Then it is not for anything to replace or to remove. */
bool moving_is_in_range(const struct moving *m, const struct spot *s);
/* Some tools keep empty folders as objects of no bytes with a slash at the end: no file is meant. */
bool moving_is_marker(const struct entry *e);
/* For walks: what they cannot see. */
void moving_trouble(void *moving, str sentence);
/* What a walk from top has found. */
struct spot moving_spot(struct arena *a, const struct spot *top, const struct entry *e);
