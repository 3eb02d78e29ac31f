#include "http/conn.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* The Date header in real time, made once a second by each worker. */
static str date_line(struct worker *w) {
	int64_t now = clock_real();
	if (now / 1000 != w->date_second) {
		AUTO_ARENA a = { 0 };
		struct buf b = { .arena = &a };
		putz(&b, "Date: ");
		put_time(&b, now, TIME_HTTP);
		putz(&b, "\r\n");
		memcpy(w->date, b.p, b.n);
		w->date[b.n] = '\0';
		w->date_second = now / 1000;
	}
	return str_from(w->date);
}

static struct buf begin_head(struct hold *h, int status, str reason, str headers) {
	struct buf b = { .arena = h->x.arena };
	buf_room(&b, headers.n + 320);
	putz(&b, "HTTP/1.1 ");
	put_int(&b, status);
	put_byte(&b, ' ');
	put(&b, reason.n ? reason : str_from(status_text(status)));
	putz(&b, "\r\n");
	put(&b, headers);
	put(&b, date_line(h->worker));
	return b;
}

static void end_head(const struct hold *h, struct buf *b) {
	if (!h->keep) {
		putz(b, "Connection: close\r\n");
	} else if (h->x.head.minor == 0) {
		putz(b, "Connection: keep-alive\r\nKeep-Alive: timeout=");
		put_int(b, h->worker->server->config.idle_ms / 1000);
		putz(b, "\r\n");
	}
	putz(b, "\r\n");
}

/* Decided before the head is written, which says so. */
static bool can_keep(struct hold *h, bool close) {
	return !close && !h->error && h->x.head.keep_alive && !h->worker->server->stopping && body_short(h);
}

static void close_piece(struct piece *p) {
	if (p->close_fd) {
		close_fd(&p->fd);
	}
}

static int read_piece(const struct piece *p, char *to) {
	if (p->bytes) {
		memcpy(to, p->bytes, (size_t)p->n);
		return 0;
	}
	return pread_all(p->fd, to, (size_t)p->n, p->at);
}

static int send_piece(struct hold *h, const struct piece *p, bool more) {
	if (p->bytes) {
		struct iovec iov = { (char *)(uintptr_t)p->bytes, (size_t)p->n };
		return conn_send(h, &iov, 1, more ? MSG_MORE : 0);
	}
	return conn_send_file(h, p);
}

/* The pieces of a small body read into memory: one packet and fewer calls than sendfile. */
static int gather(struct hold *h, const struct reply *r, str *out) {
	char *p = arena_alloc(h->x.arena, (size_t)r->length);
	int64_t got = 0;
	while (got < r->length) {
		struct piece piece = { .fd = -1 };
		int rc = r->pull(r->arg, &piece);
		if (rc <= 0) {
			return rc ? rc : -EIO;
		}
		rc = piece.n > r->length - got ? -EIO : read_piece(&piece, p + got);
		close_piece(&piece);
		if (rc) {
			return rc;
		}
		got += piece.n;
	}
	*out = (str){ p, (size_t)r->length };
	return 0;
}

static int send_head(struct hold *h, const struct buf *head, str body, int flags) {
	struct iovec iov[] = { { head->p, head->n }, { (char *)(uintptr_t)body.p, body.n } };
	return conn_send(h, iov, body.n ? 2 : 1, flags);
}

static int send_pieces(struct hold *h, const struct reply *r) {
	int64_t left = r->length;
	while (left > 0) {
		struct piece piece = { .fd = -1 };
		int rc = r->pull(r->arg, &piece);
		if (rc <= 0) {
			return rc ? rc : -EIO;
		}
		rc = piece.n > left ? -EIO : send_piece(h, &piece, piece.n < left);
		close_piece(&piece);
		if (rc) {
			return rc;
		}
		left -= piece.n;
	}
	return 0;
}

static bool bodiless(int status) {
	return status == 204 || status == 304 || status < 200;
}

