#include "http/conn.h"

#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

enum { STACK_SIZE = 256 * 1024 };

/* What a look at a connection has found. */
enum look {
	LOOK_HEAD, /* a whole head */
	LOOK_NOTHING, /* no byte of one */
	LOOK_PART,
	LOOK_REFUSED, /* a head that cannot be read; why is in *result */
	LOOK_GONE,
	LOOK_NO_TLS, /* the handshake failed, and the client was told */
};

static void give_buffer(struct worker *w, struct conn *c) {
	if (!c->in) {
		c->in = w->spare ? w->spare : heap_alloc(IN_SIZE);
		c->cap = IN_SIZE;
		w->spare = NULL;
	}
}

/* Parks a connection; a buffer that it does not need stays here for the next one. */
static void park(struct worker *w, struct conn *c) {
	if (c->in && c->at == c->n && c->cap == IN_SIZE && !w->spare) {
		w->spare = c->in;
		c->in = NULL;
	}
	conn_park(w->server, c);
}

/* Reads a head out of what is there; a head in pieces is parsed again only when another line has come. */
static enum look look(struct worker *w, struct conn *c, struct head *head, enum head_result *result) {
	bool parse = c->n > c->at && c->head_since == 0 && !c->fresh;
	for (;;) {
		size_t used;
		*result = HEAD_MORE;
		if (parse) {
			*result = head_read(&w->arena, (str){ c->in + c->at, c->n - c->at }, head, &used);
		}
		if (*result != HEAD_MORE) {
			c->at += used;
			c->head_since = 0;
			return *result == HEAD_OK ? LOOK_HEAD : LOOK_REFUSED;
		}
		conn_room(c);
		ssize_t got = conn_fill(w->server, c);
		if (got == -EAGAIN) {
			return conn_unfinished(c) ? LOOK_PART : LOOK_NOTHING;
		}
		if (got <= 0) {
			return got == -EPROTO ? LOOK_NO_TLS : LOOK_GONE;
		}
		parse = memchr(c->in + c->n - got, '\n', (size_t)got) || c->n >= HEAD_MAX;
	}
}

