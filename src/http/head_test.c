#include "base/log.h"
#include "base/tap.h"
#include "http/coding.h"

static struct arena arena;
static struct head head;
static size_t used;

static enum head_result request(const char *text) {
	return head_read(&arena, str_from(text), &head, &used);
}

static void accepted(void) {
	const char *text = "GET /b/k%20x?list-type=2&prefix=a%2Fb&flag&plus=a+b HTTP/1.1\r\nHost: s3.local:4566\r\n"
			   "X-Amz-Date:\t 20260101T000000Z \t\r\nEmpty:\r\nx-amz-date: second\r\n\r\nrest";
	CHECK_INT(request(text), HEAD_OK);
	CHECK_INT(used, strlen(text) - 4);
	CHECK_STR(head.method, S("GET"));
	CHECK_STR(head.target, S("/b/k%20x?list-type=2&prefix=a%2Fb&flag&plus=a+b"));
	CHECK_STR(head.path, S("/b/k%20x"));
	CHECK_STR(head.query, S("list-type=2&prefix=a%2Fb&flag&plus=a+b"));
	CHECK_STR(head.host, S("s3.local:4566"));
	CHECK_INT(head.n, 4);
	CHECK(head.keep_alive && !head.chunked && !head.expect_continue && head.minor == 1 &&
	      head.content_length == -1);
	CHECK_STR(head_get(&head, "X-AMZ-DATE"), S("20260101T000000Z"));
	CHECK_INT(head_count(&head, "x-amz-date"), 2);
	CHECK(head_get(&head, "empty").p && head_get(&head, "empty").n == 0 && !head_get(&head, "none").p);
	CHECK_STR(query_get(&arena, &head, "prefix"), S("a/b"));
	CHECK_STR(query_get(&arena, &head, "plus"), S("a b"));
	CHECK_STR(query_get(&arena, &head, "flag"), S(""));
	CHECK(query_has(&arena, &head, "flag") && !query_has(&arena, &head, "fla") && !query_has(&arena, &head, ""));
	CHECK(query_get(&arena, &head, "none").p == NULL);
}

