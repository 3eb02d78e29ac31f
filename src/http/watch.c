#include "http/conn.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
	EVENTS = 64,
	ACCEPT_BATCH = 64,
	ACCEPT_PAUSE_US = 100 * 1000,
	SWEEP_STEP_US = 20 * 1000, /* deadlines may be late by so much, that a sweep serves many */
	DROP_BATCH = 16,
};

static void peer_text(const struct sockaddr_storage *address, char *out, size_t size) {
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	if (address->ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, out, (socklen_t)size);
	} else if (address->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out, (socklen_t)size);
	} else if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, out, (socklen_t)size);
	} else {
		memcpy(out, "unix", 5);
	}
}

static void watch_listeners(struct server *s, uint32_t events) {
	for (size_t i = 0; i < s->n_listeners; i++) {
		struct epoll_event e = { .events = events, .data.ptr = &s->listeners[i] };
		epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->listeners[i].fd, &e);
	}
}

/* Nobody can go, and descriptors or memory are out: the connection stays in the kernel's queue, and accepting is tried
 * again in a moment. */
static void pause_accepting(struct server *s, int error) {
	if (!s->accept_failing) {
		log_warn("no connection can be accepted for now: %s", strerrordesc_np(error));
	}
	s->accept_failing = true;
	s->accept_again = clock_monotonic() + ACCEPT_PAUSE_US;
	watch_listeners(s, 0);
}

static bool exhausted(int error) {
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static bool silent(const struct conn *c) {
	char byte;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/* Who goes first: those that are idle before those that have begun a head, then who has been waiting longest. */
static bool goes_before(const struct conn *c, const struct conn *other) {
	bool idle = !c->head_since, other_idle = !other->head_since;
	return idle == other_idle ? c->deadline < other->deadline : idle;
}

/* Makes room for those who wait. True if there was a connection that could go. */
static bool close_idlest(struct server *s) {
	AUTO_LOCK(&s->mutex);
	struct conn *first = NULL;
	for (struct conn *c = TAILQ_FIRST(&s->conns); c; c = TAILQ_NEXT(c, all)) {
		if (c->state == CONN_PARKED && (!first || goes_before(c, first)) && silent(c)) {
			first = c;
		}
	}
	if (first) {
		conn_close_locked(s, first);
	}
	return first != NULL;
}

static void accept_some(struct server *s, const struct listener *l) {
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage address = { 0 };
		socklen_t size = sizeof(address);
		char peer[INET6_ADDRSTRLEN];
		int fd = accept4(l->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			int error = errno;
			if (exhausted(error) && close_idlest(s)) {
				continue;
			}
			if (exhausted(error)) {
				pause_accepting(s, error);
			}
			return;
		}
		s->accept_failing = false;
		peer_text(&address, peer, sizeof(peer));
		conn_park(s, conn_create(s, fd, peer));
	}
}

/* Reads what a client still sends after its last reply, and forgets it. */
static void drop_some(struct server *s, struct conn *c) {
	static char scratch[64 * 1024]; /* the watcher's alone */
	for (int i = 0; i < DROP_BATCH; i++) {
		ssize_t got = recv(c->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			conn_close(s, c);
			return;
		}
		if (got < 0) {
			break;
		}
	}
	AUTO_LOCK(&s->mutex);
	server_arm(s, c);
}

static bool hung_up(const struct conn *c) {
	char byte;
	ssize_t got = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void conn_event(struct server *s, struct conn *c, uint32_t events) {
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) && hung_up(c)) {
		conn_close(s, c);
		return;
	}
	{
		AUTO_LOCK(&s->mutex);
		if (c->state == CONN_PARKED) {
			worker_dispatch(s, c);
			return;
		}
	}
	drop_some(s, c);
}

