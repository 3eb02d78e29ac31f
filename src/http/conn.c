#include "http/conn.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/lock.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

enum {
	RECORD_SIZE = 16 * 1024, /* of TLS, at most */
	FILE_STEP = 64 * 1024,
	CROWDED_MS = 5000, /* for who keeps a worker waiting while requests queue for one */
};

void server_wake(struct server *s) {
	uint64_t one = 1;
	if (write(s->wake_fd, &one, sizeof(one)) < 0) {
		return; /* the counter is full: it wakes all the same */
	}
}

struct conn *conn_create(struct server *s, int fd, const char *peer) {
	struct conn *c = heap_alloc(sizeof(*c));
	c->kind = WATCHED_CONN;
	c->fd = fd;
	c->fresh = true;
	memcpy(c->peer, peer, strnlen(peer, sizeof(c->peer) - 1));
	AUTO_LOCK(&s->mutex);
	TAILQ_INSERT_TAIL(&s->conns, c, all);
	s->n_conns++;
	return c;
}

/* Out of epoll by hand: a child between fork and exec may hold a copy of the descriptor, and closing ours would not
 * do. */
void conn_close_locked(struct server *s, struct conn *c) {
	TAILQ_REMOVE(&s->conns, c, all);
	s->n_conns--;
	if (c->armed) {
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	}
	if (c->tls) {
		tls_finish(c->tls);
		tls_free(c->tls);
	}
	close(c->fd);
	heap_free(c->host);
	heap_free(c->in);
	heap_free(c);
}

void conn_close(struct server *s, struct conn *c) {
	AUTO_LOCK(&s->mutex);
	conn_close_locked(s, c);
}

void server_arm(struct server *s, struct conn *c) {
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = c };
	if (c->deadline < s->due) {
		s->due = c->deadline;
		server_wake(s);
	}
	if (epoll_ctl(s->epoll, c->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e) < 0) {
		conn_close_locked(s, c);
		return;
	}
	c->armed = true;
}

static void hand_back(struct server *s, struct conn *c, enum conn_state state, int64_t deadline) {
	AUTO_LOCK(&s->mutex);
	if (s->stopping && state == CONN_PARKED) {
		conn_close_locked(s, c);
		return;
	}
	c->state = state;
	c->deadline = deadline;
	server_arm(s, c);
}

/* While it waits, an unfinished head takes no more memory than it has bytes. */
static void shrink(struct conn *c) {
	c->n -= c->at;
	memmove(c->in, c->in + c->at, c->n);
	c->at = 0;
	c->cap = c->n;
	c->in = heap_grow(c->in, c->cap);
}

void conn_park(struct server *s, struct conn *c) {
	int64_t now = clock_monotonic(), deadline;
	if (c->n > c->at) {
		shrink(c);
	} else {
		heap_free(c->in);
		c->in = NULL;
		c->at = c->n = c->cap = 0;
	}
	if (conn_unfinished(c)) {
		c->head_since = c->head_since ? c->head_since : now;
		deadline = c->head_since + s->config.head_ms * (int64_t)1000;
	} else {
		c->head_since = 0;
		deadline = now + s->config.idle_ms * (int64_t)1000;
	}
	hand_back(s, c, CONN_PARKED, deadline);
}

void conn_drop(struct server *s, struct conn *c) {
	if (c->tls) {
		tls_finish(c->tls);
	}
	if (shutdown(c->fd, SHUT_WR) < 0) {
		conn_close(s, c);
		return;
	}
	hand_back(s, c, CONN_DROPPING, clock_monotonic() + DROP_MS * (int64_t)1000);
}

void conn_end(struct server *s, struct conn *c) {
	char byte;
	if (c->n == c->at && recv(c->fd, &byte, 1, MSG_DONTWAIT) <= 0) {
		conn_close(s, c);
	} else {
		conn_drop(s, c);
	}
}

void conn_keep(struct conn *c, const char *p, size_t n) {
	if (n > c->cap) {
		heap_free(c->in);
		c->cap = n;
		c->in = heap_alloc(n);
	}
	memcpy(c->in, p, n);
	c->at = 0;
	c->n = n;
}

void conn_room(struct conn *c) {
	if (c->at) {
		memmove(c->in, c->in + c->at, c->n - c->at);
		c->n -= c->at;
		c->at = 0;
	}
	if (c->n == c->cap && c->cap < HEAD_MAX) {
		c->cap = c->n < IN_SIZE ? IN_SIZE : HEAD_MAX;
		c->in = heap_grow(c->in, c->cap);
	}
}

int conn_wait(const struct conn *c, short events, int ms) {
	struct pollfd p = { c->fd, events, 0 };
	int rc;
	do {
		rc = poll(&p, 1, ms);
	} while (rc < 0 && errno == EINTR);
	return rc > 0 ? 0 : rc == 0 ? -ETIMEDOUT : -errno;
}

