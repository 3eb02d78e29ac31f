/* For the tests of this room: requests written down as text. */
#pragma once

#include "http/head.h"

/* S() for initializers of statics. */
#define LITERAL(s)                                                                                                     \
	{ (s), sizeof(s) - 1 }

/* "METHOD target HTTP/1.1\nName:value\n...", as lax as the published signing cases need it. */
static inline void sample_head(struct arena *a, struct head *h, const char *text) {
	str rest = str_from(text), line, tail, target;
	*h = (struct head){ .minor = 1, .content_length = -1, .headers = NEWS(a, struct header, 64) };
	str_cut(rest, '\n', &line, &rest);
	str_cut(line, ' ', &h->method, &tail);
	target = str_ends(tail, S(" HTTP/1.1")) ? (str){ tail.p, tail.n - 9 } : tail;
	h->target = target;
	str_cut(target, '?', &h->path, &h->query);
	while (rest.n && h->n < 64) {
		struct header *x = &h->headers[h->n++];
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, ':', &x->name, &x->value);
		x->value = str_trim(x->value);
	}
	str length = head_get(h, "content-length");
	if (length.p && !str_uint(length, &h->content_length)) {
		h->content_length = -1;
	}
	h->chunked = str_ieq(head_get(h, "transfer-encoding"), S("chunked"));
	h->host = head_get(h, "host");
}