static void take_event(struct server *s, const struct epoll_event *e) {
	void *what = e->data.ptr;
	uint64_t count;
	if (*(enum watched *)what == WATCHED_CONN) {
		conn_event(s, what, e->events);
	} else if (read(s->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN) {
		log_warn("eventfd: errno %d", errno);
	}
}

/* Accepting comes last: it may close connections, which no event must name then. */
static void take_events(struct server *s, const struct epoll_event *e, int n) {
	struct listener *listeners[EVENTS];
	int n_listeners = 0;
	for (int i = 0; i < n; i++) {
		void *what = e[i].data.ptr;
		if (*(enum watched *)what == WATCHED_LISTENER) {
			listeners[n_listeners++] = what;
		} else {
			take_event(s, &e[i]);
		}
	}
	for (int i = 0; i < n_listeners; i++) {
		accept_some(s, listeners[i]);
	}
}

/* Closes what is over its deadline, and finds the next one. */
static void sweep(struct server *s, int64_t now) {
	AUTO_LOCK(&s->mutex);
	if (now < s->due) {
		return;
	}
	s->due = INT64_MAX;
	for (struct conn *c = TAILQ_FIRST(&s->conns), *next; c; c = next) {
		next = TAILQ_NEXT(c, all);
		if (c->state != CONN_PARKED && c->state != CONN_DROPPING) {
			continue;
		}
		if (c->deadline <= now) {
			conn_close_locked(s, c);
		} else {
			int64_t soon = now + SWEEP_STEP_US;
			int64_t at = c->deadline > soon ? c->deadline : soon;
			s->due = at < s->due ? at : s->due;
		}
	}
}

/* A server that stops has no listeners, and keeps only what is being answered or dropped. */
static void stop_idle(struct server *s) {
	for (; s->n_listeners; s->n_listeners--) {
		struct listener *l = &s->listeners[s->n_listeners - 1];
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, l->fd, NULL);
		close_fd(&l->fd);
	}
	AUTO_LOCK(&s->mutex);
	for (struct conn *c = TAILQ_FIRST(&s->conns), *next; c; c = next) {
		next = TAILQ_NEXT(c, all);
		if (c->state == CONN_READY) {
			TAILQ_REMOVE(&s->ready, c, ready);
			s->n_ready--;
		}
		if (c->state == CONN_READY || c->state == CONN_PARKED) {
			conn_close_locked(s, c);
		}
	}
}

/* A connection that found neither a worker nor a thread waits in the queue for one: tries again. */
static void start_missing(struct server *s) {
	AUTO_LOCK(&s->mutex);
	struct conn *c = TAILQ_FIRST(&s->ready);
	if (!c || s->n_workers >= s->config.workers_max || !TAILQ_EMPTY(&s->waiting) || s->stopping) {
		return;
	}
	TAILQ_REMOVE(&s->ready, c, ready);
	s->n_ready--;
	worker_dispatch(s, c);
	int64_t again = clock_monotonic() + ACCEPT_PAUSE_US;
	s->due = s->n_ready && again < s->due ? again : s->due;
}

static int next_timeout(struct server *s) {
	AUTO_LOCK(&s->mutex);
	int64_t due = s->accept_again && s->accept_again < s->due ? s->accept_again : s->due;
	if (due == INT64_MAX) {
		return -1;
	}
	int64_t left = due - clock_monotonic();
	return left <= 0 ? 0 : left > 60000000 ? 60000 : (int)(left / 1000) + 1;
}

static void tick(struct server *s) {
	int64_t now = clock_monotonic();
	if (s->accept_again && now >= s->accept_again) {
		s->accept_again = 0;
		watch_listeners(s, EPOLLIN);
	}
	sweep(s, now);
	worker_join_ended(s);
	if (s->n_ready) {
		start_missing(s);
	}
	if (s->stopping) {
		stop_idle(s);
	}
}

void *watch_run(void *arg) {
	struct server *s = arg;
	struct epoll_event events[EVENTS];
	while (!s->quit) {
		int n = epoll_wait(s->epoll, events, EVENTS, next_timeout(s));
		take_events(s, events, n);
		tick(s);
	}
	return NULL;
}