static int send_reply(struct hold *h, const struct reply *r) {
	int64_t length = r->pull ? r->length : (int64_t)r->body.n;
	bool silent = r->head_only || bodiless(r->status);
	bool large = r->pull && !silent && length > GATHER_MAX;
	str body = { 0 };
	if (!silent && !large) {
		body = r->body;
		int rc = r->pull ? gather(h, r, &body) : 0;
		if (rc) {
			return rc;
		}
	}
	struct buf head = begin_head(h, r->status, r->reason, r->headers);
	if (!bodiless(r->status)) {
		putz(&head, "Content-Length: ");
		put_int(&head, length);
		putz(&head, "\r\n");
	}
	end_head(h, &head);
	int rc = send_head(h, &head, body, large ? MSG_MORE : 0);
	return rc || !large ? rc : send_pieces(h, r);
}

int exchange_reply(struct exchange *x, const struct reply *r) {
	struct hold *h = hold_of(x);
	if (x->replied) {
		return -EALREADY;
	}
	x->replied = true;
	h->keep = can_keep(h, r->close);
	int rc = send_reply(h, r);
	h->keep &= rc == 0;
	return rc;
}

int exchange_tunnel(struct exchange *x, str host) {
	struct hold *h = hold_of(x);
	char line[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	bool empty = !x->head.chunked && x->head.content_length <= 0;
	if (x->replied || !str_is(x->head.method, "CONNECT") || !empty || h->conn->host || h->conn->tls) {
		return -EINVAL;
	}
	x->replied = true;
	int rc = conn_send(h, &(struct iovec){ line, sizeof(line) - 1 }, 1, 0);
	h->tunnel = host;
	h->keep = rc == 0 && !h->worker->server->stopping;
	return rc;
}

int exchange_begin(struct exchange *x, int status, str headers) {
	struct hold *h = hold_of(x);
	if (x->replied) {
		return -EALREADY;
	}
	x->replied = true;
	h->chunked_reply = x->head.minor == 1;
	h->keep = h->chunked_reply && can_keep(h, false);
	h->streaming = true;
	struct buf head = begin_head(h, status, (str){ 0 }, headers);
	if (h->chunked_reply) {
		putz(&head, "Transfer-Encoding: chunked\r\n");
	}
	end_head(h, &head);
	h->stream_error = send_head(h, &head, (str){ 0 }, 0);
	return h->stream_error;
}

static int send_stream(struct hold *h, struct iovec *iov, size_t n) {
	if (!h->streaming) {
		return -EINVAL;
	}
	if (h->stream_error == 0 && !str_is(h->x.head.method, "HEAD")) {
		h->stream_error = conn_send(h, iov, n, 0);
	}
	return h->stream_error;
}

int exchange_send(struct exchange *x, str bytes) {
	struct hold *h = hold_of(x);
	char size[32];
	struct iovec iov[] = { { size, 0 }, { (char *)(uintptr_t)bytes.p, bytes.n }, { size, 2 } };
	if (bytes.n == 0) {
		return h->stream_error;
	}
	if (!h->chunked_reply) {
		return send_stream(h, iov + 1, 1);
	}
	int n = snprintf(size, sizeof(size), "\r\n%zx\r\n", bytes.n);
	iov[0] = (struct iovec){ size + 2, (size_t)n - 2 };
	return send_stream(h, iov, 3);
}

int exchange_end(struct exchange *x) {
	struct hold *h = hold_of(x);
	char last[] = "0\r\n\r\n";
	int rc = send_stream(h, &(struct iovec){ last, sizeof(last) - 1 }, h->chunked_reply ? 1 : 0);
	h->streaming = false;
	h->keep &= rc == 0;
	return rc;
}

bool exchange_gone(struct exchange *x) {
	struct pollfd p = { hold_of(x)->conn->fd, POLLRDHUP, 0 };
	return poll(&p, 1, 0) > 0;
}
