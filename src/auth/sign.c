#include "auth/canon.h"
#include "auth/keys.h"
#include "auth/scope.h"
#include "auth/sig.h"

#include <stdlib.h>

/* What is signed of a request's own headers. */
static bool signs(str name) {
	return str_ieq(name, S("host")) || str_ieq(name, S("content-type")) || str_ieq(name, S("content-md5")) ||
	       (name.n >= 6 && str_ieq((str){ name.p, 6 }, S("x-amz-")));
}

static int compare(const void *x, const void *y) {
	return str_cmp(*(const str *)x, *(const str *)y);
}

/* The sorted names of the headers to sign, each once, "host" among them. */
static str names_to_sign(struct arena *a, const struct head *h) {
	str *names = NEWS(a, str, h->n + 1);
	size_t n = 0;
	struct buf b = { .arena = a };
	names[n++] = S("host");
	for (size_t i = 0; i < h->n; i++) {
		if (signs(h->headers[i].name)) {
			names[n++] = str_lower(a, h->headers[i].name);
		}
	}
	qsort(names, n, sizeof(*names), compare);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !str_eq(names[i], names[i - 1])) {
			put(&b, i ? S(";") : S(""));
			put(&b, names[i]);
		}
	}
	return buf_str(&b);
}

static struct auth scope_of(struct arena *a, const struct signer *s) {
	str date = { time_text(a, s->now, TIME_AMZ).p, 8 };
	return (struct auth){ .date = date, .region = s->region, .service = s->service };
}

static bool for_s3(const struct signer *s) {
	return str_starts(s->service, S("s3"));
}

static str sign_canonical(struct arena *a, const struct signer *s, const struct canonical *c) {
	struct auth auth = scope_of(a, s);
	struct scope scope = { auth.date, auth.region, auth.service };
	struct to_sign t = { time_text(a, s->now, TIME_AMZ), scope_text(a, &auth), canonical_request(a, c) };
	uint8_t key[32];
	signing_key(s->secret, &scope, key);
	signing_key_keep(s->secret, &scope, key);
	return sigv4_sign(a, key, to_sign_text(a, &t));
}

static void add_header(struct head *h, struct buf *lines, const char *name, str value) {
	h->headers[h->n++] = (struct header){ str_from(name), value };
	putf(lines, "%s: " STR_FMT "\r\n", name, STR_ARG(value));
}

void auth_sign(struct buf *headers, const struct signer *s, const struct head *h, str payload_sha256) {
	struct arena *a = headers->arena;
	struct head all = *h;
	struct auth auth = scope_of(a, s);
	all.headers = NEWS(a, struct header, h->n + 3);
	if (h->n) {
		memcpy(all.headers, h->headers, h->n * sizeof(*h->headers));
	}
	add_header(&all, headers, "X-Amz-Date", time_text(a, s->now, TIME_AMZ));
	add_header(&all, headers, "X-Amz-Content-Sha256", payload_sha256);
	if (s->token.n) {
		add_header(&all, headers, "X-Amz-Security-Token", s->token);
	}
	struct canonical c = { .head = &all, .signed_headers = names_to_sign(a, &all), .s3 = for_s3(s) };
	c.payload = payload_sha256;
	str signature = sign_canonical(a, s, &c);
	putf(headers, "Authorization: AWS4-HMAC-SHA256 Credential=" STR_FMT "/" STR_FMT ", ", STR_ARG(s->access_key),
	     STR_ARG(scope_text(a, &auth)));
	putf(headers, "SignedHeaders=" STR_FMT ", Signature=" STR_FMT "\r\n", STR_ARG(c.signed_headers),
	     STR_ARG(signature));
}

static void put_param(struct buf *b, const char *name, str value) {
	put(b, b->n ? S("&") : S(""));
	putz(b, name);
	put_byte(b, '=');
	put_url(b, value, false);
}

str auth_presign(struct arena *a, const struct signer *s, const struct head *h, int64_t expires) {
	struct buf q = { .arena = a };
	struct head signed_head = *h;
	struct auth auth = scope_of(a, s);
	struct canonical c = { .head = &signed_head, .signed_headers = names_to_sign(a, h), .s3 = for_s3(s) };
	struct digest_value none = digest_of(DIGEST_SHA256, S(""));
	struct buf hash = { .arena = a };
	str key = str_printf(a, STR_FMT "/" STR_FMT, STR_ARG(s->access_key), STR_ARG(scope_text(a, &auth)));
	put(&q, h->query);
	put_param(&q, "X-Amz-Algorithm", S("AWS4-HMAC-SHA256"));
	put_param(&q, "X-Amz-Credential", key);
	put_param(&q, "X-Amz-Date", time_text(a, s->now, TIME_AMZ));
	put_param(&q, "X-Amz-Expires", str_printf(a, "%lld", (long long)expires));
	put_param(&q, "X-Amz-SignedHeaders", c.signed_headers);
	if (s->token.n) {
		put_param(&q, "X-Amz-Security-Token", s->token);
	}
	put_hex(&hash, digest_str(&none));
	signed_head.query = buf_str(&q);
	c.payload = c.s3 ? S("UNSIGNED-PAYLOAD") : buf_str(&hash);
	put_param(&q, "X-Amz-Signature", sign_canonical(a, s, &c));
	return buf_str(&q);
}
