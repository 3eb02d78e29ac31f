/* Error responses, read; and any message in any envelope, written and read back. */
#include "wire/fault.h"
#include "wire/wire_fuzz.h"

static void through(struct arena *a, enum proto proto, str text) {
	struct fault f = { "Trouble", 400 };
	struct refusal r = { .fault = &f, .message = text };
	struct envelope e = { .proto = proto, .request_id = text, .host_id = text, .resource = text };
	struct buf headers = { .arena = a }, body = { .arena = a };
	struct head h = { 0 };
	str code, message;
	refusal_detail(a, &r, "Key", text);
	fault_write(&headers, &body, &r, &e);
	struct header type = { S("x-amzn-ErrorType"), S("Trouble") };
	h.headers = &type;
	h.n = proto == P_RESTJSON;
	struct message m = { &h, { 0 }, buf_str(&body) };
	if (!fault_read(a, proto, &m, &code, &message) || !str_is(code, "Trouble")) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena a = { 0 };
	struct head h = { 0 };
	str text = { (const char *)data, size }, code, message;
	for (enum proto proto = P_EC2; proto <= P_CBOR; proto = (enum proto)(proto << 1)) {
		struct message m = { &h, { 0 }, text };
		fault_read(&a, proto, &m, &code, &message);
		through(&a, proto, text);
	}
	arena_free(&a);
	return 0;
}
