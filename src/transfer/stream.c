#include "base/fd.h"
#include "transfer/task.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* How long a stream is, nobody knows, so its parts grow: 1,000 of each size come to 8 TiB. */
enum { PARTS_OF_A_SIZE = 1000, LOOK_MS = 200 };

static bool worked(struct task *t, struct stream *s, bool good, str *why) {
	if (!good) {
		*why = str_dup(s->client->arena, t->why);
	}
	return good;
}

/* Up to n bytes into w->buffer, fewer only at the end. */
static ssize_t fill(struct worker *w, int fd, size_t n) {
	char *to = worker_room(w, n);
	size_t at = 0;
	while (at < n) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		if (client_is_stopped(w->setup->client)) {
			return -EINTR;
		}
		if (poll(&ready, 1, LOOK_MS) <= 0) {
			continue;
		}
		ssize_t got = read(fd, to + at, n - at);
		if (got == 0) {
			break;
		}
		if (got < 0 && errno != EINTR) {
			return -errno;
		}
		at += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)at;
}

static bool send_bytes(struct worker *w, struct task *t, str bytes, struct piece *out) {
	struct source source = { .memory = bytes.p, .n = (int64_t)bytes.n };
	bool whole = !t->upload.n;
	struct val *in = object_input(&w->client, whole ? "PutObject" : "UploadPart", &t->item.to);
	if (whole) {
		put_properties(w, in, t->item.to.key);
	} else {
		set_str(&w->arena, in, "UploadId", t->upload);
		set_int(&w->arena, in, "PartNumber", out - t->pieces + 1);
	}
	source_open(&source, w);
	struct sending sending = { whole ? "PutObject" : "UploadPart", in, &source, whole || t->sums };
	return send_source(w, t, &sending, out);
}

static int64_t size_of_part(int64_t i) {
	return PART_SIZE << (i / PARTS_OF_A_SIZE);
}

/* The first part is in w->buffer; the others follow. */
static bool send_parts(struct worker *w, struct task *t, struct stream *s) {
	ssize_t n = PART_SIZE;
	for (int64_t i = 0; n > 0 && i < PARTS_MAX; i++) {
		if (!send_bytes(w, t, (str){ w->buffer, (size_t)n }, &t->pieces[i])) {
			return false;
		}
		t->plan.size += n;
		t->plan.n = i + 1;
		arena_reset(&w->arena, w->mark);
		size_t next = (size_t)size_of_part(i + 1);
		n = fill(w, s->fd, next);
		if (n < 0) {
			return task_fail(w, t, "standard input cannot be read: %s", strerror((int)-n));
		}
	}
	return n == 0 || task_fail(w, t, "it is larger than an object can be");
}

static bool send_all(struct worker *w, struct task *t, struct stream *s) {
	ssize_t n = fill(w, s->fd, PART_SIZE);
	struct piece piece;
	if (n < 0) {
		return task_fail(w, t, "standard input cannot be read: %s", strerror((int)-n));
	}
	if (n < PART_SIZE) {
		return send_bytes(w, t, (str){ w->buffer, (size_t)n }, &piece);
	}
	struct val *in = object_input(&w->client, "CreateMultipartUpload", &t->item.to);
	put_properties(w, in, t->item.to.key);
	t->plan.n = PARTS_MAX;
	if (!upload_create(w, t, in, true)) {
		return false;
	}
	t->plan.n = 0;
	return send_parts(w, t, s) && upload_complete(w, t);
}

bool stream_up(struct stream *s, const struct spot *to, str *why) {
	struct counts counts = { 0 };
	struct worker w = { .counts = &counts };
	struct task t = { .item = { .to = *to }, .fd = -1 };
	worker_init(&w, s->setup);
	bool good = send_all(&w, &t, s);
	upload_abort(&w, &t);
	good = worked(&t, s, good, why);
	worker_finish(&w);
	arena_free(&t.arena);
	return good;
}

bool stream_down(struct stream *s, const struct spot *from, str *why) {
	struct counts counts = { 0 };
	struct worker w = { .counts = &counts };
	struct task t = { .item = { .from = *from }, .fd = -1 };
	worker_init(&w, s->setup);
	bool good = fetch_to(&w, &t, s->fd);
	good = worked(&t, s, good, why);
	worker_finish(&w);
	arena_free(&t.arena);
	return good;
}
