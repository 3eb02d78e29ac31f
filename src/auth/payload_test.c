#include "auth/payload.h"

#include "auth/sample.h"
#include "base/tap.h"

#include <errno.h>

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The body that the fake exchange gives, in pieces of at most step bytes, and how it ends. */
static struct source {
	str left;
	size_t step;
	int end; /* 0 or -errno */
} source;

ssize_t exchange_read(struct exchange *x, void *p, size_t n) {
	size_t got = n < source.left.n ? n : source.left.n;
	got = got < source.step ? got : source.step;
	(void)x;
	if (got == 0) {
		return source.end;
	}
	memcpy(p, source.left.p, got);
	source.left = str_skip(source.left, got);
	return (ssize_t)got;
}

/* Head and body of one upload, and its credentials. */
struct upload {
	struct exchange x;
	struct auth auth;
	struct payload payload;
	struct refusal why;
};

static const struct auth v4 = {
	.way = AUTH_V4_HEADER,
	.access_key = LITERAL("AKIAIOSFODNN7EXAMPLE"),
	.region = LITERAL("us-east-1"),
	.service = LITERAL("s3"),
	.date = LITERAL("20130524"),
	.time = 1369353600000,
};

static void sign_key(struct auth *auth) {
	static const uint8_t key[] = { 0xdb, 0xb8, 0x93, 0xac, 0xc0, 0x10, 0x96, 0x49, 0x18, 0xf1, 0xfd,
				       0x43, 0x3a, 0xdd, 0x87, 0xc7, 0x0e, 0x8b, 0x0d, 0xb6, 0xbe, 0x30,
				       0xc1, 0xfb, 0xea, 0xfe, 0xfa, 0x5e, 0xc6, 0xba, 0x83, 0x78 };
	memcpy(auth->signing_key, key, sizeof(key));
}

/* What comes out of the body, or the code of the refusal. */
static str content(struct arena *a, struct upload *u, size_t step) {
	struct buf b = { .arena = a };
	if (!payload_open(a, &u->payload, &u->x, &u->auth, &u->why)) {
		return str_from(u->why.fault->code);
	}
	for (;;) {
		ssize_t n = payload_read(a, &u->payload, buf_room(&b, step), step);
		if (n == 0) {
			return buf_str(&b);
		}
		if (n < 0) {
			CHECK(payload_read(a, &u->payload, buf_room(&b, step), step) == -1);
			return str_from(u->payload.refusal.fault->code);
		}
		b.n += (size_t)n;
	}
}

static void prepare(struct arena *a, struct upload *u, const struct auth *auth, const char *head, str body) {
	*u = (struct upload){ .auth = *auth, .x = { .arena = a } };
	sign_key(&u->auth);
	sample_head(a, &u->x.head, head);
	source = (struct source){ .left = body, .step = 100000 };
}

static str repeat(struct arena *a, char c, size_t n) {
	char *p = arena_alloc(a, n + 1);
	memset(p, c, n);
	return (str){ p, n };
}

static void put_chunk(struct buf *b, size_t size, const char *signature) {
	putf(b, "%zx;chunk-signature=%s\r\n", size, signature);
	put(b, repeat(b->arena, 'a', size));
	put(b, size ? S("\r\n") : S(""));
}

#define STREAM_HEAD "PUT /examplebucket/chunkObject.txt\nHost: s3.amazonaws.com\nx-amz-decoded-content-length: 66560\n"

