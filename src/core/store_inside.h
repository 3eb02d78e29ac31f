/* The parts of the store, for its own files only.
 *
 *   store.c    opening, readers, small values      segment.c  the log of small bodies
 *   commit.c   the committer and its batches       compact.c  segments that are mostly dead
 *   blob.c     bodies on their way in and out      sweep.c    the keeper: what a crash left, what may go, checkpoints
 *   reserve.c  room for what makes room            fsck.c     bodies against rows
 *
 * What a snapshot names stays until the snapshot goes: a file is removed when no reader is older than the commit that
 * forgot it. Epochs count commits.
 * Threads: the committer alone writes to the database and to segments; the keeper alone removes files of the store (a
 * writer that gives up removes its own). Of the locks here none is taken while another is held, but ids_lock, under
 * which a work may be waited for. */
#pragma once

#include "base/digest.h"
#include "core/store.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum {
	STORE_VERSION = 2, /* PRAGMA user_version */
	BODY_DIRS = 64,
	SEGMENT_SIZE = 64 << 20, /* a segment that has reached this is closed */
	SEGMENT_HEAD = 24, /* bytes before each entry's data */
	SEGMENT_FDS = 64,
	NAME_ROOM = 32,
	RESERVE_SIZE = 2 << 20,
};

/* A connection, and what its snapshot may see. */
struct conn {
	struct store *store;
	struct db *db;
	int64_t epoch; /* when it was handed out */
	bool out;
	bool begun; /* a transaction is open; while idle too, so that the snapshot can be used again */
	struct conn *next, *next_idle;
};

enum blob_state {
	BLOB_OPEN,
	BLOB_WHOLE, /* finished */
	BLOB_KEPT, /* a transaction that is on disk names it */
	BLOB_UNSURE, /* a transaction that failed late names it: it may be found after a crash */
};

struct blob_writer {
	struct store *store;
	int64_t id, size;
	int error;
	enum blob_state state;
	struct digest crc;
	uint32_t sum; /* once it is whole */
	int fd; /* of a large one while it is open */
	bool large;
	struct buf bytes; /* a small body, or what is not yet written of a large one */
	int64_t written, started; /* to the file; of that, what writeback was started for */
	int64_t allocated; /* room in the file that was asked for ahead */
	int64_t seg, off; /* where the committer put it */
	int64_t from_seg, from_off; /* of an entry that is moved by compaction; 0 else */
	bool placed; /* the work in progress has its row */
	struct blob_writer *next, **prev; /* the large ones */
};

struct job {
	struct work *work;
	int rc;
	sem_t done;
	struct job *next;
};

/* A file that nothing names any more. */
struct removal {
	int64_t id; /* of a body, or of a segment */
	bool segment;
	int64_t epoch; /* no snapshot from before this sees it */
	struct removal *next;
};

struct segment_fd {
	int64_t id; /* 0: none */
	_Atomic int64_t used;
	int fd;
};

struct store {
	str dir;
	int lock_fd, dir_fd, segments_fd;
	int bodies_fds[BODY_DIRS];
	const struct store_table *tables;
	pthread_t committer, keeper;
	_Atomic int64_t works, batches;

	pthread_mutex_t queue_lock;
	pthread_cond_t queue_filled;
	struct job *first, **last;
	bool stopping;

	pthread_mutex_t ids_lock;
	int64_t next_id, last_id; /* up to last_id they may be given out */
	int64_t first_id; /* of this run: files below it may be leftovers */

	pthread_mutex_t conns_lock;
	struct conn *conns, *idle;
	int n_idle;
	_Atomic int64_t epoch;

	/* The committer's alone. */
	struct conn writer;
	int segment_fd;
	int64_t segment, segment_end; /* 0: the next append begins a new one */
	int64_t segment_recorded; /* the end that its row has */
	int64_t segment_last; /* the highest number in use */
	bool segment_dirty; /* appended to since its last sync */
	struct removal *forgotten; /* by the transaction in progress, newest first */
	int64_t forgotten_bytes; /* of entries, since the keeper was told */
	int64_t checkpoint_at; /* pages */
	_Atomic int64_t current; /* segment, for the keeper */
	_Atomic bool segment_over; /* asks for a new one */

	pthread_rwlock_t fds_lock;
	struct segment_fd fds[SEGMENT_FDS];
	_Atomic int64_t fds_tick;

	pthread_mutex_t files_lock;
	struct blob_writer *writers;
	struct removal *removals;
	_Atomic int64_t n_removals;

	pthread_mutex_t reserve_lock;
	int reserve_fd; /* -1: there is none, and nobody misses it */
	_Atomic int reserve;

	pthread_mutex_t keeper_lock;
	pthread_cond_t keeper_woken, keeper_swept;
	bool wanted, compact_wanted, checkpoint_wanted, keeper_stopping, swept;
	struct db *keeper_db;
	int64_t *stuck; /* segments that compaction has given up on; the keeper's */
	size_t n_stuck;
};

/* errno as the store gives it: all that means "full" is -ENOSPC. */
int store_errno(void);
/* The least epoch that somebody may still see. */
int64_t store_oldest(struct store *s);
/* Ends the snapshots of readers that nobody has: they would keep the WAL from beginning anew. */
void store_idle_end(struct store *s);

int committer_start(struct store *s);
void committer_stop(struct store *s);

/* --- segments: results are 0 or -errno --- */
int segments_open(struct store *s); /* what to append to; those without a live entry go */
int segment_append(struct store *s, struct blob_writer **w, size_t n); /* all or nothing; sets seg and off */
int segment_sync(struct store *s);
void segment_rewind(struct store *s, int64_t end); /* nothing behind it is named by anyone */
void segment_abandon(struct store *s); /* after a failed sync: what comes next goes to a new one */
int segment_dup(struct store *s, int64_t id); /* an fd to read it by, the caller's to close */
/* Bytes of a segment into memory. */
struct segment_use {
	void *to;
	size_t n;
	off_t at;
};
int segment_read(struct store *s, int64_t id, const struct segment_use *use);
void segment_forget_fds(struct store *s, int64_t id); /* 0: of all */
void segment_name(char out[NAME_ROOM], int64_t id);

struct entry {
	int64_t id, size;
	uint32_t crc;
};
bool entry_read(const uint8_t head[SEGMENT_HEAD], struct entry *out);

/* --- bodies --- */
int ids_open(struct store *s);
void body_name(char out[NAME_ROOM], int64_t id);
int body_dir(const struct store *s, int64_t id);
int blob_place(struct db *db, struct blob_writer *w); /* in a work: makes or moves its row */
bool blob_in_hand(struct store *s, int64_t id); /* a file that is being written, or waits for its removal */
int bodies_each(struct store *s, void (*each)(void *arg, int64_t id), void *arg); /* the files there are */

/* --- the reserve: on a full disk it gives way to works without bodies (removals above all), and until there is room
 * for it again no body is taken --- */
void reserve_open(struct store *s);
int reserve_ready(struct store *s); /* may a body be written? Makes it again if there is room; 0 or -ENOSPC */
bool reserve_missing(struct store *s);
bool reserve_use(struct store *s); /* the committer gives it up; false if there is nothing to give */
void reserve_used(struct store *s); /* and it may be made again */

/* --- the keeper --- */
int keeper_start(struct store *s);
void keeper_stop(struct store *s);
void keeper_wake(struct store *s, bool compact, bool checkpoint);
void keeper_wait(struct store *s); /* until it has swept */
void removal_add(struct store *s, struct removal *list, int64_t epoch); /* takes the list */
void compact_all(struct store *s); /* in the keeper (tests: anywhere else when it rests) */
