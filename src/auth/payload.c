#include "auth/payload.h"

#include "auth/canon.h"
#include "auth/chunks.h"
#include "auth/refuse.h"

#include <errno.h>

static const struct fault incomplete_body = { "IncompleteBody", 400 };
static const struct fault hash_mismatch = { "XAmzContentSHA256Mismatch", 400 };
static const struct fault missing_length = { "MissingContentLength", 411 };
static const struct fault request_timeout = { "RequestTimeout", 400 };
static const struct fault malformed_trailer = { "MalformedTrailerError", 400 };

int payload_fail(struct arena *a, struct payload *p, const struct fault *fault, const char *sentence) {
	refuse(a, &p->refusal, fault, "%s", sentence);
	return -1;
}

int payload_fail_cut(struct arena *a, struct payload *p) {
	return payload_fail(a, p, &incomplete_body, "The request body terminated unexpectedly");
}

int payload_fail_length(struct arena *a, struct payload *p) {
	return payload_fail(a, p, &incomplete_body,
			    "You did not provide the number of bytes specified by the Content-Length HTTP header");
}

int payload_fail_errno(struct arena *a, struct payload *p, ssize_t rc) {
	if (rc == -ETIMEDOUT) {
		return payload_fail(a, p, &request_timeout,
				    "Your socket connection to the server was not read from or written to within the "
				    "timeout period. Idle connections will be closed.");
	}
	return rc == -ECONNRESET && !p->x->head.chunked ? payload_fail_length(a, p) : payload_fail_cut(a, p);
}

/* --- opening --- */

static bool is_framed(const struct head *h, const struct auth *auth) {
	if (auth->payload != PAYLOAD_UNSIGNED) {
		return auth->payload != PAYLOAD_SHA256;
	}
	str codings = head_get(h, "content-encoding"), one;
	while (codings.n && head_count(h, "x-amz-decoded-content-length")) {
		str_cut(codings, ',', &one, &codings);
		if (str_ieq(str_trim(one), S("aws-chunked"))) {
			return true;
		}
	}
	return false;
}

static str announced_trailers(struct arena *a, const struct head *h) {
	struct buf b = { .arena = a };
	str rest, one;
	for (size_t i = 0; i < h->n; i++) {
		rest = str_ieq(h->headers[i].name, S("x-amz-trailer")) ? h->headers[i].value : (str){ 0 };
		while (rest.n) {
			str_cut(rest, ',', &one, &rest);
			one = str_trim(one);
			put(&b, b.n && one.n ? S(",") : S(""));
			put(&b, str_lower(a, one));
		}
	}
	return b.n ? buf_str(&b) : (str){ 0 };
}

static bool read_length(struct arena *a, struct payload *p, struct refusal *why) {
	const struct head *h = &p->x->head;
	str decoded = head_get(h, "x-amz-decoded-content-length");
	bool none = h->content_length < 0 && !h->chunked;
	p->length = h->chunked ? -1 : h->content_length;
	if ((none && str_is(h->method, "PUT")) || (p->state->framed && !decoded.n)) {
		return refuse(a, why, &missing_length, "You must provide the Content-Length HTTP header.");
	}
	if (none) {
		p->length = 0;
	}
	if (p->state->framed && !str_uint(decoded, &p->length)) {
		return refuse_argument(a, why, "x-amz-decoded-content-length", decoded,
				       "The value of x-amz-decoded-content-length must be a number of bytes.");
	}
	return true;
}

static void drop(void *arg) {
	struct payload_state *s = arg;
	digest_drop(&s->sha);
}

bool payload_open(struct arena *a, struct payload *p, struct exchange *x, const struct auth *auth,
		  struct refusal *why) {
	struct payload_state *s = NEW(a, struct payload_state);
	*p = (struct payload){ .x = x, .auth = auth, .state = s };
	s->framed = is_framed(&x->head, auth);
	s->chunks_signed = auth->payload == PAYLOAD_CHUNKS || auth->payload == PAYLOAD_CHUNKS_TRAILER;
	s->trailer_signed = auth->payload == PAYLOAD_CHUNKS_TRAILER;
	s->announced = announced_trailers(a, &x->head);
	arena_defer(a, drop, s);
	if (!read_length(a, p, why)) {
		return false;
	}
	if (s->framed) {
		s->window = arena_alloc(a, WINDOW_SIZE);
		memcpy(s->previous, auth->seed.p ? auth->seed.p : s->previous,
		       auth->seed.n == SIGNATURE_LENGTH ? SIGNATURE_LENGTH : 0);
	} else if (auth->payload == PAYLOAD_SHA256) {
		digest_init(&s->sha, DIGEST_SHA256);
		s->hashing = true;
	}
	return true;
}

void payload_from(struct arena *a, struct payload *p, ssize_t (*pull)(struct payload *p, void *to, size_t n),
		  void *arg) {
	*p = (struct payload){ .length = -1, .pull = pull, .pull_arg = arg, .state = NEW(a, struct payload_state) };
}

/* --- reading --- */

static int end_plain(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	if (s->announced.n) {
		return payload_fail(
			a, p, &malformed_trailer,
			"The request contained trailing data that was not well-formed or did not conform to "
			"our published schema.");
	}
	if (!s->hashing) {
		return 0;
	}
	struct buf b = { .arena = a };
	struct digest_value v = digest_finish(&s->sha);
	put_hex(&b, digest_str(&v));
	s->hashing = false;
	if (str_ieq(buf_str(&b), p->auth->sha256)) {
		return 0;
	}
	payload_fail(a, p, &hash_mismatch,
		     "The provided 'x-amz-content-sha256' header does not match what was computed.");
	refusal_detail(a, &p->refusal, "ClientComputedContentSHA256", p->auth->sha256);
	refusal_detail(a, &p->refusal, "S3ComputedContentSHA256", buf_str(&b));
	return -1;
}

static ssize_t read_plain(struct arena *a, struct payload *p, void *to, size_t n) {
	struct payload_state *s = p->state;
	ssize_t got = exchange_read(p->x, to, n);
	if (got < 0) {
		return payload_fail_errno(a, p, got);
	}
	if (got == 0) {
		return end_plain(a, p);
	}
	if (s->hashing) {
		digest_update(&s->sha, to, (size_t)got);
	}
	s->taken += got;
	return got;
}

ssize_t payload_read(struct arena *a, struct payload *p, void *to, size_t n) {
	struct payload_state *s = p->state;
	if (s->failed) {
		return -1;
	}
	ssize_t got = 0;
	if (p->pull) {
		got = p->pull(p, to, n);
	} else if (n) {
		got = s->framed ? chunks_read(a, p, to, n) : read_plain(a, p, to, n);
	}
	s->failed = got < 0;
	return got;
}

str payload_trailer(const struct payload *p, const char *name) {
	const struct payload_state *s = p->state;
	for (size_t i = 0; i < s->trailer_count; i++) {
		if (str_ieq(s->trailers[i].name, str_from(name))) {
			return s->trailers[i].value;
		}
	}
	return (str){ 0 };
}

str payload_announced(const struct payload *p) {
	return p->state->announced;
}
