#include "wire/inner.h"
#include "wire/rest.h"

static void put_type(struct buf *headers, const char *type) {
	put_header(headers, S("Content-Type"), str_from(type));
}

static const char *json_type(const struct service *s) {
	return s->json && strcmp(s->json, "1.0") == 0 ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1";
}

/* A payload that is bytes or text by itself. */
static void write_plain(struct buf *headers, struct buf *body, const struct val *payload, bool typed) {
	bool json = payload->shape->kind == K_STR && payload->s.n && payload->s.p[0] == '{';
	put(body, payload->s);
	if (!typed) {
		put_type(headers, json                            ? "application/json"
				  : payload->shape->kind == K_STR ? "text/plain"
								  : "application/octet-stream");
	}
}

/* Is a member bound to Content-Type? Then it says what there is to say. */
static bool binds_type(const struct shape *shape) {
	for (size_t i = 0; i < shape->n; i++) {
		const struct member *m = &shape->m[i];
		if (m->loc == L_HEADER && str_ieq(str_from(member_wire(m)), S("Content-Type"))) {
			return true;
		}
	}
	return false;
}

/* An output that goes out as a stream of events. */
static bool has_events(const struct shape *shape) {
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->m[i].shape->flags & SH_EVENTSTREAM) {
			return true;
		}
	}
	return false;
}

static bool is_plain(const struct val *payload) {
	return payload->shape->kind == K_BLOB || payload->shape->kind == K_STR;
}

static void write_rest(struct response *r, const struct val *v, const struct wire *w) {
	bool xml = w->proto == P_RESTXML;
	bool typed = binds_type(v->shape);
	headers_write(&r->headers, v);
	if (shape_streams(v->shape)) {
		return;
	}
	const struct member *m = shape_payload(v->shape);
	const struct val *payload = m ? val_child(v, m) : NULL;
	if (payload && is_plain(payload)) {
		write_plain(&r->headers, &r->body, payload, typed);
		return;
	}
	if (m && is_group(m->shape) ? !payload : !shape_has_body(v->shape)) {
		return;
	}
	if (!typed) {
		put_type(&r->headers, xml ? "application/xml" : "application/json");
	}
	if (xml) {
		xml_write(&r->body, v, w, (str){ 0 });
	} else {
		json_write(&r->body, payload ? payload : v);
	}
}

static int status_of(const struct val *v, const struct op *op) {
	for (const struct val *c = v ? v->first : NULL; c; c = c->next) {
		if (c->member->loc == L_STATUS && c->i >= 200 && c->i <= 599) {
			return (int)c->i;
		}
	}
	return op->status ? op->status : 200;
}

static void write_tree(struct response *r, const struct val *v, const struct service *s, bool cbor) {
	putz(&r->headers, cbor ? "smithy-protocol: rpc-v2-cbor\r\n" : "");
	put_type(&r->headers, cbor ? "application/cbor" : json_type(s));
	if (v && cbor) {
		cbor_write(&r->body, v);
	} else if (v) {
		json_write(&r->body, v);
	}
}

void response_write(struct response *r, const struct val *v, const struct wire *w, str request_id) {
	enum proto proto = w->proto;
	bool events = v && has_events(v->shape), rest = proto == P_RESTXML || proto == P_RESTJSON;
	r->status = status_of(v, w->op);
	if (events) {
		put_type(&r->headers, "application/vnd.amazon.eventstream");
	}
	if (rest && v) {
		write_rest(r, v, w);
	} else if (proto == P_EC2 || proto == P_QUERY) {
		put_type(&r->headers, proto == P_EC2 ? "text/xml;charset=UTF-8" : "text/xml");
		xml_write(&r->body, v, w, request_id);
	} else if (!rest && !events) {
		write_tree(r, v, w->service, proto == P_CBOR);
	}
}

/* --- the client's direction --- */

static str label_text(struct arena *a, const struct val *v, str name) {
	struct buf text = { .arena = a };
	for (const struct val *c = v ? v->first : NULL; c; c = c->next) {
		if (c->member->loc == L_URI && str_is(name, member_wire(c->member))) {
			val_put_text(&text, c, T_ISO);
		}
	}
	return buf_str(&text);
}

