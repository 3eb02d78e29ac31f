#include "wire/fault.h"

#include "wire/inner.h"
#include "wire/rest.h"

void refusal_detail(struct arena *a, struct refusal *r, const char *name, str value) {
	if (!value.p) {
		return;
	}
	struct detail **at = &r->details, *d = NEW(a, struct detail);
	while (*at) {
		at = &(*at)->next;
	}
	*d = (struct detail){ name, value, NULL };
	*at = d;
}

/* What is written of one refusal, however it was spelt. */
struct answer {
	const char *name; /* as JSON clients know it */
	const char *code; /* as query clients do */
	const char *type; /* Sender, Receiver */
	str message; /* clean */
};

/* The model's row for a code, which may be spelt either way. */
static const struct error *error_of(const struct service *s, const char *code) {
	const struct error *e = s ? error_find(s, code) : NULL;
	for (const struct error *at = s && !e ? s->errors : NULL; at && at->name; at++) {
		if (at->code && strcmp(at->code, code) == 0) {
			return at;
		}
	}
	return e;
}

static struct answer answer_of(struct arena *a, const struct refusal *r, const struct envelope *e) {
	const char *code = r->fault ? r->fault->code : "InternalFailure";
	const struct error *known = error_of(e->service, code);
	return (struct answer){
		.name = known ? known->name : code,
		.code = known && known->code ? known->code : code,
		.type = r->fault && r->fault->status < 500 ? "Sender" : "Receiver",
		.message = text_clean(a, r->message),
	};
}

static void put_element(struct buf *b, const char *name, str text) {
	putf(b, "<%s>", name);
	put_xml(b, text_clean(b->arena, text));
	putf(b, "</%s>", name);
}

static void write_s3(struct buf *b, const struct answer *w, const struct refusal *r, const struct envelope *e) {
	putz(b, "<Error>");
	put_element(b, "Code", str_from(w->code));
	put_element(b, "Message", w->message);
	for (const struct detail *d = r->details; d; d = d->next) {
		put_element(b, d->name, d->value);
	}
	if (e->resource.n) {
		put_element(b, "Resource", e->resource);
	}
	put_element(b, "RequestId", e->request_id);
	if (e->host_id.n) {
		put_element(b, "HostId", e->host_id);
	}
	putz(b, "</Error>");
}

/* The other services of this wire have an element around it. */
static void write_rest(struct buf *b, const struct answer *w, const struct refusal *r, const struct envelope *e) {
	bool wrapped = e->service && strcmp(e->service->name, "s3") != 0;
	putz(b, wrapped ? "<ErrorResponse>" : "");
	write_s3(b, w, r, e);
	if (wrapped) {
		put_element(b, "RequestId", e->request_id);
		putz(b, "</ErrorResponse>");
	}
}

static void write_query(struct buf *b, const struct answer *w, const struct envelope *e) {
	putf(b, "<ErrorResponse xmlns=\"%s\"><Error>", e->service && e->service->xmlns ? e->service->xmlns : "");
	put_element(b, "Type", str_from(w->type));
	put_element(b, "Code", str_from(w->code));
	put_element(b, "Message", w->message);
	putz(b, "</Error>");
	put_element(b, "RequestId", e->request_id);
	putz(b, "</ErrorResponse>");
}

static void write_ec2(struct buf *b, const struct answer *w, const struct envelope *e) {
	putz(b, "<Response><Errors><Error>");
	put_element(b, "Code", str_from(w->code));
	put_element(b, "Message", w->message);
	putz(b, "</Error></Errors>");
	put_element(b, "RequestID", e->request_id);
	putz(b, "</Response>");
}

static const struct shape text_shape = { .name = "String", .kind = K_STR };
static const struct member error_members[] = {
	{ .name = "__type", .shape = &text_shape },  { .name = "code", .shape = &text_shape },
	{ .name = "Code", .shape = &text_shape },    { .name = "message", .shape = &text_shape },
	{ .name = "Message", .shape = &text_shape },
};
static const struct shape error_shape = { .name = "Error", .kind = K_STRUCT, .m = error_members, .n = 5 };

