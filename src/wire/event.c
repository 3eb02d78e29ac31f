/* The event-stream framing (application/vnd.amazon.eventstream): lengths and their CRC-32, headers, payload, CRC-32. */
#include "base/digest.h"
#include "wire/inner.h"
#include "wire/rest.h"

enum type { TYPE_TRUE, TYPE_FALSE, TYPE_BYTE, TYPE_SHORT, TYPE_INT, TYPE_LONG, TYPE_BYTES, TYPE_STRING, TYPE_TIME };

static void put_be(struct buf *b, uint64_t v, int bytes) {
	for (int i = bytes - 1; i >= 0; i--) {
		put_byte(b, (int)(v >> (8 * i) & 255));
	}
}

static void put_name(struct buf *b, const char *name) {
	put_byte(b, (int)strlen(name));
	putz(b, name);
}

static void put_text(struct buf *b, const char *name, enum type type, str s) {
	s.n = s.n > INT16_MAX ? INT16_MAX : s.n;
	put_name(b, name);
	put_byte(b, (int)type);
	put_be(b, s.n, 2);
	put(b, s);
}

static void put_value(struct buf *b, const struct val *v) {
	switch (v->shape->kind) {
	case K_BLOB: put_text(b, v->member->name, TYPE_BYTES, v->s); break;
	case K_STR: put_text(b, v->member->name, TYPE_STRING, v->s); break;
	case K_BOOL:
		put_name(b, v->member->name);
		put_byte(b, v->i ? TYPE_TRUE : TYPE_FALSE);
		break;
	case K_INT:
		put_name(b, v->member->name);
		put_byte(b, v->shape->flags & SH_LONG ? TYPE_LONG : TYPE_INT);
		put_be(b, (uint64_t)v->i, v->shape->flags & SH_LONG ? 8 : 4);
		break;
	case K_TIME:
		put_name(b, v->member->name);
		put_byte(b, TYPE_TIME);
		put_be(b, (uint64_t)v->i, 8);
		break;
	default: break;
	}
}

static void put_crc(struct buf *b, size_t from) {
	struct digest_value crc = digest_of(DIGEST_CRC32, (str){ b->p + from, b->n - from });
	put(b, digest_str(&crc));
}

static void put_message(struct buf *b, str headers, str payload) {
	size_t from = b->n;
	put_be(b, 16 + headers.n + payload.n, 4);
	put_be(b, headers.n, 4);
	put_crc(b, from);
	put(b, headers);
	put(b, payload);
	put_crc(b, from);
}

static const char *document_type(enum proto proto) {
	switch (proto) {
	case P_RESTXML: return "text/xml";
	case P_CBOR: return "application/cbor";
	case P_JSON: return "application/x-amz-json-1.1";
	default: return "application/json";
	}
}

static void put_document(struct buf *b, const struct val *v, enum proto proto) {
	switch (proto) {
	case P_RESTXML:
		putz(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
		xml_put(b, v, v->shape->name, NULL, true);
		break;
	case P_CBOR: cbor_write(b, v); break;
	default: json_write(b, v); break;
	}
}

/* What is in the payload: the member that is marked so, else the members that are not headers. type NULL: nothing. */
static const char *put_payload(struct buf *b, const struct val *event, enum proto proto) {
	const struct shape *shape = event->shape;
	struct val rest = { .shape = shape, .member = event->member };
	for (const struct val *c = event->first; c; c = c->next) {
		if (c->member->flags & M_EVENTPAYLOAD) {
			if (c->shape->kind == K_BLOB || c->shape->kind == K_STR) {
				put(b, c->s);
				return c->shape->kind == K_BLOB ? "application/octet-stream" : "text/plain";
			}
			put_document(b, c, proto);
			return document_type(proto);
		}
		if (!(c->member->flags & M_EVENTHEADER) && !(c->shape->flags & SH_EVENTSTREAM)) {
			struct val *copy = NEW(b->arena, struct val);
			*copy = *c;
			copy->next = NULL;
			*(rest.last ? &rest.last->next : &rest.first) = copy;
			rest.last = copy;
		}
	}
	if (!shape->n) {
		return NULL;
	}
	put_document(b, &rest, proto);
	return document_type(proto);
}

void event_write(struct buf *b, const struct val *event, enum proto proto) {
	struct buf headers = { .arena = b->arena }, payload = { .arena = b->arena };
	const char *name = event->member ? event->member->name : "initial-response";
	const char *type = put_payload(&payload, event, proto);
	put_text(&headers, ":message-type", TYPE_STRING, S("event"));
	put_text(&headers, ":event-type", TYPE_STRING, str_from(name));
	if (type) {
		put_text(&headers, ":content-type", TYPE_STRING, str_from(type));
	}
	for (const struct val *c = event->first; c; c = c->next) {
		if (c->member->flags & M_EVENTHEADER) {
			put_value(&headers, c);
		}
	}
	put_message(b, buf_str(&headers), buf_str(&payload));
}

void event_write_error(struct buf *b, str code, str message) {
	struct buf headers = { .arena = b->arena };
	put_text(&headers, ":message-type", TYPE_STRING, S("error"));
	put_text(&headers, ":error-code", TYPE_STRING, code);
	put_text(&headers, ":error-message", TYPE_STRING, text_clean(b->arena, message));
	put_message(b, buf_str(&headers), S(""));
}
