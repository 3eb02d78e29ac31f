/* What the fuzz targets of this room share: an operation and a shape out of the input's first bytes. */
#pragma once

#include "wire/rest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pick {
	struct wire wire;
	const struct shape *shape;
	str rest;
};

/* protos: services that speak one of these. */
static inline bool pick_shape(const uint8_t *data, size_t size, int protos, struct pick *out) {
	size_t n = 0;
	const struct service *found[32];
	for (const struct service *const *s = services; *s && n < 32; s++) {
		if ((*s)->protos & protos) {
			found[n++] = *s;
		}
	}
	if (size < 4 || n == 0) {
		return false;
	}
	const struct service *s = found[data[0] % n];
	const struct op *op = &s->ops[(data[1] | (size_t)data[2] << 8) % s->n_ops];
	out->wire = (struct wire){ s, op, (enum proto)(s->protos & protos & -(s->protos & protos)) };
	out->shape = data[3] & 1 ? op->out : op->in;
	out->rest = (str){ (const char *)data + 4, size - 4 };
	return out->shape;
}

/* What was read must be writable on every wire, and checkable; what is written as CBOR must come back. */
static inline void use_value(struct arena *a, const struct val *v, const struct wire *w) {
	struct buf json = { .arena = a }, cbor = { .arena = a }, again = { .arena = a }, form = { .arena = a };
	val_check(a, v);
	json_write(&json, v);
	if (v->shape->kind == K_STRUCT) {
		query_write(&form, v, P_QUERY);
		query_write(&form, v, P_EC2);
		for (enum proto proto = P_EC2; proto <= P_CBOR; proto = (enum proto)(proto << 1)) {
			struct response r = { .headers = { .arena = a }, .body = { .arena = a } };
			struct wire to = { w->service, w->op, proto };
			if (v->shape == w->op->out) {
				response_write(&r, v, &to, S("id"));
			}
		}
	}
	cbor_write(&cbor, v);
	struct val *back = val_new(a, v->shape);
	if (cbor_read(a, back, buf_str(&cbor))) {
		cbor_write(&again, back);
		if (!str_eq(buf_str(&cbor), buf_str(&again))) {
			abort();
		}
	}
}
