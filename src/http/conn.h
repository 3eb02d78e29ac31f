/* The inside of the server, for this room alone.
 *
 * A connection is in one hand at a time. PARKED and DROPPING ones are the watcher's (the epoll thread): it holds no
 * bytes for them but those of an unfinished head, and the kernel's one-shot event says when to look again. READY ones
 * stand in the queue for a worker. A HELD one belongs to its worker, and nobody else touches it but server_stop,
 * which may shut its socket down. What changes hands does so under the server's lock. */
#pragma once

#include "http/coding.h"
#include "http/server.h"
#include "http/tls.h"

#include <pthread.h>
#include <sys/queue.h>
#include <sys/uio.h>

enum {
	IN_SIZE = 8 * 1024, /* of a connection's buffer; it grows to HEAD_MAX for a long head */
	LINGER_MS = 100, /* a worker waits so long for the next request of its connection, if nobody else needs it */
	WORKER_IDLE_MS = 5000, /* then it ends */
	DROP_MS = 10000, /* what a client still sends after its reply is read and dropped for so long */
	DRAIN_MAX = 64 * 1024, /* so much of an unread body is read to keep the connection */
	GATHER_MAX = 32 * 1024, /* pieces up to this are sent in one go with the head */
};

/* What an epoll event is about: the first member of what it points to. */
enum watched { WATCHED_WAKE, WATCHED_LISTENER, WATCHED_CONN };

struct listener {
	enum watched kind;
	int fd;
};

enum conn_state { CONN_HELD, CONN_READY, CONN_PARKED, CONN_DROPPING };

struct conn {
	enum watched kind;
	enum conn_state state;
	int fd;
	bool armed; /* known to epoll */
	bool fresh; /* nothing has come yet: it may begin with TLS */
	struct tls_end *tls; /* NULL: plain */
	char *host; /* that its CONNECT named; NULL: there was none */
	char *in; /* what has come and is not used up is in[at .. n); NULL while idle */
	size_t at, n, cap;
	int64_t head_since; /* when an unfinished head began; 0 if there is none */
	int64_t deadline; /* while parked or dropping; microseconds, monotonic */
	TAILQ_ENTRY(conn) all, ready;
	char peer[48];
};

struct worker {
	struct server *server;
	pthread_t thread;
	TAILQ_ENTRY(worker) entry; /* in server.waiting or server.ended */
	bool waiting;
	struct conn *held; /* while waiting: the connection it lingers on; NULL if it is free */
	struct conn *job; /* handed over by the dispatcher */
	int kick; /* eventfd: a job has come, or the server stops */
	char *spare; /* a buffer of IN_SIZE for the next connection */
	struct arena arena;
	struct arena_mark mark; /* an exchange begins here */
	int64_t date_second;
	char date[48]; /* "Date: ...\r\n" */
};

TAILQ_HEAD(conn_list, conn);
TAILQ_HEAD(worker_list, worker);

struct server {
	struct server_config config;
	struct listener *listeners;
	size_t n_listeners;
	int epoll, wake_fd;
	enum watched wake_kind;
	pthread_t watcher;
	_Atomic bool stopping, quit;
	_Atomic int64_t n_conns, n_workers, n_requests;
	_Atomic size_t n_ready; /* length of the queue, for a look without the lock */

	pthread_mutex_t mutex; /* guards what follows, and the state and deadline of connections */
	pthread_cond_t worker_ended;
	struct conn_list conns, ready;
	struct worker_list waiting, ended; /* free ones before those that linger */
	int64_t due; /* the watcher wakes by itself then at the latest */

	int64_t accept_again; /* the watcher's own: accepting is paused until then; 0 if it is not */
	bool accept_failing;
};

/* An exchange as its worker sees it. */
struct hold {
	struct exchange x; /* first: handlers hold a pointer to it */
	struct worker *worker;
	struct conn *conn;
	struct coding coding;
	char *window; /* of a chunked body: bytes behind the head, at window[at .. n) */
	size_t at, n, cap;
	int64_t received, waited; /* bytes of the body on the wire; microseconds spent waiting for them */
	int error; /* of the body or of the reply: the connection cannot be kept */
	bool continued; /* 100 Continue was sent */
	bool no_wait; /* reading the body fails with -EAGAIN rather than waits */
	bool keep; /* the reply has promised to keep the connection */
	str tunnel; /* the host that a CONNECT was granted to; absent: there was none */
	bool streaming, chunked_reply; /* begun and not ended; in chunks */
	int stream_error;
};

static inline struct hold *hold_of(const struct exchange *x) {
	return (struct hold *)(uintptr_t)x;
}

/* conn.c: one connection. */
struct conn *conn_create(struct server *s, int fd, const char *peer);
void conn_close(struct server *s, struct conn *c); /* forgets and frees it */
void conn_close_locked(struct server *s, struct conn *c); /* the same with the lock held */
/* Gives it back to the watcher, to wait for (the rest of) a head. Closes it if the server stops. */
void conn_park(struct server *s, struct conn *c);
/* Closes it so that the client can still read what was sent: no more is sent, what comes is dropped for a while. */
void conn_drop(struct server *s, struct conn *c);
/* An orderly end after a reply: at once, or by dropping if the client has more to say. */
void conn_end(struct server *s, struct conn *c);
/* Bytes that belong to the next head, put where they are looked for. */
void conn_keep(struct conn *c, const char *p, size_t n);
void conn_room(struct conn *c); /* room at the end of its buffer, if it has less than HEAD_MAX in it */
/* What is there, TLS undone: bytes, 0 at the end, -errno; -EAGAIN: nothing for now. */
ssize_t conn_receive(struct conn *c, const struct iovec *iov, int n);
/* The same into the room of its buffer. The first bytes tell TLS from HTTP, and the handshake is done here. What came
 * before a fresh connection's first look counts as received. -EPROTO: the handshake failed. */
ssize_t conn_fill(struct server *s, struct conn *c);
bool conn_unfinished(const struct conn *c); /* something has begun to come: a head, a handshake, a record */
/* Waits for events of poll: 0, -ETIMEDOUT or -errno. */
int conn_wait(const struct conn *c, short events, int ms);
/* The same for the client of an exchange, as long as the server's limits allow. */
int conn_wait_stalled(const struct hold *h, short events);
int conn_send(struct hold *h, struct iovec *iov, size_t n, int flags); /* all of it; 0 or -errno */
int conn_send_file(struct hold *h, const struct piece *piece);
void server_wake(struct server *s);
void server_arm(struct server *s, struct conn *c); /* with the lock held */

/* worker.c */
bool worker_start(struct server *s, struct conn *job); /* with the lock held */
void worker_dispatch(struct server *s, struct conn *c); /* with the lock held */
void worker_join_ended(struct server *s);

/* watch.c: the epoll thread. arg is the server. */
void *watch_run(void *arg);

/* body.c */
bool body_waits(const struct hold *h); /* the client holds its body back until 100 Continue */
bool body_ended(const struct hold *h);
/* Could the rest of the body be read soon? Reads of a chunked one what is there. */
bool body_short(struct hold *h);
bool body_drain(struct hold *h); /* reads the rest, at most DRAIN_MAX; true at its end */
void body_finish(struct hold *h); /* what came behind the body is kept for the next head */
