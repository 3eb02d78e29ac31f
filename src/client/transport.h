/* One HTTP exchange by libcurl. Bodies are held in memory, unless a flow carries them. TLS is verified, with
 * AWS_CA_BUNDLE if that is set; proxies are those of the environment, but never for this machine itself; redirects are
 * not followed. */
#pragma once

#include "http/head.h"

#include <sys/types.h>

enum { TRANSPORT_ANSWER_MAX = 64 * 1024 * 1024 };

/* How the body of an object goes up or comes down. The first member of what the functions work on. */
struct flow {
	str bytes; /* goes up as it is, unless there is read */
	int64_t n; /* so many bytes go up by read, or are thought to come down */
	ssize_t (*read)(struct flow *f, char *to, size_t n); /* how many; else broken is set, and the exchange ends */
	bool (*write)(struct flow *f,
		      str piece); /* takes a success's body; false: broken is set, and the exchange ends */
	void (*rewind)(struct flow *f); /* before every attempt; may be NULL */
	str sha256; /* what is signed about the body that goes up */
	int broken; /* -errno */
};

struct parcel {
	str method, url;
	str headers; /* whole lines, Host among them */
	str body;
	struct flow *flow; /* NULL: none; else body is not looked at when there is something to go up */
};

enum delivery {
	DELIVERED,
	NOBODY_THERE, /* nothing listens */
	INTERRUPTED, /* a connection that broke, an answer that did not come in time: it may go better next time */
	STOPPED, /* from here: by transport_heed, or because the flow broke */
	IMPOSSIBLE, /* TLS that cannot be verified, no such host, an answer that cannot be read */
};

/* A connection that is kept for the next exchange; goes with the arena. */
struct transport *transport_create(struct arena *a);
/* Exchanges end soon after *stop becomes true; NULL: they do not. */
void transport_heed(struct transport *t, const _Atomic bool *stop);
/* An exchange takes no longer, its connecting among it; 0: as long as is usual. */
void transport_limit(struct transport *t, int ms);
/* Not DELIVERED: *why is half a sentence: "could not resolve host: x". */
enum delivery transport_send(struct transport *t, const struct parcel *p, struct head *head, str *body, str *why);
