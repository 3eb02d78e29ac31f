#include "base/fd.h"
#include "transfer/task.h"

#include <errno.h>
#include <fcntl.h>

/* Files up to here are read once, into memory, and go out in one piece with their head. */
enum { SMALL = 1024 * 1024 };

struct val *object_input(struct client *c, const char *op, const struct spot *spot) {
	struct val *in = client_input(c, "s3", op);
	set_str(c->arena, in, "Bucket", spot->bucket);
	set_str(c->arena, in, "Key", spot->key);
	return in;
}

const char *const copied_properties[] = { "CacheControl",    "ContentDisposition", "ContentEncoding",
					  "ContentLanguage", "ContentType",        NULL };

static bool is_copied(const struct property *p) {
	for (const char *const *m = copied_properties; *m; m++) {
		if (strcmp(*m, p->member) == 0) {
			return true;
		}
	}
	return false;
}

bool says_copied_property(const struct transfer_setup *s) {
	bool says = s->n_metadata > 0;
	for (size_t i = 0; i < s->n_properties; i++) {
		says = says || (s->properties[i].value.n && is_copied(&s->properties[i]));
	}
	return says;
}

static void put_those(struct worker *w, struct val *in, bool copied) {
	for (size_t i = 0; i < w->setup->n_properties; i++) {
		const struct property *p = &w->setup->properties[i];
		if (p->value.n && is_copied(p) == copied) {
			set_str(&w->arena, in, p->member, p->value);
		}
	}
}

void put_own_properties(struct worker *w, struct val *in) {
	put_those(w, in, false);
}

void put_properties(struct worker *w, struct val *in, str name) {
	const struct transfer_setup *s = w->setup;
	struct arena *a = &w->arena;
	set_str(a, in, "ContentType", type_of_name(name));
	put_those(w, in, true);
	put_own_properties(w, in);
	struct val *metadata = s->n_metadata ? set(a, in, "Metadata") : NULL;
	for (size_t i = 0; i < s->n_metadata; i++) {
		add_key(a, metadata, s->metadata[i].name)->s = s->metadata[i].value;
	}
}

static bool open_file(struct worker *w, struct task *t) {
	const char *path = str_z(&w->arena, t->item.from.path);
	t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0 || fstat(t->fd, &t->st) < 0) {
		return task_fail(w, t, "it cannot be read: %s", strerror(errno));
	}
	return S_ISREG(t->st.st_mode) || task_fail(w, t, "it is no file");
}

/* To the end of the file, wherever that is by now; -EFBIG when it has grown to more than n. */
static ssize_t read_small(int fd, char *to, size_t n) {
	size_t at = 0;
	for (;;) {
		ssize_t got = read(fd, to + at, n + 1 - at);
		if (got == 0) {
			return (ssize_t)at;
		}
		if (got < 0 && errno != EINTR) {
			return -errno;
		}
		at += got > 0 ? (size_t)got : 0;
		if (at > n) {
			return -EFBIG;
		}
	}
}

static bool unreadable(struct worker *w, struct task *t, int rc) {
	return rc == -EIO || rc == -EFBIG ? task_fail(w, t, "it changed on its way")
					  : task_fail(w, t, "it cannot be read: %s", strerror(-rc));
}

static bool send_whole(struct worker *w, struct task *t, struct source *source) {
	struct piece piece;
	struct val *in = object_input(&w->client, "PutObject", &t->item.to);
	put_properties(w, in, t->item.to.key);
	int rc = source_open(source, w);
	if (rc) {
		return unreadable(w, t, rc);
	}
	struct sending sending = { "PutObject", in, source, true };
	return send_source(w, t, &sending, &piece);
}

static bool send_small(struct worker *w, struct task *t) {
	char *memory = worker_room(w, SMALL + 1);
	ssize_t n = read_small(t->fd, memory, SMALL);
	if (n < 0 || !file_is_as(t->fd, &t->st)) {
		return unreadable(w, t, n < 0 ? (int)n : -EIO);
	}
	struct source source = { .memory = memory, .n = n };
	return send_whole(w, t, &source);
}

static bool begin(struct worker *w, struct task *t) {
	int64_t part = w->setup->part_size ? w->setup->part_size : PART_SIZE;
	if (!open_file(w, t)) {
		return false;
	}
	if (!plan_make(t->st.st_size, part, &t->plan)) {
		return task_fail(w, t, "it is larger than an object can be");
	}
	if (t->st.st_size <= SMALL && !t->plan.n) {
		return send_small(w, t);
	}
	if (!t->plan.n) {
		struct source source = { .fd = t->fd, .n = t->st.st_size, .as = &t->st };
		return send_whole(w, t, &source);
	}
	if (w->setup->keep && upload_find(w, t)) {
		return true;
	}
	struct val *in = object_input(&w->client, "CreateMultipartUpload", &t->item.to);
	put_properties(w, in, t->item.to.key);
	return upload_create(w, t, in, true);
}

static bool part(struct worker *w, struct task *t, int64_t i) {
	struct source source = { .fd = t->fd, .n = plan_length(&t->plan, i), .as = &t->st };
	source.at = plan_at(&t->plan, i);
	struct val *in = object_input(&w->client, "UploadPart", &t->item.to);
	set_str(&w->arena, in, "UploadId", t->upload);
	set_int(&w->arena, in, "PartNumber", i + 1);
	int rc = source_open(&source, w);
	if (rc) {
		return unreadable(w, t, rc);
	}
	struct sending sending = { "UploadPart", in, &source, t->sums };
	return send_source(w, t, &sending, &t->pieces[i]);
}

static bool end(struct worker *w, struct task *t) {
	return file_is_as(t->fd, &t->st) ? upload_complete(w, t) : task_fail(w, t, "it changed on its way");
}

static void drop(struct worker *w, struct task *t) {
	upload_abort(w, t);
	close_fd(&t->fd);
	t->fd = -1;
}

const struct way_work up_work = { begin, part, end, drop };
