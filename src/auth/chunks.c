#include "auth/chunks.h"

#include "auth/refuse.h"
#include "auth/scope.h"
#include "auth/sig.h"

#include <stdlib.h>

static const struct fault chunk_size = { "InvalidChunkSizeError", 400 };
static const struct fault malformed_trailer = { "MalformedTrailerError", 400 };

static int fail_trailer(struct arena *a, struct payload *p) {
	return payload_fail(a, p, &malformed_trailer,
			    "The request contained trailing data that was not well-formed or did not conform to our "
			    "published schema.");
}

/* --- the window --- */

/* More bytes behind those that are there: how many, 0 at the end, -1. */
static ssize_t fill(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	memmove(s->window, s->window + s->at, s->n - s->at);
	s->n -= s->at;
	s->at = 0;
	ssize_t got = exchange_read(p->x, s->window + s->n, WINDOW_SIZE - s->n);
	if (got < 0) {
		return payload_fail_errno(a, p, got);
	}
	s->n += (size_t)got;
	return got;
}

/* A line without its CRLF; a bare LF ends one too (some clients end a trailer so). 1, 0 at the end of the body, -1.
 * What is cut off in the middle of a line, or longer than the window, is a failure. */
static int take_line(struct arena *a, struct payload *p, str *line) {
	struct payload_state *s = p->state;
	const char *end;
	while (!(end = memchr(s->window + s->at, '\n', s->n - s->at))) {
		ssize_t got = s->n - s->at < WINDOW_SIZE ? fill(a, p) : 0;
		if (got <= 0) {
			return got < 0 ? -1 : s->n > s->at ? payload_fail_cut(a, p) : 0;
		}
	}
	*line = (str){ s->window + s->at, (size_t)(end - s->window) - s->at };
	s->at += line->n + 1;
	line->n -= line->n && line->p[line->n - 1] == '\r';
	return 1;
}

/* --- signatures --- */

/* One link of the chain: the text under a heading, from the previous signature on. rest is what stands below that. */
static str link_text(struct arena *a, const struct payload *p, const char *heading, str rest) {
	struct buf b = { .arena = a };
	const struct auth *auth = p->auth;
	putz(&b, heading);
	put_byte(&b, '\n');
	put(&b, time_text(a, auth->time, TIME_AMZ));
	put_byte(&b, '\n');
	put(&b, scope_text(a, auth));
	put_byte(&b, '\n');
	put(&b, (str){ p->state->previous, SIGNATURE_LENGTH });
	put_byte(&b, '\n');
	put(&b, rest);
	return buf_str(&b);
}

static bool link_verify(struct arena *a, struct payload *p, str text, str signature) {
	if (secret_eq(sigv4_sign(a, p->auth->signing_key, text), signature)) {
		memcpy(p->state->previous, signature.p, SIGNATURE_LENGTH);
		return true;
	}
	struct auth shown = *p->auth;
	shown.signature = str_dup(a, signature);
	return refuse_signature(a, AUTH_S3, &shown, &(struct expected){ .to_sign = text }, &p->refusal);
}

static void put_hash(struct buf *b, struct digest_value v) {
	put_hex(b, digest_str(&v));
}

/* The end of a chunk's data. The arena is left as it was: a body may have any number of chunks. */
static bool verify_chunk(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	struct arena_mark mark = arena_mark(a);
	struct buf rest = { .arena = a };
	if (!s->chunks_signed) {
		return true;
	}
	put_hash(&rest, digest_of(DIGEST_SHA256, S("")));
	put_byte(&rest, '\n');
	put_hash(&rest, digest_finish(&s->sha));
	str text = link_text(a, p, "AWS4-HMAC-SHA256-PAYLOAD", buf_str(&rest));
	if (!link_verify(a, p, text, (str){ s->signature, SIGNATURE_LENGTH })) {
		return false;
	}
	arena_reset(a, mark);
	return true;
}

/* --- chunks --- */

static bool parse_size(str s, int64_t *size) {
	uint64_t n;
	bool good = str_hex(s, &n) && n <= INT64_MAX;
	*size = good ? (int64_t)n : 0;
	return good;
}

static bool parse_signature(struct payload_state *s, str extensions) {
	str one, name, value;
	while (extensions.n) {
		str_cut(extensions, ';', &one, &extensions);
		str_cut(one, '=', &name, &value);
		value = str_trim(value);
		if (str_is(str_trim(name), "chunk-signature") && value.n == SIGNATURE_LENGTH) {
			memcpy(s->signature, value.p, SIGNATURE_LENGTH);
			return true;
		}
	}
	return false;
}

static int fail_small(struct arena *a, struct payload *p) {
	const struct payload_state *s = p->state;
	payload_fail(a, p, &chunk_size, "Only the last chunk is allowed to have a size less than 8192 bytes");
	refusal_detail(a, &p->refusal, "Chunk", str_printf(a, "%lld", (long long)s->number));
	refusal_detail(a, &p->refusal, "BadChunkSize", str_printf(a, "%lld", (long long)s->size));
	return -1;
}