/* The chunked upload of the S3 API Reference: 65 KiB of 'a', in chunks of 64 KiB. */
static void test_documented(struct arena *a) {
	static const size_t steps[] = { 1, 7, 4096, 65536, 300000 };
	struct upload u;
	struct auth auth = v4;
	struct buf b = { .arena = a };
	auth.payload = PAYLOAD_CHUNKS;
	auth.seed = S("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
	put_chunk(&b, 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
	put_chunk(&b, 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
	put_chunk(&b, 0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
	put(&b, S("\r\n"));
	CHECK_INT(b.n, 66824);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
			AUTO_ARENA inner = { 0 };
			prepare(&inner, &u, &auth, STREAM_HEAD "Content-Length: 66824\n", buf_str(&b));
			source.step = steps[k];
			CHECK(str_eq(content(&inner, &u, steps[i]), repeat(a, 'a', 66560)));
			CHECK_INT(u.payload.length, 66560);
		}
	}
	b.p[100] = 'b';
	prepare(a, &u, &auth, STREAM_HEAD "Content-Length: 66824\n", buf_str(&b));
	CHECK_STR(content(a, &u, 9000), S("SignatureDoesNotMatch"));
	b.p[100] = 'a';
	b.p[66824 - 10] ^= 1; /* the last signature */
	prepare(a, &u, &auth, STREAM_HEAD "Transfer-Encoding: chunked\n", buf_str(&b));
	CHECK_STR(content(a, &u, 9000), S("SignatureDoesNotMatch"));
}

/* The same with a trailer. */
static void test_documented_trailer(struct arena *a) {
	struct upload u;
	struct auth auth = v4;
	struct buf b = { .arena = a };
	const char *head = STREAM_HEAD "x-amz-trailer: x-amz-checksum-crc32c\nTransfer-Encoding: chunked\n";
	auth.payload = PAYLOAD_CHUNKS_TRAILER;
	auth.seed = S("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
	put_chunk(&b, 65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2");
	put_chunk(&b, 1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7");
	put_chunk(&b, 0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
	put(&b, S("x-amz-checksum-crc32c:sOO8/Q==\n\r\n"));
	size_t n = b.n;
	put(&b, S("x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"));
	prepare(a, &u, &auth, head, buf_str(&b));
	CHECK(content(a, &u, 5000).n == 66560);
	CHECK_STR(payload_trailer(&u.payload, "X-Amz-Checksum-CRC32C"), S("sOO8/Q=="));
	CHECK_STR(payload_announced(&u.payload), S("x-amz-checksum-crc32c"));
	b.p[n - 7] = 'R';
	prepare(a, &u, &auth, head, buf_str(&b));
	CHECK_STR(content(a, &u, 5000), S("SignatureDoesNotMatch"));
	prepare(a, &u, &auth, head, (str){ b.p, n });
	CHECK_STR(content(a, &u, 5000), S("MalformedTrailerError"));
	prepare(a, &u, &auth, STREAM_HEAD "Transfer-Encoding: chunked\n", buf_str(&b));
	CHECK_STR(content(a, &u, 5000), S("MalformedTrailerError"));
}

/* Unsigned framing, in all the ways that clients write it and some that they must not. */
static void test_unsigned(struct arena *a) {
	static const struct {
		const char *trailer; /* announced */
		const char *body, *want;
	} rows[] = {
		{ "", "5\r\nhello\r\n0\r\n\r\n", "hello" },
		{ "", "5\r\nhello\r\n0\r\n", "hello" },
		{ "", "005 ; x=y\r\nhello\r\n0\r\n\r\n", "hello" },
		{ "x-amz-checksum-crc32", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "hello" },
		{ "X-Amz-Checksum-CRC32", "5\r\nhello\r\n0\r\nX-AMZ-checksum-crc32: NhCmhg== \n\n", "hello" },
		{ "a, b", "5\r\nhello\r\n0\r\nb:1\r\na:2\r\n\r\n", "hello" },
		{ "a", "5\r\nhello\r\n0\r\n\r\na:2\r\n\r\n", "hello" },
		{ "a", "5\r\nhello\r\n0\r\na:2\r\n", "hello" },
		{ "a", "5\r\nhello\r\n0\r\n\r\n", "MalformedTrailerError" },
		{ "a", "5\r\nhello\r\n0\r\nb:1\r\n\r\n", "MalformedTrailerError" },
		{ "a", "5\r\nhello\r\n0\r\na:1\r\na:2\r\n\r\n", "MalformedTrailerError" },
		{ "a", "5\r\nhello\r\n0\r\na\r\n\r\n", "MalformedTrailerError" },
		{ "a", "5\r\nhello\r\n0\r\n\r\n\r\n\r\n\r\na:1\r\n\r\n", "MalformedTrailerError" },
		{ "", "5\r\nhello\r\n0\r\na:1\r\n\r\n", "MalformedTrailerError" },
		{ "", "5\r\nhello\r\n0\r\n\r\nmore", "MalformedTrailerError" },
		{ "", "5\r\nhello\r\n0\r\nx-amz-trailer-signature:0\r\n\r\n", "MalformedTrailerError" },
		{ "", "5\r\nhell", "IncompleteBody" },
		{ "", "5\r\nhello\r\n", "IncompleteBody" },
		{ "", "5\r\nhello!\r\n0\r\n\r\n", "IncompleteBody" },
		{ "", "4\r\nhell\r\n0\r\n\r\n", "IncompleteBody" },
		{ "", "6\r\nhello!\r\n0\r\n\r\n", "IncompleteBody" },
		{ "", "x\r\n", "IncompleteBody" },
		{ "", "-5\r\nhello\r\n0\r\n\r\n", "IncompleteBody" },
		{ "", "fffffffffffffffff\r\n", "IncompleteBody" },
		{ "", "7fffffffffffffff\r\nhello", "IncompleteBody" },
		{ "", "", "IncompleteBody" },
		{ "", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "InvalidChunkSizeError" },
	};
	struct auth auth = { .way = AUTH_ANONYMOUS, .payload = PAYLOAD_UNSIGNED_TRAILER };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step < 40; step += 19) {
			struct upload u;
			str head = str_printf(a,
					      "PUT /\nHost: h\nx-amz-decoded-content-length: 5\nx-amz-trailer: %s\n"
					      "Transfer-Encoding: chunked\n",
					      rows[i].trailer);
			prepare(a, &u, &auth, str_z(a, head), str_from(rows[i].body));
			source.step = step;
			tap_str(content(a, &u, step), str_from(rows[i].want), __FILE__, __LINE__, rows[i].want);
		}
	}
}

static void test_small_chunks(struct arena *a) {
	struct upload u;
	struct buf b = { .arena = a };
	struct auth auth = { .payload = PAYLOAD_UNSIGNED_TRAILER };
	put(&b, S("2000\r\n"));
	put(&b, repeat(a, 'x', 8192));
	put(&b, S("\r\n1fff\r\n"));
	put(&b, repeat(a, 'x', 8191));
	size_t n = b.n;
	put(&b, S("\r\n0\r\n\r\n"));
	prepare(a, &u, &auth, "PUT /\nx-amz-decoded-content-length: 16383\nTransfer-Encoding: chunked\n", buf_str(&b));
	CHECK_INT(content(a, &u, 4000).n, 16383);
	b.n = n;
	put(&b, S("\r\n1\r\nx\r\n0\r\n\r\n"));
	prepare(a, &u, &auth, "PUT /\nx-amz-decoded-content-length: 16384\nTransfer-Encoding: chunked\n", buf_str(&b));
	CHECK_STR(content(a, &u, 4000), S("InvalidChunkSizeError"));
	CHECK_STR(u.payload.refusal.details->value, S("3"));
	CHECK_STR(u.payload.refusal.details->next->value, S("8191"));
}

static void test_plain(struct arena *a) {
	struct upload u;
	struct auth auth = v4;
	const char *head = "PUT /\nContent-Length: 5\n";
	auth.payload = PAYLOAD_SHA256;
	auth.sha256 = S("2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824");
	prepare(a, &u, &auth, head, S("hello"));
	CHECK_STR(content(a, &u, 3), S("hello"));
	CHECK_INT(u.payload.length, 5);
	prepare(a, &u, &auth, head, S("hellO"));
	CHECK_STR(content(a, &u, 3), S("XAmzContentSHA256Mismatch"));
	CHECK_STR(u.payload.refusal.details->value, auth.sha256);
	CHECK(strcmp(u.payload.refusal.details->next->name, "S3ComputedContentSHA256") == 0);
	prepare(a, &u, &auth, "PUT /\nContent-Length: 5\nx-amz-trailer: x-amz-checksum-crc32\n", S("hello"));
	CHECK_STR(content(a, &u, 3), S("MalformedTrailerError"));
	prepare(a, &u, &auth, head, S("hel"));
	source.end = -ECONNRESET;
	CHECK_STR(content(a, &u, 3), S("IncompleteBody"));
	prepare(a, &u, &auth, head, S("hel"));
	source.end = -ETIMEDOUT;
	CHECK_STR(content(a, &u, 3), S("RequestTimeout"));
	CHECK(str_starts(u.payload.refusal.message, S("Your socket connection to the server was not read from")));
	prepare(a, &u, &auth, "PUT /\nTransfer-Encoding: chunked\n", S("hel"));
	source.end = -EPROTO;
	CHECK_STR(content(a, &u, 3), S("IncompleteBody"));
	auth.sha256 = S(EMPTY_HASH);
	prepare(a, &u, &auth, "GET /\n", S(""));
	CHECK_STR(content(a, &u, 3), S(""));
	CHECK_INT(u.payload.length, 0);
}

static void test_lengths(struct arena *a) {
	struct upload u;
	struct auth auth = { .payload = PAYLOAD_UNSIGNED };
	prepare(a, &u, &auth, "PUT /\n", S(""));
	CHECK_STR(content(a, &u, 3), S("MissingContentLength"));
	CHECK_INT(u.why.fault->status, 411);
	prepare(a, &u, &auth, "POST /\n", S(""));
	CHECK_STR(content(a, &u, 3), S(""));
	prepare(a, &u, &auth, "PUT /\nTransfer-Encoding: chunked\n", S("hello"));
	CHECK_STR(content(a, &u, 3), S("hello"));
	CHECK_INT(u.payload.length, -1);
	/* Content-Encoding alone makes no framing, with a decoded length it does. */
	prepare(a, &u, &auth, "PUT /\nContent-Length: 15\nContent-Encoding: aws-chunked\n",
		S("5\r\nhello\r\n0\r\n\r\n"));
	CHECK_STR(content(a, &u, 3), S("5\r\nhello\r\n0\r\n\r\n"));
	prepare(a, &u, &auth,
		"PUT /\nContent-Length: 15\nContent-Encoding: gzip, AWS-chunked\nx-amz-decoded-content-length: 5\n",
		S("5\r\nhello\r\n0\r\n\r\n"));
	CHECK_STR(content(a, &u, 3), S("hello"));
	auth.payload = PAYLOAD_UNSIGNED_TRAILER;
	prepare(a, &u, &auth, "PUT /\nTransfer-Encoding: chunked\n", S("0\r\n\r\n"));
	CHECK_STR(content(a, &u, 3), S("MissingContentLength"));
	prepare(a, &u, &auth, "PUT /\nContent-Length: 5\nx-amz-decoded-content-length: x\n", S("0\r\n\r\n"));
	CHECK_STR(content(a, &u, 3), S("InvalidArgument"));
	prepare(a, &u, &auth, "PUT /\nContent-Length: 5\nx-amz-decoded-content-length: 0\n", S("0\r\n\r\n"));
	CHECK_STR(content(a, &u, 3), S(""));
	auth.payload = PAYLOAD_CHUNKS;
	auth.seed = S(EMPTY_HASH);
	prepare(a, &u, &auth, "PUT /\nContent-Length: 5\nx-amz-decoded-content-length: 0\n", S("0\r\n\r\n"));
	CHECK_STR(content(a, &u, 3), S("IncompleteBody"));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	test_documented(&a);
	test_documented_trailer(&a);
	test_unsigned(&a);
	test_small_chunks(&a);
	test_plain(&a);
	test_lengths(&a);
	return tap_done();
}
