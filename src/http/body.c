#include "http/conn.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum { WINDOW_SIZE = 16 * 1024, READ_ALL_STEP = 16 * 1024 };

bool body_ended(const struct hold *h) {
	return h->x.head.chunked ? h->coding.state == CODING_DONE : h->x.body_left == 0;
}

/* Also before an empty body: botocore takes a final answer without 100 Continue as the connection's last. */
bool body_waits(const struct hold *h) {
	bool none_came = h->received == 0 && h->conn->n == h->conn->at;
	return h->x.head.expect_continue && !h->continued && none_came;
}

static int send_continue(struct hold *h) {
	static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec iov = { (char *)(uintptr_t)line, sizeof(line) - 1 };
	h->continued = true;
	return conn_send(h, &iov, 1, 0);
}

/* Waits for more of the body, within its limits. */
static int wait_body(struct hold *h) {
	const struct server_config *config = &h->worker->server->config;
	int64_t before = clock_monotonic();
	int rc = h->no_wait ? -EAGAIN : conn_wait_stalled(h, POLLIN);
	h->waited += clock_monotonic() - before;
	bool slow = h->waited > config->body_stall_ms * (int64_t)1000 &&
		    h->received < config->body_rate * (h->waited / 1000) / 1000;
	return rc ? rc : slow ? -ETIMEDOUT : 0;
}

static ssize_t receive(struct hold *h, const struct iovec *iov, int n) {
	int rc = 0;
	while (rc == 0) {
		ssize_t got = conn_receive(h->conn, iov, n);
		if (got > 0) {
			h->received += got;
			return got;
		}
		rc = got == -EAGAIN ? wait_body(h) : -ECONNRESET;
	}
	return rc;
}

static ssize_t read_plain(struct hold *h, char *p, size_t n) {
	struct conn *c = h->conn;
	size_t here = c->n - c->at;
	ssize_t got;
	n = (int64_t)n < h->x.body_left ? n : (size_t)h->x.body_left;
	if (n == 0) {
		return 0;
	}
	if (here) {
		got = (ssize_t)(n < here ? n : here);
		memcpy(p, c->in + c->at, (size_t)got);
		c->at += (size_t)got;
		h->received += got;
	} else {
		got = receive(h, &(struct iovec){ p, n }, 1);
	}
	h->x.body_left -= got > 0 ? got : 0;
	return got;
}

/* The bytes behind the head move to a window of their own: the head's slices must stay where they are. */
static void open_window(struct hold *h) {
	struct conn *c = h->conn;
	h->n = c->n - c->at;
	h->cap = h->n > WINDOW_SIZE ? h->n : WINDOW_SIZE;
	h->window = arena_alloc(h->x.arena, h->cap);
	h->received = (int64_t)h->n;
	memcpy(h->window, c->in + c->at, h->n);
	c->at = c->n;
}

/* More framing. The window is larger than any line of it, so there is room. */
static int fill_window(struct hold *h) {
	memmove(h->window, h->window + h->at, h->n - h->at);
	h->n -= h->at;
	h->at = 0;
	ssize_t got = receive(h, &(struct iovec){ h->window + h->n, h->cap - h->n }, 1);
	h->n += got > 0 ? (size_t)got : 0;
	return got < 0 ? (int)got : 0;
}

/* Content of a chunk: from the window, else straight to the reader, and what comes behind it into the window. */
static ssize_t read_content(struct hold *h, char *p, size_t n) {
	size_t here = h->n - h->at;
	n = n < h->coding.left ? n : (size_t)h->coding.left;
	if (here) {
		n = n < here ? n : here;
		memcpy(p, h->window + h->at, n);
		h->at += n;
	} else {
		struct iovec iov[] = { { p, n }, { h->window, n == h->coding.left ? h->cap : 0 } };
		ssize_t got = receive(h, iov, 2);
		if (got < 0) {
			return got;
		}
		h->at = 0;
		h->n = (size_t)got > n ? (size_t)got - n : 0;
		n = (size_t)got - h->n;
	}
	h->coding.left -= n;
	return (ssize_t)n;
}

static ssize_t read_chunked(struct hold *h, char *p, size_t n) {
	if (!h->window) {
		h->coding.arena = h->x.arena;
		open_window(h);
	}
	for (;;) {
		size_t used = 0;
		str bytes = { h->window + h->at, h->n - h->at };
		enum coding_step step = coding_next(&h->coding, bytes, &used);
		h->at += used;
		if (step == CODING_DATA) {
			return read_content(h, p, n);
		}
		if (step != CODING_MORE) {
			return step == CODING_END ? 0 : -EPROTO;
		}
		int rc = fill_window(h);
		if (rc) {
			return rc;
		}
	}
}

ssize_t exchange_read(struct exchange *x, void *p, size_t n) {
	struct hold *h = hold_of(x);
	if (h->error) {
		return h->error;
	}
	n = n < INT32_MAX ? n : INT32_MAX;
	ssize_t got = body_waits(h) && !x->replied ? send_continue(h) : 0;
	if (got == 0 && n > 0) {
		got = x->head.chunked ? read_chunked(h, p, n) : read_plain(h, p, n);
	}
	h->error = got < 0 ? (int)got : 0;
	return got;
}

int exchange_read_all(struct exchange *x, size_t max, str *out) {
	struct buf b = { .arena = x->arena };
	if (x->body_left > 0 && (uint64_t)x->body_left > max) {
		return -EFBIG;
	}
	buf_room(&b, x->body_left > 0 ? (size_t)x->body_left + 1 : 1);
	for (;;) {
		size_t step =
			x->body_left >= 0 && x->body_left < READ_ALL_STEP ? (size_t)x->body_left + 1 : READ_ALL_STEP;
		ssize_t got = exchange_read(x, buf_room(&b, step), step);
		if (got < 0) {
			return (int)got;
		}
		if (got == 0) {
			*out = buf_str(&b);
			return 0;
		}
		b.n += (size_t)got;
		if (b.n > max) {
			return -EFBIG;
		}
	}
}

str exchange_trailer(const struct exchange *x, const char *name) {
	const struct coding *c = &hold_of(x)->coding;
	str wanted = str_from(name);
	for (size_t i = 0; i < c->n; i++) {
		if (str_ieq(c->trailer[i].name, wanted)) {
			return c->trailer[i].value;
		}
	}
	return (str){ 0 };
}

bool body_drain(struct hold *h) {
	char scratch[8192];
	size_t total = 0;
	ssize_t got;
	do {
		got = exchange_read(&h->x, scratch, sizeof(scratch));
		total += got > 0 ? (size_t)got : 0;
	} while (got > 0 && total <= DRAIN_MAX);
	return got == 0;
}

bool body_short(struct hold *h) {
	if (body_waits(h)) {
		return false;
	}
	if (body_ended(h)) {
		return true;
	}
	if (!h->x.head.chunked) {
		return h->x.body_left <= (int64_t)(h->conn->n - h->conn->at) + DRAIN_MAX;
	}
	h->no_wait = true;
	return body_drain(h);
}

void body_finish(struct hold *h) {
	if (h->window) {
		conn_keep(h->conn, h->window + h->at, h->n - h->at);
	}
}
