#include "auth/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool try(struct arena *a, const struct head *h, enum auth_style style, str body) {
	struct auth auth;
	struct refusal why;
	bool parsed = auth_parse(a, h, style, &auth, &why);
	if (parsed && auth.way == AUTH_ANONYMOUS) {
		parsed = auth_parse_form(a, body, style, &auth, &why);
	}
	if (!parsed || auth.way == AUTH_ANONYMOUS) {
		return false;
	}
	struct auth_request r = { .head = h, .style = style, .body = body, .body_known = true };
	r.bucket = auth.date;
	r.secret = S("a secret that nobody guesses");
	return auth_verify(a, &r, &auth, &why);
}

/* A head (or only its query, or only its Authorization header) that a stranger sends. None may be let in. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	AUTO_ARENA a = { 0 };
	struct head h;
	size_t used = 0;
	if (size == 0) {
		return 0;
	}
	str bytes = { (const char *)data + 1, size - 1 };
	enum auth_style style = (enum auth_style)(data[0] % 4);
	bool ok = head_read(&a, bytes, &h, &used) == HEAD_OK && try(&a, &h, style, str_skip(bytes, used));
	h = (struct head){ .method = S("GET"), .path = S("/b/k"), .query = bytes };
	ok = ok || try(&a, &h, style, bytes);
	struct header headers[] = { { S("Authorization"), bytes },
				    { S("Host"), S("h") },
				    { S("x-amz-date"), S("20260101T000000Z") },
				    { S("x-amz-content-sha256"), S("UNSIGNED-PAYLOAD") } };
	h = (struct head){ .method = S("GET"), .path = bytes, .query = bytes, .headers = headers, .n = 4 };
	ok = ok || try(&a, &h, style, bytes);
	if (ok) {
		__builtin_trap();
	}
	return 0;
}