static str expand(struct arena *a, const char *uri, const struct val *v) {
	struct buf b = { .arena = a };
	while (*uri && *uri != '?') {
		if (*uri != '{') {
			put_byte(&b, *uri++);
			continue;
		}
		const char *end = uri + strcspn(uri, "}");
		bool greedy = end[-1] == '+';
		put_url(&b, label_text(a, v, (str){ uri + 1, (size_t)(end - uri - 1 - greedy) }), greedy);
		uri = end + 1;
	}
	return buf_str(&b);
}

static void put_parameter(struct buf *b, str name, const struct val *v) {
	struct buf text = { .arena = b->arena };
	val_put_text(&text, v, T_ISO);
	putz(b, b->n ? "&" : "");
	put_url(b, name, false);
	put_byte(b, '=');
	put_url(b, buf_str(&text), false);
}

static void put_parameters(struct buf *b, const struct val *v) {
	str name = str_from(member_wire(v->member));
	if (!is_group(v->shape)) {
		put_parameter(b, name, v);
		return;
	}
	for (const struct val *c = v->first; c; c = c->next) {
		bool list = c->shape->kind == K_LIST;
		for (const struct val *e = list ? c->first : c; e; e = list ? e->next : NULL) {
			put_parameter(b, c->key.p ? c->key : name, e);
		}
	}
}

static str query_of(struct arena *a, const struct op *op, const struct val *v) {
	struct buf b = { .arena = a };
	const char *literals = strchr(op->uri, '?');
	putz(&b, literals ? literals + 1 : NULL);
	for (const struct val *c = v ? v->first : NULL; c; c = c->next) {
		if (c->member->loc == L_QUERY) {
			put_parameters(&b, c);
		}
	}
	return b.n ? buf_str(&b) : (str){ 0 };
}

static void request_rest(struct request *r, const struct val *v, const struct op *op, bool xml) {
	if (!v) {
		return;
	}
	bool typed = binds_type(v->shape);
	headers_write(&r->headers, v);
	const struct member *m = shape_payload(v->shape);
	const struct val *payload = m ? val_child(v, m) : NULL;
	if (shape_streams(v->shape) || (m ? !payload : !shape_has_body(v->shape))) {
		return;
	}
	if (payload && is_plain(payload)) {
		write_plain(&r->headers, &r->body, payload, typed);
		return;
	}
	if (!typed) {
		put_type(&r->headers, xml ? "application/xml" : "application/json");
	}
	if (xml) {
		xml_put(&r->body, payload ? payload : v, op->root, op->root_ns, true);
	} else {
		json_write(&r->body, payload ? payload : v);
	}
}

static void request_json(struct request *r, const struct val *v, const struct op *op, const struct service *s) {
	put_header(&r->headers, S("X-Amz-Target"), str_printf(r->headers.arena, "%s.%s", s->target, op->name));
	put_type(&r->headers, json_type(s));
	if (v) {
		json_write(&r->body, v);
	} else {
		putz(&r->body, "{}");
	}
}

static void request_cbor(struct request *r, const struct val *v, const struct op *op, const struct service *s) {
	r->path = str_printf(r->headers.arena, "/service/%s/operation/%s", s->target, op->name);
	putz(&r->headers, "smithy-protocol: rpc-v2-cbor\r\nAccept: application/cbor\r\n");
	if (v) {
		put_type(&r->headers, "application/cbor");
		cbor_write(&r->body, v);
	}
}

void request_write(struct arena *a, struct request *r, const struct val *v, const struct wire *w) {
	const struct op *op = w->op;
	const struct service *s = w->service;
	enum proto proto = w->proto;
	*r = (struct request){ .method = S("POST"), .path = S("/"), .headers = { .arena = a }, .body = { .arena = a } };
	switch (proto) {
	case P_EC2:
	case P_QUERY:
		put_type(&r->headers, "application/x-www-form-urlencoded; charset=utf-8");
		putf(&r->body, "Action=%s&Version=%s", op->name, s->version);
		if (v) {
			query_write(&r->body, v, proto);
		}
		break;
	case P_JSON: request_json(r, v, op, s); break;
	case P_CBOR: request_cbor(r, v, op, s); break;
	case P_RESTXML:
	case P_RESTJSON:
		r->method = str_from(op->method);
		r->path = expand(a, op->uri, v);
		r->query = query_of(a, op, v);
		request_rest(r, v, op, proto == P_RESTXML);
		break;
	}
	if (s->query_compatible && (proto == P_JSON || proto == P_CBOR)) {
		putz(&r->headers, "x-amzn-query-mode: true\r\n");
	}
}