/* A chunk's first line. */
static int begin_chunk(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	str line, number, extensions;
	int64_t size, before = s->size;
	int rc = take_line(a, p, &line);
	if (rc <= 0) {
		return rc < 0 ? -1 : payload_fail_cut(a, p);
	}
	str_cut(line, ';', &number, &extensions);
	if (!parse_size(str_trim(number), &size) || (s->chunks_signed && !parse_signature(s, extensions))) {
		return payload_fail_cut(a, p);
	}
	s->number++;
	if (size && s->number > 1 && before < CHUNK_MIN) {
		return fail_small(a, p);
	}
	if (size > p->length - s->taken || (size == 0 && s->taken != p->length)) {
		return payload_fail_length(a, p);
	}
	if (s->chunks_signed) {
		digest_init(&s->sha, DIGEST_SHA256);
	}
	s->size = s->left = size;
	s->step = IN_CHUNK;
	return 0;
}

static ssize_t read_chunk(struct arena *a, struct payload *p, void *to, size_t n) {
	struct payload_state *s = p->state;
	size_t here = s->n - s->at;
	n = (int64_t)n < s->left ? n : (size_t)s->left;
	if (here) {
		n = n < here ? n : here;
		memcpy(to, s->window + s->at, n);
		s->at += n;
	} else {
		ssize_t got = exchange_read(p->x, to, n);
		if (got <= 0) {
			return got < 0 ? payload_fail_errno(a, p, got) : payload_fail_cut(a, p);
		}
		n = (size_t)got;
	}
	if (s->chunks_signed) {
		digest_update(&s->sha, to, n);
	}
	s->left -= (int64_t)n;
	s->taken += (int64_t)n;
	return (ssize_t)n;
}

static int end_chunk(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	str line;
	if (s->size) {
		int rc = take_line(a, p, &line);
		if (rc <= 0 || line.n) {
			return rc < 0 ? -1 : payload_fail_cut(a, p);
		}
	}
	if (!verify_chunk(a, p)) {
		return -1;
	}
	s->step = s->size ? AT_SIZE : AT_TRAILERS;
	return 0;
}

/* --- trailers --- */

static bool announces(str list, str name) {
	str one;
	while (list.n) {
		str_cut(list, ',', &one, &list);
		if (str_eq(one, name)) {
			return true;
		}
	}
	return false;
}

static bool has_trailer(const struct payload_state *s, str name) {
	size_t i = 0;
	while (i < s->trailer_count && !str_eq(s->trailers[i].name, name)) {
		i++;
	}
	return i < s->trailer_count;
}

static bool take_trailer(struct arena *a, struct payload *p, str line) {
	struct payload_state *s = p->state;
	str name, value;
	if (!str_cut(line, ':', &name, &value)) {
		return false;
	}
	name = str_lower(a, str_trim(name));
	value = str_dup(a, str_trim(value));
	if (str_is(name, "x-amz-trailer-signature")) {
		bool first = !s->trailer_signature.p;
		s->trailer_signature = value;
		return first && s->trailer_signed && value.n == SIGNATURE_LENGTH;
	}
	if (s->trailer_count == TRAILERS_MAX || !announces(s->announced, name) || has_trailer(s, name)) {
		return false;
	}
	s->trailers[s->trailer_count++] = (struct header){ name, value };
	return true;
}

/* Is all there that was announced? Then an empty line is the end. */
static bool trailers_complete(const struct payload_state *s) {
	str list = s->announced, one;
	while (list.n) {
		str_cut(list, ',', &one, &list);
		if (one.n && !has_trailer(s, one)) {
			return false;
		}
	}
	return !s->trailer_signed || s->trailer_signature.p || !s->trailer_count;
}

static int compare(const void *x, const void *y) {
	return str_cmp(((const struct header *)x)->name, ((const struct header *)y)->name);
}

static bool verify_trailers(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	struct buf lines = { .arena = a }, hash = { .arena = a };
	if (!s->trailer_signature.p) {
		return true;
	}
	qsort(s->trailers, s->trailer_count, sizeof(s->trailers[0]), compare);
	for (size_t i = 0; i < s->trailer_count; i++) {
		put(&lines, s->trailers[i].name);
		put_byte(&lines, ':');
		put(&lines, s->trailers[i].value);
		put_byte(&lines, '\n');
	}
	put_hash(&hash, digest_of(DIGEST_SHA256, buf_str(&lines)));
	return link_verify(a, p, link_text(a, p, "AWS4-HMAC-SHA256-TRAILER", buf_str(&hash)), s->trailer_signature);
}

/* Nothing may follow. */
static int end_body(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	ssize_t more = s->n > s->at ? 1 : fill(a, p);
	return more < 0 ? -1 : more ? fail_trailer(a, p) : 0;
}

/* Some clients put an empty line between the trailers and their signature. */
static int read_trailers(struct arena *a, struct payload *p) {
	struct payload_state *s = p->state;
	str line;
	int rc, empty = 0;
	while ((rc = take_line(a, p, &line)) > 0) {
		if (line.n ? !take_trailer(a, p, line) : trailers_complete(s) || ++empty > 2) {
			break;
		}
	}
	if (rc < 0) {
		return -1;
	}
	if ((rc > 0 && line.n) || !trailers_complete(s)) {
		return fail_trailer(a, p);
	}
	s->step = AT_END;
	return verify_trailers(a, p) ? end_body(a, p) : -1;
}

ssize_t chunks_read(struct arena *a, struct payload *p, void *to, size_t n) {
	struct payload_state *s = p->state;
	int rc = 0;
	while (rc == 0 && s->step != AT_END) {
		if (s->step == IN_CHUNK && s->left) {
			return read_chunk(a, p, to, n);
		}
		rc = s->step == AT_SIZE    ? begin_chunk(a, p)
		     : s->step == IN_CHUNK ? end_chunk(a, p)
					   : read_trailers(a, p);
	}
	return rc;
}
