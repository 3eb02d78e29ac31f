/* One HTTP exchange by libcurl. Answers are held in memory. TLS is verified, with AWS_CA_BUNDLE if that is set; proxies
 * are those of the environment, but never for this machine itself; redirects are not followed. */
#pragma once

#include "http/head.h"

enum { TRANSPORT_ANSWER_MAX = 64 * 1024 * 1024 };

struct parcel {
	str method, url;
	str headers; /* whole lines, Host among them */
	str body;
};

enum delivery {
	DELIVERED,
	NOBODY_THERE, /* nothing listens */
	INTERRUPTED, /* a connection that broke, an answer that did not come in time: it may go better next time */
	IMPOSSIBLE, /* TLS that cannot be verified, no such host, an answer that cannot be read */
};

/* A connection that is kept for the next exchange; goes with the arena. */
struct transport *transport_create(struct arena *a);
/* Not DELIVERED: *why is half a sentence: "could not resolve host: x". */
enum delivery transport_send(struct transport *t, const struct parcel *p, struct head *head, str *body, str *why);
