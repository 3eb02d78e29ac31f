#include "wire/inner.h"
#include "wire/rest.h"

const struct member *shape_payload(const struct shape *shape) {
	return shape->payload ? shape_member(shape, str_from(shape->payload)) : NULL;
}

bool shape_streams(const struct shape *shape) {
	const struct member *m = shape ? shape_payload(shape) : NULL;
	return m && (m->shape->flags & (SH_STREAMING | SH_EVENTSTREAM));
}

bool shape_has_body(const struct shape *shape) {
	for (size_t i = 0; !shape->payload && i < shape->n; i++) {
		if (shape->m[i].loc == L_BODY) {
			return true;
		}
	}
	return false;
}

static void read_labels(struct arena *a, struct val *v, const struct labels *labels, const struct member *m) {
	for (size_t i = 0; i < labels->n; i++) {
		if (str_is(labels->p[i].name, member_wire(m))) {
			val_add(a, v, m)->s = url_decode(a, labels->p[i].value);
		}
	}
}

static bool read_parameter(struct arena *a, struct val *v, const struct member *m, str query, str *why) {
	str name = str_from(member_wire(m)), raw;
	bool list = m->shape->kind == K_LIST;
	struct val *to = NULL;
	for (size_t at = 0; param_find(query, name, &at, &raw);) {
		if (raw.n == 0 && !list && m->shape->kind != K_STR) {
			continue;
		}
		bool escaped = memchr(raw.p, '%', raw.n) || memchr(raw.p, '+', raw.n);
		str text = escaped ? url_decode_form(a, raw) : raw;
		struct val probe = { .shape = m->shape, .member = m };
		if (member_lenient(m) && !val_from_text(a, &probe, text)) {
			continue;
		}
		to = to ? to : val_add(a, v, m);
		struct val *c = list ? append(a, to) : to;
		if (!scalar_read(a, c, text, why)) {
			return false;
		}
		if (!list) {
			return true;
		}
	}
	return true;
}

static bool is_bound(const struct shape *shape, str name) {
	for (size_t i = 0; i < shape->n; i++) {
		const struct member *m = &shape->m[i];
		if (m->loc == L_QUERY && m->shape->kind != K_MAP && str_is(name, member_wire(m))) {
			return true;
		}
	}
	return false;
}

/* All parameters that no other member takes. */
static void read_parameter_map(struct arena *a, struct val *v, const struct member *m, str query) {
	struct val *map = NULL;
	str name, value;
	while (query_next(&query, &name, &value)) {
		name = url_decode_form(a, name);
		if (!name.n || is_bound(v->shape, name)) {
			continue;
		}
		map = map ? map : val_add(a, v, m);
		struct val *c = add_key(a, map, name);
		if (c->shape->kind == K_LIST) {
			c = append(a, c);
		}
		c->s = value.n ? url_decode_form(a, value) : S("");
	}
	if (map) {
		map_dedupe(a, map);
	}
}

static bool read_uri(struct arena *a, struct val *v, const struct op *op, const struct message *in, str *why) {
	struct labels labels;
	str query = in->head->query;
	if (!uri_match(op->uri, in->path, &labels)) {
		*why = S("The path is not that of the operation");
		return false;
	}
	for (size_t i = 0; i < v->shape->n; i++) {
		const struct member *m = &v->shape->m[i];
		if (m->loc == L_URI) {
			read_labels(a, v, &labels, m);
		} else if (m->loc == L_QUERY && query.n && m->shape->kind == K_MAP) {
			read_parameter_map(a, v, m, query);
		} else if (m->loc == L_QUERY && query.n && !read_parameter(a, v, m, query, why)) {
			return false;
		}
	}
	return true;
}

static bool needs_body(const struct shape *shape) {
	for (size_t i = 0; i < shape->n; i++) {
		const struct member *m = &shape->m[i];
		if (m->loc == L_BODY && (m->flags & M_REQUIRED) && !(m->shape->flags & SH_STREAMING)) {
			return true;
		}
	}
	return false;
}

/* The root names what a document is; root NULL: anything will do. */
static bool read_document(struct arena *a, struct val *v, enum proto proto, str body, const char *root) {
	return proto == P_RESTXML ? xml_read_as(a, v, body, root, NULL) : json_read(a, v, body);
}

static bool read_rest_body(struct arena *a, struct val *v, enum proto proto, str body, const char *root) {
	const struct member *payload = shape_payload(v->shape);
	if (shape_streams(v->shape)) {
		return true;
	}
	if (payload && (payload->shape->kind == K_BLOB || payload->shape->kind == K_STR)) {
		if (body.n || (payload->flags & M_REQUIRED && payload->shape->kind == K_BLOB)) {
			val_add(a, v, payload)->s = body.n ? body : S("");
		}
		return true;
	}
	if (body.n == 0) {
		return true;
	}
	if (payload) {
		return read_document(a, val_add(a, v, payload), proto, body, root);
	}
	return !shape_has_body(v->shape) || read_document(a, v, proto, body, root);
}

static bool read_rest(struct arena *a, struct val *v, const struct op *op, enum proto proto, str body) {
	if (proto == P_RESTXML && body.n == 0 && needs_body(v->shape)) {
		return false;
	}
	return read_rest_body(a, v, proto, body, op->root);
}

bool message_read(struct arena *a, struct val *v, const struct wire *w, const struct message *m, str *why) {
	*why = (str){ 0 };
	switch (w->proto) {
	case P_EC2:
	case P_QUERY: return query_read(a, v, m->body.n ? m->body : m->head->query, w->proto);
	case P_JSON: return json_read(a, v, m->body);
	case P_CBOR: return cbor_read(a, v, m->body);
	default: break;
	}
	if (!read_uri(a, v, w->op, m, why) || !headers_read(a, v, m->head, why)) {
		return false;
	}
	*why = (str){ 0 };
	return read_rest(a, v, w->op, w->proto, m->body);
}

static void read_status(struct arena *a, struct val *v, int status) {
	for (size_t i = 0; i < v->shape->n; i++) {
		if (v->shape->m[i].loc == L_STATUS) {
			val_add(a, v, &v->shape->m[i])->i = status;
		}
	}
}

bool response_read(struct arena *a, struct val *v, const struct wire *w, const struct message *m) {
	str why;
	switch (w->proto) {
	case P_EC2: return xml_read(a, v, m->body);
	case P_QUERY: return xml_read_as(a, v, m->body, NULL, w->op->wrapper);
	case P_JSON: return json_read(a, v, m->body);
	case P_CBOR: return cbor_read(a, v, m->body);
	default: break;
	}
	read_status(a, v, m->head->status);
	if (!headers_read(a, v, m->head, &why)) {
		return false;
	}
	if (w->op->bare) {
		return xml_read(a, val_add(a, v, &v->shape->m[0]), m->body);
	}
	return read_rest_body(a, v, w->proto, m->body, NULL);
}
