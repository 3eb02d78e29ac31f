#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(str s) {
	volatile char sum = 0;
	for (size_t i = 0; i < s.n; i++) {
		sum = (char)(sum ^ s.p[i]);
	}
}

static void use(struct arena *a, const struct head *h) {
	touch(h->method);
	touch(h->target);
	touch(h->path);
	touch(h->host);
	for (size_t i = 0; i < h->n; i++) {
		touch(h->headers[i].name);
		touch(h->headers[i].value);
	}
	touch(head_get(h, "host"));
	touch(query_get(a, h, "prefix"));
	touch(query_get(a, h, ""));
	if (h->chunked && h->content_length >= 0) {
		__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	AUTO_ARENA a = { 0 };
	struct head h;
	size_t used = 0;
	str bytes = { (const char *)data, size };
	if (head_read(&a, bytes, &h, &used) == HEAD_OK) {
		use(&a, &h);
		if (used > size || used > HEAD_MAX || head_count(&h, "content-length") > 1) {
			__builtin_trap();
		}
	}
	if (head_read_response(&a, bytes, &h, &used) == HEAD_OK) {
		use(&a, &h);
	}
	h = (struct head){ .query = bytes };
	touch(query_get(&a, &h, "a"));
	return 0;
}
