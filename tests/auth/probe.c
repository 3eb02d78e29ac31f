/* Verifies requests for signers.py. In, any number of times: "STYLE BUCKET HEAD-LENGTH BODY-LENGTH\n", head, body (a
 * BUCKET of "-" is none). Out, a line each: "ok SHA256-OF-THE-CONTENT TOKEN" or "CODE: message". argv[1] is the
 * secret of every key. */
#include "auth/payload.h"
#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

static str body_left;

ssize_t exchange_read(struct exchange *x, void *p, size_t n) {
	(void)x;
	n = n < body_left.n ? n : body_left.n;
	n = n < 10000 ? n : 10000;
	memcpy(p, body_left.p, n);
	body_left = str_skip(body_left, n);
	return (ssize_t)n;
}

static void refused(const struct refusal *why) {
	printf("%s: " STR_FMT "\n", why->fault->code, STR_ARG(why->message));
}

static void report(struct arena *a, struct digest_value v, const struct auth *auth) {
	struct buf b = { .arena = a };
	put_hex(&b, digest_str(&v));
	printf("ok " STR_FMT " " STR_FMT "\n", STR_ARG(buf_str(&b)), STR_ARG(auth->token));
}

static void read_content(struct arena *a, const struct head *h, const struct auth *auth) {
	struct exchange x = { .arena = a, .head = *h };
	struct payload p;
	struct refusal why;
	struct digest sum;
	char bytes[5000];
	ssize_t n;
	if (!payload_open(a, &p, &x, auth, &why)) {
		refused(&why);
		return;
	}
	digest_init(&sum, DIGEST_SHA256);
	while ((n = payload_read(a, &p, bytes, sizeof(bytes))) > 0) {
		digest_update(&sum, bytes, (size_t)n);
	}
	if (n < 0) {
		digest_drop(&sum);
		refused(&p.refusal);
		return;
	}
	report(a, digest_finish(&sum), auth);
}

static void verify(struct arena *a, const struct head *h, struct auth_request *r) {
	struct auth auth;
	struct refusal why;
	bool ok = auth_parse(a, h, r->style, &auth, &why);
	if (ok && auth.way == AUTH_ANONYMOUS) {
		ok = auth_parse_form(a, r->body, r->style, &auth, &why);
	}
	if (!ok || !auth_verify(a, r, &auth, &why)) {
		refused(&why);
	} else if (r->style == AUTH_S3) {
		read_content(a, h, &auth);
	} else {
		report(a, digest_of(DIGEST_SHA256, r->body), &auth);
	}
}

int main(int argc, char **argv) {
	unsigned style;
	size_t head_n, body_n, used;
	char bucket[256];
	while (argc > 1 && scanf("%u %255s %zu %zu", &style, bucket, &head_n, &body_n) == 4 && getchar() == '\n') {
		AUTO_ARENA a = { 0 };
		char *bytes = arena_alloc(&a, head_n + body_n + 1);
		struct head h;
		if (fread(bytes, 1, head_n + body_n, stdin) != head_n + body_n) {
			return 1;
		}
		body_left = (str){ bytes + head_n, body_n };
		struct auth_request r = { .head = &h, .style = (enum auth_style)style, .body = body_left };
		r.body_known = style != AUTH_S3;
		r.secret = str_from(argv[1]);
		r.bucket = strcmp(bucket, "-") == 0 ? (str){ 0 } : str_from(bucket);
		if (head_read(&a, (str){ bytes, head_n }, &h, &used) != HEAD_OK || used != head_n) {
			puts("head: malformed");
		} else {
			verify(&a, &h, &r);
		}
		fflush(stdout);
	}
	return 0;
}
