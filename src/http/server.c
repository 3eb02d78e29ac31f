#include "http/conn.h"

#include "base/fd.h"
#include "base/lock.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static void set_defaults(struct server_config *c) {
	c->backlog = c->backlog > 0 ? c->backlog : SOMAXCONN;
	c->workers_max = c->workers_max > 0 ? c->workers_max : 64;
	c->idle_ms = c->idle_ms > 0 ? c->idle_ms : 60000;
	c->head_ms = c->head_ms > 0 ? c->head_ms : 20000;
	c->body_stall_ms = c->body_stall_ms > 0 ? c->body_stall_ms : 20000;
}

static int add_listener(struct server *s, int fd) {
	struct listener *l = &s->listeners[s->n_listeners++];
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
	*l = (struct listener){ WATCHED_LISTENER, fd };
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || listen(fd, s->config.backlog) < 0) {
		return -errno;
	}
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

static int open_epoll(struct server *s) {
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = &s->wake_kind };
	s->wake_kind = WATCHED_WAKE;
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->wake_fd < 0 || s->epoll < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake_fd, &e) < 0) {
		return -errno;
	}
	return 0;
}

static void init_shared(struct server *s) {
	pthread_condattr_t attr;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->worker_ended, &attr);
	pthread_condattr_destroy(&attr);
	TAILQ_INIT(&s->conns);
	TAILQ_INIT(&s->ready);
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->ended);
	s->due = INT64_MAX;
}

static void server_free(struct server *s) {
	for (size_t i = 0; i < s->n_listeners; i++) {
		close_fd(&s->listeners[i].fd);
	}
	close_fd(&s->epoll);
	close_fd(&s->wake_fd);
	pthread_cond_destroy(&s->worker_ended);
	pthread_mutex_destroy(&s->mutex);
	heap_free(s->listeners);
	heap_free(s);
}

int server_start(struct server **out, const struct server_config *config, const int *fds, size_t n) {
	struct server *s = heap_alloc(sizeof(*s));
	s->config = *config;
	s->epoll = s->wake_fd = -1;
	s->listeners = heap_alloc(n * sizeof(s->listeners[0]));
	set_defaults(&s->config);
	init_shared(s);
	signal(SIGPIPE, SIG_IGN);
	int rc = open_epoll(s);
	for (size_t i = 0; i < n; i++) {
		int added = add_listener(s, fds[i]);
		rc = rc ? rc : added;
	}
	rc = rc ? rc : thread_start(&s->watcher, NULL, watch_run, s);
	if (rc) {
		server_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

/* Waiting workers see that the server stops when they are kicked without a job. */
static void kick_waiting(struct server *s) {
	uint64_t one = 1;
	AUTO_LOCK(&s->mutex);
	for (struct worker *w = TAILQ_FIRST(&s->waiting); w; w = TAILQ_NEXT(w, entry)) {
		if (write(w->kick, &one, sizeof(one)) < 0) {
			continue;
		}
	}
}

static void wait_for_workers(struct server *s, int grace_ms) {
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += grace_ms / 1000;
	until.tv_nsec += grace_ms % 1000 * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	AUTO_LOCK(&s->mutex);
	int rc = 0;
	while (s->n_workers && rc == 0) {
		rc = pthread_cond_timedwait(&s->worker_ended, &s->mutex, &until);
	}
	for (struct conn *c = TAILQ_FIRST(&s->conns); c && rc; c = TAILQ_NEXT(c, all)) {
		if (c->state == CONN_HELD) {
			shutdown(c->fd, SHUT_RDWR);
		}
	}
	while (s->n_workers) {
		pthread_cond_wait(&s->worker_ended, &s->mutex);
	}
}

void server_stop(struct server *s, int grace_ms) {
	if (!s) {
		return;
	}
	s->stopping = true;
	server_wake(s);
	kick_waiting(s);
	wait_for_workers(s, grace_ms);
	s->quit = true;
	server_wake(s);
	pthread_join(s->watcher, NULL);
	worker_join_ended(s);
	for (struct conn *c; (c = TAILQ_FIRST(&s->conns));) {
		conn_close(s, c);
	}
	server_free(s);
}

struct server_stats server_stats(const struct server *s) {
	return (struct server_stats){ s->n_conns, s->n_workers, s->n_requests };
}
