#include "core/store_inside.h"

#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>

enum { RESERVE_HELD, RESERVE_IN_USE, RESERVE_OUT };

static bool make(struct store *s) {
	if (fallocate(s->reserve_fd, 0, 0, RESERVE_SIZE) == 0) {
		return true;
	}
	int rc = store_errno();
	if (rc != -ENOSPC) {
		close_fd(&s->reserve_fd); /* this file system has no such thing: it does without */
		return true;
	}
	if (ftruncate(s->reserve_fd, 0) < 0) {
		log_warn("the reserve of the data folder cannot be given up: %s", strerrordesc_np(errno));
	}
	return false;
}

void reserve_open(struct store *s) {
	s->reserve_fd = openat(s->dir_fd, "reserve", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (s->reserve_fd >= 0 && !make(s)) {
		log_warn("the disk is full: what takes room is refused, and what makes room is done if it can be");
		atomic_store(&s->reserve, RESERVE_OUT);
	}
}

int reserve_ready(struct store *s) {
	if (atomic_load(&s->reserve) == RESERVE_HELD) {
		return 0;
	}
	AUTO_LOCK(&s->reserve_lock);
	if (atomic_load(&s->reserve) == RESERVE_OUT && make(s)) {
		atomic_store(&s->reserve, RESERVE_HELD);
		log_info("there is room on the disk again");
	}
	return atomic_load(&s->reserve) == RESERVE_HELD ? 0 : -ENOSPC;
}

bool reserve_missing(struct store *s) {
	return atomic_load(&s->reserve) != RESERVE_HELD;
}

bool reserve_use(struct store *s) {
	AUTO_LOCK(&s->reserve_lock);
	if (atomic_load(&s->reserve) != RESERVE_HELD || s->reserve_fd < 0 || ftruncate(s->reserve_fd, 0) < 0) {
		return false;
	}
	atomic_store(&s->reserve, RESERVE_IN_USE);
	log_warn("the disk is full: the reserve is given up for what makes room");
	return true;
}

void reserve_used(struct store *s) {
	atomic_store(&s->reserve, RESERVE_OUT);
}