static void refuse(struct worker *w, struct conn *c, enum head_result why) {
	static const char plain[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	const struct server_config *config = &w->server->config;
	struct hold h = { .worker = w, .conn = c };
	struct buf message = { .arena = &w->arena };
	if (config->refuse) {
		config->refuse(&message, why, config->arg);
	} else {
		putz(&message, plain);
	}
	conn_send(&h, &(struct iovec){ message.p, message.n }, 1, 0);
	conn_drop(w->server, c);
}

/* What follows a CONNECT that was granted begins anew, with TLS or without. */
static void enter_tunnel(struct conn *c, str host) {
	if (host.p) {
		c->fresh = true;
		c->host = heap_alloc(host.n + 1);
		memcpy(c->host, host.p, host.n);
	}
}

/* One request and its reply. True if the connection can take another. */
static bool exchange(struct worker *w, struct conn *c, const struct head *head) {
	struct server *s = w->server;
	struct hold h = { .worker = w, .conn = c };
	h.x = (struct exchange){ .arena = &w->arena, .head = *head, .peer = str_from(c->peer) };
	h.x.tls = c->tls ? str_from(tls_version(c->tls)) : (str){ 0 };
	h.x.body_left = head->chunked ? -1 : head->content_length > 0 ? head->content_length : 0;
	s->n_requests++;
	s->config.handle(&h.x, s->config.arg);
	if (!h.x.replied) {
		log_error("a handler gave no reply to " STR_FMT, STR_ARG(head->method));
	}
	h.no_wait = false;
	bool keep = h.keep && !h.streaming && !h.error && (body_ended(&h) || body_drain(&h));
	if (keep) {
		body_finish(&h);
		enter_tunnel(c, h.tunnel);
	} else if (h.error == -ECONNRESET) {
		conn_close(s, c);
	} else if (body_ended(&h)) {
		body_finish(&h);
		conn_end(s, c);
	} else {
		conn_drop(s, c);
	}
	return keep;
}

static void requeue(struct worker *w, struct conn *c) {
	struct server *s = w->server;
	if (c->at == c->n && !(c->tls && tls_unfinished(c->tls))) {
		park(w, c);
		return;
	}
	AUTO_LOCK(&s->mutex);
	c->state = CONN_READY;
	worker_dispatch(s, c);
}

/* Answers the requests that have come. True: the connection is idle, and still held. */
static bool serve(struct worker *w, struct conn *c) {
	for (;;) {
		struct head head;
		enum head_result result;
		bool keep = false;
		give_buffer(w, c);
		switch (look(w, c, &head, &result)) {
		case LOOK_HEAD: keep = exchange(w, c, &head); break;
		case LOOK_NOTHING: return true;
		case LOOK_PART: park(w, c); break;
		case LOOK_REFUSED: refuse(w, c, result); break;
		case LOOK_GONE: conn_close(w->server, c); break;
		case LOOK_NO_TLS: conn_end(w->server, c); break;
		}
		arena_reset(&w->arena, w->mark);
		if (!keep) {
			return false;
		}
		if (w->server->n_ready) {
			requeue(w, c);
			return false;
		}
	}
}

/* With the lock held: the next connection of the queue, or NULL and this worker is on the list of those that wait. */
static struct conn *take_or_wait(struct worker *w, struct conn *held) {
	struct server *s = w->server;
	struct conn *c = TAILQ_FIRST(&s->ready);
	if (c) {
		TAILQ_REMOVE(&s->ready, c, ready);
		s->n_ready--;
		c->state = CONN_HELD;
		return c;
	}
	w->held = held;
	w->waiting = true;
	if (held) {
		TAILQ_INSERT_TAIL(&s->waiting, w, entry);
	} else {
		TAILQ_INSERT_HEAD(&s->waiting, w, entry);
	}
	return NULL;
}

/* With the lock held: what the wait has brought. A worker that nobody wanted is counted out here, so that no dispatcher
 * relies on it. */
static struct conn *taken(struct worker *w, struct conn *held) {
	struct server *s = w->server;
	struct conn *job = w->job;
	w->job = NULL;
	if (w->waiting) {
		TAILQ_REMOVE(&s->waiting, w, entry);
		w->waiting = false;
	}
	if (!job && !held) {
		TAILQ_INSERT_TAIL(&s->ended, w, entry);
		s->n_workers--;
		pthread_cond_signal(&s->worker_ended);
	}
	return job;
}

/* The next connection to serve: the one held when it becomes readable, or another (the caller parks the one held).
 * NULL: neither came in time. */
static struct conn *await(struct worker *w, struct conn *held) {
	struct server *s = w->server;
	struct pollfd fds[] = { { w->kick, POLLIN, 0 }, { held ? held->fd : -1, POLLIN, 0 } };
	{
		AUTO_LOCK(&s->mutex);
		struct conn *c = s->stopping ? NULL : take_or_wait(w, held);
		if (c || s->stopping) {
			return c ? c : taken(w, held);
		}
	}
	int n = poll(fds, 2, held ? LINGER_MS : WORKER_IDLE_MS);
	struct conn *job;
	{
		AUTO_LOCK(&s->mutex);
		job = taken(w, held);
	}
	uint64_t count;
	if (job && read(w->kick, &count, sizeof(count)) < 0) {
		log_warn("eventfd: errno %d", errno);
	}
	return job ? job : n > 0 && fds[1].revents && !s->stopping ? held : NULL;
}

static void *work(void *arg) {
	struct worker *w = arg;
	struct conn *c = w->job;
	w->job = NULL;
	NEW(&w->arena, char); /* keeps the first block over the exchanges */
	w->mark = arena_mark(&w->arena);
	while (c) {
		struct conn *held = serve(w, c) ? c : NULL;
		c = await(w, held);
		if (held && c != held) {
			park(w, held);
			c = c ? c : await(w, NULL);
		}
	}
	server_wake(w->server);
	return NULL;
}

static void worker_free(struct worker *w) {
	arena_free(&w->arena);
	heap_free(w->spare);
	close_fd(&w->kick);
	heap_free(w);
}

static int start_thread(struct worker *w) {
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	int rc = thread_start(&w->thread, &attr, work, w);
	pthread_attr_destroy(&attr);
	return rc;
}

bool worker_start(struct server *s, struct conn *job) {
	struct worker *w = heap_alloc(sizeof(*w));
	*w = (struct worker){ .server = s, .job = job, .date_second = -1 };
	w->kick = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	job->state = CONN_HELD;
	int rc = w->kick < 0 ? -errno : start_thread(w);
	if (rc) {
		log_warn("no thread for another worker: errno %d", -rc);
		worker_free(w);
		return false;
	}
	s->n_workers++;
	return true;
}

void worker_dispatch(struct server *s, struct conn *c) {
	uint64_t one = 1;
	struct worker *w = TAILQ_FIRST(&s->waiting);
	if (s->stopping) {
		conn_close_locked(s, c);
		return;
	}
	if ((!w || w->held) && s->n_workers < s->config.workers_max && worker_start(s, c)) {
		return;
	}
	if (!w) {
		c->state = CONN_READY;
		TAILQ_INSERT_TAIL(&s->ready, c, ready);
		s->n_ready++;
		return;
	}
	TAILQ_REMOVE(&s->waiting, w, entry);
	w->waiting = false;
	w->job = c;
	c->state = CONN_HELD;
	if (write(w->kick, &one, sizeof(one)) < 0) {
		log_warn("eventfd: errno %d", errno);
	}
}

void worker_join_ended(struct server *s) {
	for (;;) {
		pthread_mutex_lock(&s->mutex);
		struct worker *w = TAILQ_FIRST(&s->ended);
		if (w) {
			TAILQ_REMOVE(&s->ended, w, entry);
		}
		pthread_mutex_unlock(&s->mutex);
		if (!w) {
			return;
		}
		pthread_join(w->thread, NULL);
		worker_free(w);
	}
}
