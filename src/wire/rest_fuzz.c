/* A head, an empty line and a body: routed, read as a request, and read as a response. */
#include "wire/wire_fuzz.h"

static void route(struct arena *a, const struct service *s, const struct head *h, str body) {
	const struct op *op = rest_route(s, h, h->path);
	struct wire w = { s, op, s->protos & P_RESTXML ? P_RESTXML : P_RESTJSON };
	str why;
	if (!op || !op->in) {
		return;
	}
	struct val *v = val_new(a, op->in);
	struct message m = { h, h->path, body };
	if (message_read(a, v, &w, &m, &why)) {
		struct request r;
		use_value(a, v, &w);
		request_write(a, &r, v, &w);
	}
}

static void reread(struct arena *a, const struct op *op, const struct service *s, const struct head *h, str body) {
	struct wire w = { s, op, s->protos & P_RESTXML ? P_RESTXML : P_RESTJSON };
	struct message m = { h, { 0 }, body };
	struct val *v = op->out ? val_new(a, op->out) : NULL;
	if (v && response_read(a, v, &w, &m)) {
		use_value(a, v, &w);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena a = { 0 };
	struct pick p;
	struct head h;
	size_t used;
	bool picked = pick_shape(data, size, P_RESTXML | P_RESTJSON, &p);
	if (size > 4 && head_read(&a, (str){ (const char *)data + 4, size - 4 }, &h, &used) == HEAD_OK) {
		str body = { (const char *)data + 4 + used, size - 4 - used };
		route(&a, service_find("s3"), &h, body);
		route(&a, service_find("sagemaker-runtime"), &h, body);
		if (picked) {
			reread(&a, p.wire.op, p.wire.service, &h, body);
		}
	}
	arena_free(&a);
	return 0;
}
