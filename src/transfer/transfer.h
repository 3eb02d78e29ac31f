/* Many files between folders and buckets at once.
 *
 *	struct transfer *t = transfer_create(a, &setup);
 *	while (... && transfer_add(t, &item)) {
 *	}
 *	transfer_end(t);
 *
 * Threads take whole files, and parts of large ones before they begin others, so that few are half done at any moment.
 * Each has a connection of its own, which is kept. Whoever adds waits while 512 files are waiting already, so that a
 * listing of any length needs no more memory than that; a thread holds at most a part of PART_SIZE.
 *
 * Nothing is half there. An object appears when it is complete, since S3 makes it so; a file has no name (or that of
 * tree.h's TEMPORARY, where the file system wants one) until all of it has come and its checksum has been found right,
 * and then takes the place of what was there in one step. It is not made to outlast a power cut (no fsync), just as cp
 * does not. A file that is written to while it goes up fails and becomes no object.
 *
 * Checksums are compared at both ends: what goes up carries its CRC64NVME, or is compared by the MD5 in an ETag; what
 * comes down is compared with whatever S3 keeps (proof.h).
 *
 * A call is tried six times (or AWS_MAX_ATTEMPTS; client.h). What fails then is told, and the others go on; when
 * five files in a row have failed for what all would fail for (nobody answers, wrong keys, no such bucket), the rest is
 * given up, which is told once. When the client's stop becomes true calls end within a second or so (those that begin
 * or complete an upload by parts come to their end, so that it is known what came of them), uploads by parts are
 * aborted unless they are to be kept, and nothing more is told. */
#pragma once

#include "client/client.h"
#include "transfer/compare.h"
#include "transfer/name.h"

/* What is to go where. */
struct item {
	enum way way;
	struct spot from, to;
	int64_t size; /* as it was when it was found */
	str etag; /* the same, of an object; absent: it is not known */
};

struct metadatum {
	str name, value;
};

/* What an object is to have besides: a member of PutObject ("CacheControl"); an absent value says nothing. */
struct property {
	const char *member;
	str value;
};

/* All that it points at must stay until the end. */
struct transfer_setup {
	const struct client *client; /* its stop, if any, ends the transfer too */
	int jobs; /* threads; 0: by the processors, 32 to 96 */
	int64_t part_size; /* bytes; 0: PART_SIZE (plan.h) */
	bool move; /* what has arrived goes away where it came from, unless (but of copies) it is another by then */
	/* Uploads by parts that do not come to their end stay, and such are gone on with: only those parts are sent
	 * that are not there, or are others. They keep the properties that they were begun with. */
	bool keep;
	bool unverified; /* checksums of what comes down are not looked at */
	/* Of what goes up; without ContentType among them it is by the name. A copy keeps what its original has; but if
	 * metadata or one of its headers is said here, all of them are only what is said. */
	const struct property *properties;
	size_t n_properties;
	const struct metadatum *metadata;
	size_t n_metadata;
	/* From any thread, but never two of these at once; must not call back. */
	void (*done)(void *arg, const struct item *item);
	void (*trouble)(void *arg, str sentence); /* an item that failed */
	void *arg;
	/* By the thread that waits in transfer_add or transfer_end, five times a second. */
	void (*tick)(void *arg);
};

/* How far it is. */
struct totals {
	int64_t files, bytes; /* asked for so far */
	int64_t files_done, bytes_done; /* arrived */
	int64_t bytes_gone; /* over the wire, of files that are not there yet too */
	int64_t unverified; /* arrived, but with nothing to compare with */
	int64_t kept; /* uploads by parts that did not come to their end */
	int64_t untried; /* given up without a sentence of their own */
};

struct transfer;

/* In the arena; transfer_end must be called. Without any thread to be had it has given up already, and told so. */
struct transfer *transfer_create(struct arena *a, const struct transfer_setup *setup);
/* Copies the item. False: it is stopped, or has given up. */
bool transfer_add(struct transfer *t, const struct item *item);
/* At any time, after the end too. */
struct totals transfer_totals(struct transfer *t);
/* Waits for all; the threads are gone afterwards. */
void transfer_end(struct transfer *t);

/* A descriptor's bytes, which may never end, into an object, and an object to a descriptor in its order, by the calling
 * thread: of the setup only what is said of the client, properties and checksums counts. A checksum can only be found
 * wrong when all of it has gone by. False: *why is half a sentence in the client's arena. */
struct stream {
	const struct transfer_setup *setup;
	struct client *client;
	int fd;
};
bool stream_up(struct stream *s, const struct spot *to, str *why);
bool stream_down(struct stream *s, const struct spot *from, str *why);