static void write_tree(struct buf *b, const struct answer *w, enum proto proto) {
	struct val *v = val_new(b->arena, &error_shape);
	if (proto != P_RESTJSON) {
		set_str(b->arena, v, "__type", str_from(w->name));
	}
	set_str(b->arena, v, "message", w->message);
	if (proto == P_CBOR) {
		cbor_write(b, v);
	} else {
		json_write(b, v);
	}
}

static void write_type(struct buf *b, enum proto proto, const struct service *s) {
	switch (proto) {
	case P_RESTXML: putz(b, "Content-Type: application/xml\r\n"); break;
	case P_QUERY: putz(b, "Content-Type: text/xml\r\n"); break;
	case P_EC2: putz(b, "Content-Type: text/xml;charset=UTF-8\r\n"); break;
	case P_JSON: putf(b, "Content-Type: application/x-amz-json-%s\r\n", s && s->json ? s->json : "1.1"); break;
	case P_RESTJSON: putz(b, "Content-Type: application/json\r\n"); break;
	case P_CBOR: putz(b, "smithy-protocol: rpc-v2-cbor\r\nContent-Type: application/cbor\r\n"); break;
	}
}

void fault_write(struct buf *headers, struct buf *body, const struct refusal *r, const struct envelope *e) {
	struct answer w = answer_of(body->arena, r, e);
	bool xml = e->proto == P_RESTXML || e->proto == P_QUERY || e->proto == P_EC2;
	write_type(headers, e->proto, e->service);
	putz(body, xml ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" : "");
	switch (e->proto) {
	case P_RESTXML: write_rest(body, &w, r, e); return;
	case P_QUERY: write_query(body, &w, e); return;
	case P_EC2: write_ec2(body, &w, e); return;
	default: break;
	}
	write_tree(body, &w, e->proto);
	if (e->proto == P_RESTJSON) {
		put_header(headers, S("x-amzn-ErrorType"), str_from(w.name));
	} else if (e->service && e->service->query_compatible) {
		put_header(headers, S("x-amzn-query-error"), str_printf(headers->arena, "%s;%s", w.code, w.type));
	}
}

/* --- the client's direction --- */

/* <Error>, <ErrorResponse><Error> and <Response><Errors><Error> in one. */
static const struct member errors_members[] = { { .name = "Error", .shape = &error_shape } };
static const struct shape errors_shape = { .name = "Errors", .kind = K_STRUCT, .m = errors_members, .n = 1 };
static const struct member document_members[] = {
	{ .name = "Code", .shape = &text_shape },
	{ .name = "Message", .shape = &text_shape },
	{ .name = "Error", .shape = &error_shape },
	{ .name = "Errors", .shape = &errors_shape },
};
static const struct shape document_shape = { .name = "Document", .kind = K_STRUCT, .m = document_members, .n = 4 };

static bool read_xml(struct arena *a, str body, str *code, str *message) {
	struct val *v = val_new(a, &document_shape);
	if (!body.n || !xml_read(a, v, body)) {
		return false;
	}
	const struct val *at = get(v, "Errors")  ? get(get(v, "Errors"), "Error")
			       : get(v, "Error") ? get(v, "Error")
						 : v;
	*code = get_str(at, "Code");
	*message = get_str(at, "Message");
	return code->p;
}

static str either(str a, str b) {
	return a.p ? a : b;
}

/* "namespace#Code:more" */
static str bare_code(str s) {
	str head, tail;
	str_cut(s, ':', &head, &tail);
	return str_cut(head, '#', &tail, &s) ? s : head;
}

bool fault_read(struct arena *a, enum proto proto, const struct message *m, str *code, str *message) {
	if (proto == P_RESTXML || proto == P_QUERY || proto == P_EC2) {
		return read_xml(a, m->body, code, message);
	}
	struct val *v = val_new(a, &error_shape);
	if (!(proto == P_CBOR ? cbor_read(a, v, m->body) : json_read(a, v, m->body))) {
		return false;
	}
	str query, type;
	str_cut(head_get(m->head, "x-amzn-query-error"), ';', &query, &type);
	str found = either(head_get(m->head, "x-amzn-errortype"),
			   either(get_str(v, "__type"), either(get_str(v, "code"), get_str(v, "Code"))));
	*code = query.n ? query : bare_code(found);
	*message = either(get_str(v, "message"), get_str(v, "Message"));
	return code->n > 0;
}