int conn_wait_stalled(const struct hold *h, short events) {
	const struct server *s = h->worker->server;
	int left = s->config.body_stall_ms, rc;
	do {
		int ms = left < CROWDED_MS ? left : CROWDED_MS;
		rc = conn_wait(h->conn, events, ms);
		left -= ms;
	} while (rc == -ETIMEDOUT && left > 0 && !s->n_ready);
	return rc;
}

ssize_t conn_receive(struct conn *c, const struct iovec *iov, int n) {
	ssize_t got;
	if (c->tls) {
		return tls_read(c->tls, iov->iov_base, iov->iov_len);
	}
	do {
		got = readv(c->fd, iov, n);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static int shake(struct conn *c) {
	if (!c->tls || !tls_unfinished(c->tls)) {
		return 0;
	}
	int rc = tls_shake(c->tls);
	c->head_since = rc ? c->head_since : 0;
	return rc;
}

/* True: it is TLS, and its first bytes have gone where they belong. */
static bool begins_tls(struct server *s, struct conn *c) {
	c->fresh = false;
	if (!s->config.tls || c->in[c->at] != TLS_FIRST_BYTE) {
		return false;
	}
	str early = { c->in + c->at, c->n - c->at };
	c->tls = tls_begin(s->config.tls, c->fd, early, str_from(c->host));
	c->at = c->n = 0;
	return true;
}

static ssize_t fill(struct conn *c) {
	int rc = shake(c);
	struct iovec room = { c->in + c->n, c->cap - c->n };
	ssize_t got = rc ? rc : conn_receive(c, &room, 1);
	c->n += got > 0 ? (size_t)got : 0;
	return got;
}

ssize_t conn_fill(struct server *s, struct conn *c) {
	bool here = c->fresh && c->n > c->at;
	ssize_t got = here ? (ssize_t)(c->n - c->at) : fill(c);
	return got > 0 && c->fresh && begins_tls(s, c) ? fill(c) : got;
}

bool conn_unfinished(const struct conn *c) {
	return c->n > c->at || (c->tls && tls_unfinished(c->tls));
}

/* After a call that sent nothing: 0 if it is worth another try. */
static int try_again(const struct hold *h, int error) {
	if (error == EINTR) {
		return 0;
	}
	return error == EAGAIN ? conn_wait_stalled(h, POLLOUT) : -error;
}

static int send_sealed(struct hold *h, const char *p, size_t n) {
	while (n) {
		ssize_t sent = tls_write(h->conn->tls, p, n);
		int rc = sent < 0 ? try_again(h, (int)-sent) : 0;
		if (rc) {
			return rc;
		}
		p += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

/* Pieces that fit one record go into one. */
static int send_all_sealed(struct hold *h, const struct iovec *iov, size_t n) {
	char record[RECORD_SIZE];
	size_t filled = 0;
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++) {
		size_t size = iov[i].iov_len;
		if (filled + size > RECORD_SIZE) {
			rc = send_sealed(h, record, filled);
			filled = 0;
		}
		if (rc || size > RECORD_SIZE) {
			rc = rc ? rc : send_sealed(h, iov[i].iov_base, size);
		} else if (size) {
			memcpy(record + filled, iov[i].iov_base, size);
			filled += size;
		}
	}
	return rc ? rc : send_sealed(h, record, filled);
}

int conn_send(struct hold *h, struct iovec *iov, size_t n, int flags) {
	if (h->conn->tls) {
		return send_all_sealed(h, iov, n);
	}
	while (n) {
		struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };
		ssize_t sent = sendmsg(h->conn->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
		int rc = sent < 0 ? try_again(h, errno) : 0;
		if (rc) {
			return rc;
		}
		size_t done = sent > 0 ? (size_t)sent : 0;
		for (; n && done >= iov->iov_len; iov++, n--) {
			done -= iov->iov_len;
		}
		if (n) {
			iov->iov_base = (char *)iov->iov_base + done;
			iov->iov_len -= done;
		}
	}
	return 0;
}

static int send_file_sealed(struct hold *h, const struct piece *piece) {
	struct arena_mark mark = arena_mark(h->x.arena);
	char *p = arena_raw(h->x.arena, FILE_STEP);
	int rc = 0;
	for (int64_t done = 0; done < piece->n && !rc;) {
		size_t n = piece->n - done < FILE_STEP ? (size_t)(piece->n - done) : FILE_STEP;
		rc = pread_all(piece->fd, p, n, piece->at + done);
		rc = rc ? rc : send_sealed(h, p, n);
		done += (int64_t)n;
	}
	arena_reset(h->x.arena, mark);
	return rc;
}

int conn_send_file(struct hold *h, const struct piece *piece) {
	if (h->conn->tls) {
		return send_file_sealed(h, piece);
	}
	off_t at = piece->at;
	int64_t end = piece->at + piece->n;
	while (at < end) {
		int64_t left = end - at;
		ssize_t sent = sendfile(h->conn->fd, piece->fd, &at, left < 1 << 30 ? (size_t)left : 1 << 30);
		int rc = sent < 0 ? try_again(h, errno) : sent == 0 ? -EIO : 0;
		if (rc) {
			return rc;
		}
	}
	return 0;
}
