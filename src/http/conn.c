#include "http/conn.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/lock.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

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
	close(c->fd);
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
		c->head_since = c->head_since ? c->head_since : now;
		shrink(c);
		deadline = c->head_since + s->config.head_ms * (int64_t)1000;
	} else {
		heap_free(c->in);
		c->in = NULL;
		c->at = c->n = c->cap = 0;
		deadline = now + s->config.idle_ms * (int64_t)1000;
	}
	hand_back(s, c, CONN_PARKED, deadline);
}

void conn_drop(struct server *s, struct conn *c) {
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

/* After a call that sent nothing: 0 if it is worth another try. */
static int try_again(const struct hold *h) {
	if (errno == EINTR) {
		return 0;
	}
	return errno == EAGAIN ? conn_wait(h->conn, POLLOUT, h->worker->server->config.body_stall_ms) : -errno;
}

int conn_send(struct hold *h, struct iovec *iov, size_t n, int flags) {
	while (n) {
		struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };
		ssize_t sent = sendmsg(h->conn->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
		int rc = sent < 0 ? try_again(h) : 0;
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

int conn_send_file(struct hold *h, const struct piece *piece) {
	off_t at = piece->at;
	int64_t end = piece->at + piece->n;
	while (at < end) {
		int64_t left = end - at;
		ssize_t sent = sendfile(h->conn->fd, piece->fd, &at, left < 1 << 30 ? (size_t)left : 1 << 30);
		int rc = sent < 0 ? try_again(h) : sent == 0 ? -EIO : 0;
		if (rc) {
			return rc;
		}
	}
	return 0;
}
