/* Many files between folders and buckets at once: threads take whole files, and parts of large ones, whichever there
 * are. Nothing is half there: an object appears when it is complete, a file is renamed into place when its checksum has
 * been found right. */
#pragma once

#include "client/client.h"
#include "transfer/compare.h"
#include "transfer/name.h"

/* What is to go where. */
struct item {
	enum way way;
	struct spot from, to;
	int64_t size; /* as it was when it was found */
};

struct metadatum {
	str name, value;
};

struct transfer_setup {
	const struct client *client; /* its stop, if any, ends the transfer too */
	int jobs; /* threads; 0: by the processors */
	int64_t part_size; /* 0: PART_SIZE */
	bool move; /* what has arrived goes away where it came from */
	bool keep; /* uploads by parts that do not come to their end stay, and such are gone on with */
	bool unverified; /* checksums of what comes down are not looked at */
	/* Of what goes up, and of copies when they say something; absent: as it is by itself. */
	str content_type, storage_class;
	const struct metadatum *metadata;
	size_t n_metadata;
	/* From any thread, but never from two at once. */
	void (*done)(void *arg, const struct item *item);
	void (*trouble)(void *arg, str sentence); /* an item that failed */
	void *arg;
	/* By the thread that waits in transfer_add or transfer_end, now and then. */
	void (*tick)(void *arg);
};

/* How far it is. */
struct totals {
	int64_t files, bytes; /* asked for so far */
	int64_t files_done, bytes_done; /* arrived */
	int64_t bytes_gone; /* over the wire, of files that are not there yet too */
	int64_t unverified; /* arrived, but with nothing to compare with */
	int64_t kept; /* uploads by parts that did not come to their end */
	int64_t untried; /* nobody answered any more, which was told once */
};

struct transfer;

struct transfer *transfer_create(struct arena *a, const struct transfer_setup *setup);
/* Copies the item; waits when too many are waiting already. False: it is stopped, or has given up. */
bool transfer_add(struct transfer *t, const struct item *item);
/* At any time, after the end too. */
struct totals transfer_totals(struct transfer *t);
/* Waits for all; the threads are gone afterwards. */
void transfer_end(struct transfer *t);

/* Standard input into an object, and an object to a descriptor, by the calling thread. False: *why is half a
 * sentence. */
struct stream {
	const struct transfer_setup *setup;
	struct client *client;
	int fd;
};
bool stream_up(struct stream *s, const struct spot *to, str *why);
bool stream_down(struct stream *s, const struct spot *from, str *why);
