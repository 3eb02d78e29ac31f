/* The record's file: a head, then the slots, each where it is in memory. Only a flush writes, and only what is new. */
#include "base/digest.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "core/decision_inside.h"

#include <errno.h>
#include <fcntl.h>

enum { HEAD_SIZE = SLOT_SIZE, SOME = 64 };

static struct {
	pthread_mutex_t mutex;
	int fd;
	uint64_t written; /* the last number that the file has */
	bool failing; /* said already */
} file = { .mutex = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static void make_head(char head[HEAD_SIZE]) {
	memset(head, 0, HEAD_SIZE);
	snprintf(head, HEAD_SIZE, "aerostat decisions 1 %d %d\n", SLOT_SIZE, DECISIONS_KEPT);
}

static uint32_t crc_of(const struct slot *s) {
	struct slot copy = *s;
	copy.crc = 0;
	struct digest_value v = digest_of(DIGEST_CRC32C, (str){ (const char *)&copy, sizeof(copy) });
	return (uint32_t)crc_value(&v);
}

static bool is_whole(const struct slot *s) {
	return s->crc == crc_of(s);
}

/* --- taking up --- */

static bool has_our_head(int fd) {
	char head[HEAD_SIZE], ours[HEAD_SIZE];
	make_head(ours);
	return pread_all(fd, head, sizeof(head), 0) == 0 && memcmp(head, ours, sizeof(head)) == 0;
}

/* How many slots were torn; an empty one is none. */
static size_t take_slots(int fd) {
	AUTO_ARENA a = { 0 };
	size_t torn = 0;
	struct slot *s = NEW(&a, struct slot);
	for (int i = 0; i < DECISIONS_KEPT && pread_all(fd, s, sizeof(*s), HEAD_SIZE + (off_t)i * SLOT_SIZE) == 0;
	     i++) {
		bool right = s->number && (s->number - 1) % DECISIONS_KEPT == (uint64_t)i && is_whole(s);
		torn += s->number && !right;
		if (right) {
			slot_put(s);
			file.written = file.written > s->number ? file.written : s->number;
		}
	}
	return torn;
}

void decision_open(const char *path) {
	char head[HEAD_SIZE];
	AUTO_LOCK(&file.mutex);
	file.written = 0;
	file.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file.fd < 0) {
		log_warn("the record of decisions is kept in memory alone: %s: %s", path, strerror(errno));
		return;
	}
	if (has_our_head(file.fd)) {
		size_t torn = take_slots(file.fd);
		if (torn) {
			log_warn("%s: torn and left out: %zu decisions", path, torn);
		}
		return;
	}
	if (lseek(file.fd, 0, SEEK_END) > 0) {
		log_warn("%s is no record of decisions that this program reads; it starts anew", path);
	}
	make_head(head);
	if (ftruncate(file.fd, 0) < 0 || pwrite_all(file.fd, head, sizeof(head), 0)) {
		close_fd(&file.fd);
	}
}

/* --- writing --- */

/* Slots that lie side by side in the file; one that was overtaken holds a newer decision of the same place. */
static int write_run(struct slot *slots, size_t n, uint64_t from) {
	for (size_t i = 0; i < n; i++) {
		slots[i].crc = crc_of(&slots[i]);
	}
	off_t at = HEAD_SIZE + (off_t)((from - 1) % DECISIONS_KEPT) * SLOT_SIZE;
	return pwrite_all(file.fd, slots, n * sizeof(*slots), at);
}

/* From a number up to the end of the run that it is in. */
static size_t run_length(uint64_t from) {
	size_t left = (size_t)(DECISIONS_KEPT - (from - 1) % DECISIONS_KEPT);
	return left < SOME ? left : SOME;
}

static int write_new(struct slot *some) {
	uint64_t newest;
	slots_copy(some, 0, 1, &newest);
	if (newest > file.written + DECISIONS_KEPT) {
		file.written = newest - DECISIONS_KEPT;
	}
	for (uint64_t last = newest; file.written < last;) {
		uint64_t from = file.written + 1;
		size_t n = slots_copy(some, run_length(from), from, &newest);
		int rc = write_run(some, n, from);
		if (rc) {
			return rc;
		}
		file.written += n;
	}
	return 0;
}

void decision_flush(void) {
	AUTO_ARENA a = { 0 };
	AUTO_LOCK(&file.mutex);
	int rc = file.fd < 0 ? 0 : write_new(NEWS(&a, struct slot, SOME));
	if (rc && !file.failing) {
		log_warn("the record of decisions cannot be written now: %s", strerror(-rc));
	}
	file.failing = rc != 0;
}

void decision_close(void) {
	decision_flush();
	AUTO_LOCK(&file.mutex);
	close_fd(&file.fd);
}