static void targets(void) {
	CHECK_INT(request("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), HEAD_OK);
	CHECK(head.query.p == NULL && !query_has(&arena, &head, "x"));
	CHECK_INT(request("GET HTTP://Bucket.s3:80?acl HTTP/1.1\r\nHost: other\r\n\r\n"), HEAD_OK);
	CHECK_STR(head.host, S("Bucket.s3:80"));
	CHECK_STR(head.path, S("/"));
	CHECK_STR(head.query, S("acl"));
	CHECK_INT(request("GET https://h/p?q HTTP/1.1\r\nHost: other\r\n\r\n"), HEAD_OK);
	CHECK_STR(head.path, S("/p"));
	CHECK_INT(request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), HEAD_OK);
	CHECK_INT(request("CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n"), HEAD_OK);
	CHECK(head.path.p == NULL);
	CHECK_STR(head.host, S("s3.amazonaws.com:443"));
	CHECK_INT(request("GET /\x80\xff HTTP/1.1\r\nHost: a\r\nX: \xe4\xff\r\n\r\n"), HEAD_OK);
	CHECK_STR(head_get(&head, "x"), S("\xe4\xff"));
	CHECK_INT(request("GET / HTTP/1.0\r\n\r\n"), HEAD_OK);
	CHECK(!head.keep_alive && head.minor == 0 && head.host.p == NULL);
	CHECK_INT(request("GET / HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n"), HEAD_OK);
	CHECK(head.keep_alive);
	CHECK_INT(request("GET / HTTP/1.1\r\nHost:\r\nConnection: x ,cLose\r\n\r\n"), HEAD_OK);
	CHECK(!head.keep_alive);
}

static void bodies(void) {
	CHECK_INT(request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n"), HEAD_OK);
	CHECK_INT(head.content_length, INT64_MAX);
	CHECK_INT(request("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n"),
		  HEAD_OK);
	CHECK(head.chunked && head.expect_continue);
	CHECK_INT(request("PUT / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"), HEAD_OK);
	CHECK(!head.expect_continue && head.content_length == 1);
}

static void refused(void) {
	static const char *const lines[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n\n",
		"GET / HTTP/1.1\r\nHost: a\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
		"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX\t: 1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX(: 1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX\xff: 1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: 12345678\x7f\r\n\r\n",
		"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /\t HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /\x1f HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
		"GET /\r\n\r\n",
		" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET http://u@h/p HTTP/1.1\r\nHost: a\r\n\r\n",
		"CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n",
		"CONNECT h HTTP/1.1\r\nHost: a\r\n\r\n",
		"CONNECT h:99999 HTTP/1.1\r\nHost: a\r\n\r\n",
		"CONNECT :1 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / http/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/11\r\nHost: a\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		enum head_result rc = request(lines[i]);
		if (rc != HEAD_MALFORMED) {
			log_error("not refused: number %zu", i);
		}
		CHECK_INT(rc, HEAD_MALFORMED);
	}
	CHECK_INT(request("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), HEAD_VERSION);
	CHECK_INT(request("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), HEAD_VERSION);
	CHECK_INT(head_read(&arena, S("GET / HTTP/1.1\r\nHost: a\r\nX: 1\0002\r\n\r\n"), &head, &used), HEAD_MALFORMED);
	CHECK_INT(head_read(&arena, S("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), &head, &used), HEAD_MALFORMED);
}

/* Framing that two readers might read in two ways. */
static void smuggling(void) {
	static const struct {
		enum head_result want;
		const char *fields;
	} cases[] = {
		{ HEAD_MALFORMED, "Content-Length: 5\r\nContent-Length: 5\r\n" },
		{ HEAD_MALFORMED, "Content-Length: 5\r\nContent-Length: 6\r\n" },
		{ HEAD_MALFORMED, "Content-Length: 5, 5\r\n" },
		{ HEAD_MALFORMED, "Content-Length: +5\r\n" },
		{ HEAD_MALFORMED, "Content-Length: -5\r\n" },
		{ HEAD_MALFORMED, "Content-Length: 0x5\r\n" },
		{ HEAD_MALFORMED, "Content-Length: 5 5\r\n" },
		{ HEAD_MALFORMED, "Content-Length: 1e3\r\n" },
		{ HEAD_MALFORMED, "Content-Length:\r\n" },
		{ HEAD_MALFORMED, "Content-Length: 9223372036854775808\r\n" },
		{ HEAD_MALFORMED, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" },
		{ HEAD_MALFORMED, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" },
		{ HEAD_MALFORMED, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" },
		{ HEAD_CODING, "Transfer-Encoding: chunked, chunked\r\n" },
		{ HEAD_CODING, "Transfer-Encoding: gzip, chunked\r\n" },
		{ HEAD_CODING, "Transfer-Encoding: identity\r\n" },
		{ HEAD_CODING, "Transfer-Encoding: xchunked\r\n" },
		{ HEAD_CODING, "Transfer-Encoding: \"chunked\"\r\n" },
		{ HEAD_CODING, "Transfer-Encoding:\r\n" },
		{ HEAD_MALFORMED, "Transfer-Encoding : chunked\r\n" },
		{ HEAD_MALFORMED, "Transfer-Encoding\r\n: chunked\r\n" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		str text = str_printf(&arena, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n", cases[i].fields);
		CHECK_INT(head_read(&arena, text, &head, &used), cases[i].want);
	}
	CHECK_INT(request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), HEAD_MALFORMED);
}

static void pieces(void) {
	static const char text[] = "\r\nPUT /key HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
	bool more = true;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		more &= head_read(&arena, (str){ text, n }, &head, &used) == HEAD_MORE && used == 0;
	}
	CHECK(more);
	CHECK_INT(head_read(&arena, S(text), &head, &used), HEAD_OK);
	CHECK_INT(used, sizeof(text) - 1);
}

static void limits(void) {
	struct buf b = { .arena = &arena };
	putz(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 1; i < HEADERS_MAX; i++) {
		putz(&b, "a: b\r\n");
	}
	size_t n = b.n;
	putz(&b, "\r\n");
	CHECK_INT(head_read(&arena, buf_str(&b), &head, &used), HEAD_OK);
	CHECK_INT(head.n, HEADERS_MAX);
	b.n = n;
	putz(&b, "a: b\r\n\r\n");
	CHECK_INT(head_read(&arena, buf_str(&b), &head, &used), HEAD_TOO_LARGE);
	b.n = 0;
	putz(&b, "GET /");
	while (b.n < HEAD_MAX - 1) {
		put_byte(&b, 'x');
	}
	CHECK_INT(head_read(&arena, buf_str(&b), &head, &used), HEAD_MORE);
	put_byte(&b, 'x');
	CHECK_INT(head_read(&arena, buf_str(&b), &head, &used), HEAD_TOO_LARGE);
	putz(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
	CHECK_INT(head_read(&arena, buf_str(&b), &head, &used), HEAD_TOO_LARGE);
}

static void responses(void) {
	str text = S("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
	CHECK_INT(head_read_response(&arena, text, &head, &used), HEAD_OK);
	CHECK(head.status == 200 && head.content_length == 4 && !head.keep_alive && used == text.n - 4);
	CHECK_INT(head_read_response(&arena, S("HTTP/1.1 404\r\n\r\n"), &head, &used), HEAD_OK);
	CHECK_INT(head_read_response(&arena, S("HTTP/1.0 304 Not \xe4 M\r\n\r\n"), &head, &used), HEAD_OK);
	CHECK_INT(head_read_response(&arena, S("HTTP/1.1 2000 OK\r\n\r\n"), &head, &used), HEAD_MALFORMED);
	CHECK_INT(head_read_response(&arena, S("HTTP/1.1  200 OK\r\n\r\n"), &head, &used), HEAD_MALFORMED);
	CHECK_INT(head_read_response(&arena, S("HTTP/1.1 099 OK\r\n\r\n"), &head, &used), HEAD_MALFORMED);
	CHECK_INT(head_read_response(&arena, S("HTTP/1.1\r\n\r\n"), &head, &used), HEAD_MALFORMED);
	CHECK_INT(head_read_response(&arena, S("HTTP/3.1 200 OK\r\n\r\n"), &head, &used), HEAD_VERSION);
	CHECK_INT(head_read_response(&arena, S("HTTP/1.1 20"), &head, &used), HEAD_MORE);
}

/* Decodes a whole body that comes in steps of so many bytes. */
static enum coding_step decode(str body, size_t step_size, struct coding *c, struct buf *out) {
	size_t at = 0, shown = 0;
	for (;;) {
		size_t n = 0;
		enum coding_step step = coding_next(c, (str){ body.p + at, shown - at }, &n);
		at += n;
		if (step == CODING_DATA && shown > at) {
			n = c->left < shown - at ? (size_t)c->left : shown - at;
			put(out, (str){ body.p + at, n });
			c->left -= n;
			at += n;
		} else if (step == CODING_END || step == CODING_BAD || shown == body.n) {
			return step;
		} else {
			shown = shown + step_size < body.n ? shown + step_size : body.n;
		}
	}
}

static void coding_good(void) {
	str body = S("5\r\nhello\r\n00A;x=\"y\";z\r\n 123456789\r\n0000000000000000\r\nX-Sum: 1\r\nY:\r\n\r\nnext");
	for (size_t step = 1; step <= body.n; step++) {
		struct coding c = { .arena = &arena };
		struct buf out = { .arena = &arena };
		bool ok = decode(body, step, &c, &out) == CODING_END && str_is(buf_str(&out), "hello 123456789");
		CHECK(ok && c.n == 2 && str_is(c.trailer[0].value, "1"));
	}
}

static void coding_bad(void) {
	static const char *const bodies[] = {
		"\r\n",
		"g\r\n",
		"-1\r\n",
		"+1\r\n",
		" 1\r\n",
		"1 \r\n",
		"0x1\r\n",
		"1\n",
		"1\r",
		"1\ra\r\n",
		"00000000000000001\r\n",
		"ffffffffffffffff\r\n",
		"8000000000000000\r\n",
		"1\r\nab\r\n",
		"1\r\na\n",
		"1\r\na0\r\n\r\n",
		"1;\x01\r\na\r\n",
		"0\r\nno colon\r\n\r\n",
		"0\r\n folded: x\r\n\r\n",
		"0\r\nX : 1\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct coding c = { .arena = &arena };
		struct buf out = { .arena = &arena };
		enum coding_step want = str_is(str_from(bodies[i]), "1\r") ? CODING_MORE : CODING_BAD;
		CHECK_INT(decode(str_from(bodies[i]), 1, &c, &out), want);
	}
}

static void coding_bounded(void) {
	struct buf b = { .arena = &arena };
	struct buf out = { .arena = &arena };
	struct coding c = { .arena = &arena };
	for (int i = 0; i < CODING_EXTRA_MAX / 16 + 1; i++) {
		putz(&b, "1;234567890123456\r\nx\r\n");
	}
	CHECK_INT(decode(buf_str(&b), b.n, &c, &out), CODING_BAD);
	b.n = 0;
	putz(&b, "1;");
	for (int i = 0; i < CODING_LINE_MAX; i++) {
		put_byte(&b, 'x');
	}
	c = (struct coding){ .arena = &arena };
	CHECK_INT(decode(buf_str(&b), b.n, &c, &out), CODING_BAD);
	b.n = 0;
	putz(&b, "0\r\n");
	for (int i = 0; i <= CODING_FIELDS_MAX; i++) {
		putz(&b, "a: b\r\n");
	}
	c = (struct coding){ .arena = &arena };
	CHECK_INT(decode(buf_str(&b), b.n, &c, &out), CODING_BAD);
}

int main(void) {
	accepted();
	targets();
	bodies();
	refused();
	smuggling();
	pieces();
	limits();
	responses();
	coding_good();
	coding_bad();
	coding_bounded();
	arena_free(&arena);
	return tap_done();
}
