#include "core/call.h"

#include "base/log.h"
#include "core/cloud.h"

#include <errno.h>
#include <stdarg.h>

static const struct fault internal_failure = { "InternalFailure", 500 };
static const struct fault internal_error = { "InternalError", 500 };
static const struct fault no_room = { "InsufficientStorage", 507 };

bool fail(struct call *c, const struct fault *f, const char *fmt, ...) {
	char text[4096];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t size = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	c->refusal.fault = f;
	c->refusal.message = str_dup(c->arena, (str){ text, size });
	return false;
}

void fail_detail(struct call *c, const char *name, str value) {
	refusal_detail(c->arena, &c->refusal, name, value);
}

bool fail_errno(struct call *c, int rc) {
	bool s3 = c->proto == P_RESTXML;
	if (rc == -ENOSPC || rc == -EDQUOT) {
		return fail(c, &no_room, "The disk under Aerostat's data folder is full. Nothing was changed.");
	}
	log_error("%s %s: %s", c->op ? c->op->name : "request", c->request_id.p, strerror(-rc));
	return fail(c, s3 ? &internal_error : &internal_failure, "We encountered an internal error. Please try again.");
}

static void give_back(void *p) {
	call_db_done(p);
}

struct db *call_db(struct call *c) {
	if (!c->reader) {
		c->reader = store_reader(c->cloud->store);
		arena_defer(c->arena, give_back, c);
	}
	return c->reader;
}

void call_db_done(struct call *c) {
	if (c->reader) {
		c->read_error = c->read_error ? c->read_error : db_error(c->reader);
		store_reader_done(c->cloud->store, c->reader);
		c->reader = NULL;
	}
}

bool call_write(struct call *c, int (*run)(struct db *db, void *arg), void *arg, struct blob_writer *blob) {
	struct work w = { .run = run, .arg = arg, .blobs = blob ? &blob : NULL, .n_blobs = blob ? 1 : 0 };
	call_db_done(c);
	if (c->read_error) {
		return fail_errno(c, c->read_error);
	}
	int rc = store_write(c->cloud->store, &w);
	if (rc == 0) {
		return true;
	}
	return c->refusal.fault ? false : fail_errno(c, rc < 0 ? rc : -EIO);
}
