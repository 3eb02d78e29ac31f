/* HTTP/1.1 on blocking sockets. One epoll thread holds idle connections and collects heads (a few KiB each, a
 * deadline for the whole head); a worker thread holds a connection from a complete head to the reply, so handlers are
 * straight-line: they pull the body and give one reply. After a reply the worker waits a moment for the next request
 * of the same connection while other workers are free, else it parks the connection. */
#pragma once

#include "http/head.h"

#include <sys/types.h>

struct server;
struct exchange;
struct tls;

/* What is 0 takes a default: 64 workers, 60 s idle, 20 s for a head, 20 s for a stalled body. */
struct server_config {
	int backlog;
	int workers_max; /* threads, started as needed */
	int idle_ms; /* a parked connection without a byte of a next head is closed after this */
	int head_ms; /* from the first byte of a head to its end */
	/* No byte of a body for this long: the exchange ends (for 5 s, while requests queue for a worker); also for a
	 * reply that is not taken. */
	int body_stall_ms;
	int body_rate; /* bytes a second that a body must reach on average after the first body_stall_ms; 0: none */
	/* For connections, and tunnels, that begin with TLS; the caller's, outlives the server. NULL: none may. */
	struct tls *tls;
	void (*handle)(struct exchange *x, void *arg);
	/* Answers what never becomes an exchange: a head that cannot be read. why is HEAD_*; writes a whole message. */
	void (*refuse)(struct buf *message, enum head_result why, void *arg);
	void *arg;
};

/* 0 or -errno. fds are listening sockets (TCP or unix), made with listen_tcp and listen_unix; the server owns them. */
int server_start(struct server **out, const struct server_config *config, const int *fds, size_t n);
/* Stops accepting, lets exchanges in progress end (at most grace_ms), closes the rest: from then on their reads and
 * sends fail and exchange_gone is true, and this returns when the last handler has. NULL is fine. */
void server_stop(struct server *s, int grace_ms);
/* Figures for status and tests. */
struct server_stats {
	int64_t connections, workers, requests;
};
struct server_stats server_stats(const struct server *s);

/* 0 or -errno. The address is an IPv4 or IPv6 literal (-EINVAL: it is not); out_port may be NULL. A unix socket that
 * nobody listens on any more is replaced (-EADDRINUSE: somebody does; -EEXIST: it is no socket). */
int listen_tcp(const char *address, int port, int *out_port, int *out_fd); /* port 0 picks one */
int listen_unix(const char *path, int mode, int *out_fd);

/* One request and its reply. The arena lives until the reply is sent and the exchange is over. */
struct exchange {
	struct arena *arena;
	struct head head;
	str peer; /* address of the client, without port; "unix" on a unix socket */
	str tls; /* its version if it came over TLS: "1.3"; absent else */
	int64_t body_left; /* of a Content-Length body: bytes not yet pulled; -1 for chunked */
	bool replied;
};

/* Pulls up to n bytes of the request's body, transfer coding undone. 0 at its end. Answers "100 Continue" at the
 * first pull if the client waits for it. -EPROTO: malformed chunk; -ECONNRESET: the client went before the end;
 * -ETIMEDOUT: too slow. After an error the connection is closed once the reply is sent. */
ssize_t exchange_read(struct exchange *x, void *p, size_t n);
/* The whole body, at most max bytes; -EFBIG over that. */
int exchange_read_all(struct exchange *x, size_t max, str *out);
/* Trailer fields of a chunked body, after its end; absent if there is none of that name. */
str exchange_trailer(const struct exchange *x, const char *name);

/* A stretch of a file, or of memory. */
struct piece {
	int fd;
	int64_t at, n;
	bool close_fd; /* close it when sent */
	const char *bytes; /* these n bytes, which stay until the next pull, and no file; NULL: the file's */
};

struct reply {
	int status;
	str reason; /* absent: the status's usual words */
	str headers; /* whole lines, "Name: value\r\n"...; Date, Content-Length, Connection and Keep-Alive are added */
	str body; /* or: */
	int64_t length; /* of what pull gives; with pull only */
	/* The next piece of the body: 1 and *out, 0 at the end, -errno. NULL: body is all. Pieces of files are
	 * sent by sendfile. */
	int (*pull)(void *arg, struct piece *out);
	void *arg;
	bool head_only; /* HEAD: length or body.n is announced, nothing is sent */
	bool close; /* close the connection afterwards */
};

/* Sends it. Once for an exchange. 0 or -errno (the client went: the connection closes, nobody needs to care). A request
 * body that was not pulled is drained if little of it is left, else the connection is closed in an orderly way. */
int exchange_reply(struct exchange *x, const struct reply *r);

/* Grants a CONNECT instead of replying: what follows on this connection is for the host (without a port), in TLS or
 * plain, and is served here all the same. -EINVAL: it was no CONNECT, had a body, or came through a tunnel itself. */
int exchange_tunnel(struct exchange *x, str host);

/* A reply of unknown length (event streams): chunked, flushed at each send. */
int exchange_begin(struct exchange *x, int status, str headers);
int exchange_send(struct exchange *x, str bytes);
int exchange_end(struct exchange *x);
/* Has the client gone? For long waits. */
bool exchange_gone(struct exchange *x);

const char *status_text(int status);
