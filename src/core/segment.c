#include "core/store_inside.h"

#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* An entry: magic, CRC-32C of the data, id, size, CRC-32C of the 20 bytes before; then the data. All little-endian. */
enum { MAGIC = 0x65426e41, VECTORS = 1024 };

void segment_name(char out[NAME_ROOM], int64_t id) {
	snprintf(out, NAME_ROOM, "%06lld.seg", (long long)id);
}

static uint32_t crc_of(const void *p, size_t n) {
	struct digest_value v = digest_of(DIGEST_CRC32C, (str){ p, n });
	return (uint32_t)crc_value(&v);
}

static void put32(uint8_t *p, uint32_t v) {
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static uint32_t get32(const uint8_t *p) {
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static void entry_write(uint8_t head[SEGMENT_HEAD], const struct blob_writer *w) {
	put32(head, MAGIC);
	put32(head + 4, w->sum);
	put32(head + 8, (uint32_t)(uint64_t)w->id);
	put32(head + 12, (uint32_t)((uint64_t)w->id >> 32));
	put32(head + 16, (uint32_t)w->size);
	put32(head + 20, crc_of(head, 20));
}

bool entry_read(const uint8_t head[SEGMENT_HEAD], struct entry *out) {
	out->crc = get32(head + 4);
	out->id = (int64_t)((uint64_t)get32(head + 8) | (uint64_t)get32(head + 12) << 32);
	out->size = get32(head + 16);
	return get32(head) == MAGIC && get32(head + 20) == crc_of(head, 20) && out->size <= BLOB_SMALL;
}

/* --- appending --- */

static int report(const char *what, int64_t segment, int rc) {
	if (full_worth_saying(rc)) {
		log_error("segment %lld: %s: %s", (long long)segment, what, strerror(-rc));
	}
	return rc;
}

static int create(struct store *s) {
	char name[NAME_ROOM];
	int64_t id = s->segment_last + 1;
	segment_name(name, id);
	int fd = openat(s->segments_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		return report("cannot be made", id, store_errno());
	}
	s->segment_last = id;
	if (fsync(s->segments_fd) < 0) {
		close(fd);
		return report("its directory cannot be synced", id, store_errno());
	}
	s->segment = id;
	s->segment_fd = fd;
	s->segment_end = s->segment_recorded = 0;
	atomic_store(&s->current, id);
	return 0;
}

void segment_abandon(struct store *s) {
	close_fd(&s->segment_fd);
	s->segment = s->segment_end = s->segment_recorded = 0;
	s->segment_dirty = false;
	atomic_store(&s->current, 0);
}

/* The end of an old one, beyond what its row counts, was never acknowledged. */
static int reopen(struct store *s) {
	char name[NAME_ROOM];
	struct stat st;
	segment_name(name, s->segment);
	s->segment_fd = openat(s->segments_fd, name, O_RDWR | O_CLOEXEC);
	if (s->segment_fd < 0 || fstat(s->segment_fd, &st) < 0 || st.st_size < s->segment_end ||
	    ftruncate(s->segment_fd, s->segment_end) < 0) {
		segment_abandon(s);
		return create(s);
	}
	return 0;
}

static int ready(struct store *s) {
	if (s->segment_end >= SEGMENT_SIZE || atomic_exchange(&s->segment_over, false)) {
		segment_abandon(s);
	}
	if (!s->segment) {
		return create(s);
	}
	return s->segment_fd < 0 ? reopen(s) : 0;
}

static int write_vectors(int fd, struct iovec *v, size_t n, int64_t at) {
	while (n) {
		ssize_t done = pwritev(fd, v, (int)(n < VECTORS ? n : VECTORS), at);
		if (done < 0 && errno != EINTR) {
			return store_errno();
		}
		at += done > 0 ? done : 0;
		for (; n && done >= (ssize_t)v->iov_len; v++, n--) {
			done -= (ssize_t)v->iov_len;
		}
		if (n && done > 0) {
			v->iov_base = (char *)v->iov_base + done;
			v->iov_len -= (size_t)done;
		}
	}
	return 0;
}

int segment_append(struct store *s, struct blob_writer **w, size_t n) {
	AUTO_ARENA a = { 0 };
	struct iovec *v = NEWS(&a, struct iovec, 2 * n);
	uint8_t *heads = arena_alloc(&a, n * SEGMENT_HEAD);
	int rc = ready(s);
	int64_t at = s->segment_end;
	if (rc) {
		return rc;
	}
	for (size_t i = 0; i < n; i++) {
		entry_write(heads + i * SEGMENT_HEAD, w[i]);
		v[2 * i] = (struct iovec){ heads + i * SEGMENT_HEAD, SEGMENT_HEAD };
		v[2 * i + 1] = (struct iovec){ w[i]->bytes.p, w[i]->bytes.n };
		w[i]->seg = s->segment;
		w[i]->off = at + SEGMENT_HEAD;
		at += SEGMENT_HEAD + w[i]->size;
	}
	rc = write_vectors(s->segment_fd, v, 2 * n, s->segment_end);
	if (rc) {
		report("cannot be appended to", s->segment, rc);
		segment_rewind(s, s->segment_end);
		return rc;
	}
	/* The disk begins now, while the works run; the sync waits for the rest. */
	sync_file_range(s->segment_fd, s->segment_end, at - s->segment_end, SYNC_FILE_RANGE_WRITE);
	s->segment_end = at;
	s->segment_dirty = true;
	return 0;
}

int segment_sync(struct store *s) {
	if (s->segment_dirty && fdatasync(s->segment_fd) < 0) {
		int rc = report("cannot be synced", s->segment, store_errno());
		segment_abandon(s);
		return rc;
	}
	s->segment_dirty = false;
	return 0;
}

void segment_rewind(struct store *s, int64_t end) {
	s->segment_end = end;
	if (ftruncate(s->segment_fd, end) < 0) {
		segment_abandon(s);
	}
}

/* --- reading --- */

static struct segment_fd *find_fd(struct store *s, int64_t id) {
	for (size_t i = 0; i < SEGMENT_FDS; i++) {
		if (s->fds[i].id == id) {
			return &s->fds[i];
		}
	}
	return NULL;
}

/* With fds_lock held for writing: the file is open now, in place of the one whose use is longest ago. */
static struct segment_fd *open_fd(struct store *s, int64_t id) {
	char name[NAME_ROOM];
	struct segment_fd *oldest = &s->fds[0];
	for (size_t i = 1; i < SEGMENT_FDS; i++) {
		if (atomic_load(&s->fds[i].used) < atomic_load(&oldest->used)) {
			oldest = &s->fds[i];
		}
	}
	segment_name(name, id);
	int fd = openat(s->segments_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return NULL;
	}
	if (oldest->id) {
		close(oldest->fd);
	}
	oldest->id = id;
	oldest->fd = fd;
	return oldest;
}

static int use_fd(struct store *s, struct segment_fd *f, const struct segment_use *use) {
	atomic_store(&f->used, atomic_fetch_add(&s->fds_tick, 1) + 1);
	if (use->to) {
		return pread_all(f->fd, use->to, use->n, use->at);
	}
	int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

/* Many read at a time; only who opens a file keeps the others out. */
static int with_fd(struct store *s, int64_t id, const struct segment_use *use) {
	pthread_rwlock_rdlock(&s->fds_lock);
	struct segment_fd *f = find_fd(s, id);
	int rc = f ? use_fd(s, f, use) : 0;
	pthread_rwlock_unlock(&s->fds_lock);
	if (f) {
		return rc;
	}
	pthread_rwlock_wrlock(&s->fds_lock);
	f = find_fd(s, id);
	f = f ? f : open_fd(s, id);
	rc = f ? use_fd(s, f, use) : -errno;
	pthread_rwlock_unlock(&s->fds_lock);
	return rc;
}

int segment_dup(struct store *s, int64_t id) {
	return with_fd(s, id, &(struct segment_use){ 0 });
}

int segment_read(struct store *s, int64_t id, const struct segment_use *use) {
	return with_fd(s, id, use);
}

void segment_forget_fds(struct store *s, int64_t id) {
	pthread_rwlock_wrlock(&s->fds_lock);
	for (size_t i = 0; i < SEGMENT_FDS; i++) {
		if (s->fds[i].id && (!id || s->fds[i].id == id)) {
			close(s->fds[i].fd);
			s->fds[i].id = 0;
		}
	}
	pthread_rwlock_unlock(&s->fds_lock);
}

/* --- at start --- */

static bool is_segment(const char *name, int64_t *id) {
	str s = str_from(name);
	return str_ends(s, S(".seg")) && str_uint((str){ s.p, s.n - 4 }, id) && *id > 0;
}

static bool listed(struct db *db, int64_t id) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM segment WHERE id = ?", "i", id);
	return query_step(q);
}

/* Files without a row go: made and never committed to, or unlisted and not yet removed. */
static int sweep_files(struct store *s) {
	int fd = openat(s->dir_fd, "segments", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int64_t id;
	if (!d) {
		return -errno;
	}
	while ((e = readdir(d))) {
		if (is_segment(e->d_name, &id) && !listed(s->writer.db, id)) {
			s->segment_last = id > s->segment_last ? id : s->segment_last;
			unlinkat(s->segments_fd, e->d_name, 0);
		}
	}
	closedir(d);
	return db_error(s->writer.db);
}

int segments_open(struct store *s) {
	struct db *db = s->writer.db;
	AUTO_QUERY q = db_query(db, "SELECT id, size FROM segment WHERE id > 0 ORDER BY id DESC LIMIT 1", "");
	if (query_step(q)) {
		s->segment = s->segment_last = query_int(q, 0);
		s->segment_end = s->segment_recorded = query_int(q, 1);
		atomic_store(&s->current, s->segment);
	}
	query_done(q);
	if (s->segment_end >= SEGMENT_SIZE) {
		segment_abandon(s);
	}
	db_run(db, "DELETE FROM segment WHERE n = 0 AND id > 0 AND id != ?", "i", s->segment);
	return db_error(db) ? db_error(db) : sweep_files(s);
}
