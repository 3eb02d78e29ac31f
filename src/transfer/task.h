/* Inside the room: what the threads work on. */
#pragma once

#include "base/lock.h"
#include "transfer/file.h"
#include "transfer/plan.h"
#include "transfer/proof.h"
#include "transfer/transfer.h"

#include <sys/stat.h>

enum { ETAG_MAX = 80 };

/* One part of an object. */
struct piece {
	char etag[ETAG_MAX];
	int64_t size; /* up */
	struct digest_value sum;
	bool done;
};

struct task {
	struct task *next;
	struct arena arena;
	struct item item;
	struct plan plan;
	struct piece *pieces; /* plan.n of them */
	int64_t next_piece, running;
	bool failed;
	_Atomic bool hopeless; /* it failed for what all others would fail for too */
	bool arrived; /* it failed afterwards */
	str why;
	int fd; /* up; -1: none */
	struct stat st; /* up: as it was at the beginning */
	str upload; /* the id of an upload that is not complete yet */
	_Atomic bool gone; /* S3 knows no such upload any more */
	bool sums; /* up: S3 takes our checksums */
	struct proof proof; /* down */
	str etag; /* down, copy: of what is on its way; absent: it is not known */
	struct new_file file; /* down */
	int64_t mtime; /* down: what it gets, ms */
	int64_t size; /* down, by ranges: of all of it */
};

/* Of all workers together. */
struct counts {
	_Atomic int64_t bytes; /* over the wire */
	_Atomic int64_t unverified, kept; /* as in struct totals */
};

struct worker {
	struct transfer *transfer; /* NULL: of a stream */
	const struct transfer_setup *setup;
	struct counts *counts;
	pthread_t thread;
	struct arena arena; /* of one step */
	struct client client; /* in that arena */
	struct arena_mark mark;
	char *buffer; /* of the thread, grown as it is needed */
	size_t room;
};

/* How one way is gone. */
struct way_work {
	/* Does all of it, or lays it out in parts (plan.n is set then). */
	bool (*begin)(struct worker *w, struct task *t);
	bool (*part)(struct worker *w, struct task *t, int64_t i);
	/* All parts are there. */
	bool (*end)(struct worker *w, struct task *t);
	/* In the end, good or bad: closes and takes away what is left. */
	void (*drop)(struct worker *w, struct task *t);
};
extern const struct way_work up_work, down_work, copy_work;

/* Half a sentence about why; only the first is kept. Returns false. */
bool task_fail(struct worker *w, struct task *t, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The call failed; flow may be NULL. */
bool task_refused(struct worker *w, struct task *t, const struct flow *flow, const struct answer *a);
/* Room for at least n bytes in w->buffer; what is in it stays. */
char *worker_room(struct worker *w, size_t n);
void worker_init(struct worker *w, const struct transfer_setup *setup);
void worker_finish(struct worker *w);

/* An input with Bucket and Key. */
struct val *object_input(struct client *c, const char *op, const struct spot *spot);
/* All that the setup says of a new object of that name. */
void put_properties(struct worker *w, struct val *in, str name);
/* Those alone that a copy takes over from its original, unless one is said; and those that it never does. */
extern const char *const copied_properties[];
bool says_copied_property(const struct transfer_setup *s);
void put_own_properties(struct worker *w, struct val *in);
/* What a file of this name probably holds: "image/png"; absent if there is no telling. */
str type_of_name(str name);

/* What S3 calls it; false: that is longer than any ETag. */
bool piece_tag(struct piece *p, str etag);

/* Uploads by parts, for files, streams and copies. sums false: without checksums of ours. */
bool upload_create(struct worker *w, struct task *t, struct val *in, bool sums);
bool upload_complete(struct worker *w, struct task *t);
void upload_abort(struct worker *w, struct task *t);
/* An upload of the same key that was left behind: true, and its good pieces are marked as done. */
bool upload_find(struct worker *w, struct task *t);

/* down: all of the object t->item.from to a descriptor, in its order. */
bool fetch_to(struct worker *w, struct task *t, int fd);

/* A body that goes up: of memory or of a file's range. */
struct source {
	struct flow flow;
	_Atomic int64_t *counter;
	int fd;
	int64_t at, n;
	const char *memory; /* NULL: of the file */
	const struct stat *as; /* of a file: how it must still be when its last byte is given */
	int64_t sent;
	struct digest_value sum;
};
/* Reads it once for its checksums. 0 or -errno; -EIO: it is shorter than it was. */
int source_open(struct source *s, struct worker *w);
/* Is this ETag its MD5? */
bool source_has_md5(const struct source *s, struct worker *w, str etag);
/* Has nobody written to it since? */
bool stat_is_as(const struct stat *now, const struct stat *as);
bool file_is_as(int fd, const struct stat *as);

/* Puts bytes, or a source, into an object or a part; checks what S3 says it has got. */
struct sending {
	const char *op; /* PutObject or UploadPart */
	struct val *in;
	struct source *source;
	bool sums;
};
bool send_source(struct worker *w, struct task *t, const struct sending *s, struct piece *out);
