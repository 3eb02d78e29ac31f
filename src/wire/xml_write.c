/* XML out, as EC2, the query services and S3 have it. */
#include "wire/inner.h"

struct writer {
	struct buf *b;
	bool millis; /* times always have milliseconds */
};

static void write_value(struct writer *w, const struct val *v, const char *name, const char *xmlns);

static void open_tag(struct writer *w, const char *name, const char *xmlns) {
	put_byte(w->b, '<');
	putz(w->b, name);
	if (xmlns) {
		putz(w->b, " xmlns=\"");
		put_xml(w->b, str_from(xmlns));
		put_byte(w->b, '"');
	}
}

static void close_tag(struct writer *w, const char *name) {
	put(w->b, S("</"));
	putz(w->b, name);
	put_byte(w->b, '>');
}

static bool is_flat(const struct val *v) {
	return v->member && (v->member->flags & M_FLAT);
}

static void write_list(struct writer *w, const struct val *v, const char *name, const char *xmlns) {
	const struct member *m = &v->shape->m[0];
	bool flat = is_flat(v);
	if (!flat) {
		open_tag(w, name, xmlns);
		put_byte(w->b, '>');
	}
	for (const struct val *c = v->first; c; c = c->next) {
		write_value(w, c, flat ? name : m->wire ? m->wire : "member", NULL);
	}
	if (!flat) {
		close_tag(w, name);
	}
}

static void write_entry(struct writer *w, const struct val *c, const struct shape *map, const char *name) {
	const char *key = map->m[0].wire ? map->m[0].wire : "key", *value = map->m[1].wire ? map->m[1].wire : "value";
	putf(w->b, "<%s><%s>", name, key);
	put_xml(w->b, c->key);
	close_tag(w, key);
	write_value(w, c, value, NULL);
	close_tag(w, name);
}

static void write_map(struct writer *w, const struct val *v, const char *name, const char *xmlns) {
	bool flat = is_flat(v);
	if (!flat) {
		open_tag(w, name, xmlns);
		put_byte(w->b, '>');
	}
	for (const struct val *c = v->first; c; c = c->next) {
		write_entry(w, c, v->shape, flat ? name : "entry");
	}
	if (!flat) {
		close_tag(w, name);
	}
}

/* A parser would fold line ends and tabs of an attribute into blanks. */
static void put_attribute(struct buf *b, str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n' || s.p[i] == '\t') {
			putz(b, s.p[i] == '\n' ? "&#10;" : "&#9;");
		} else {
			put_xml(b, (str){ s.p + i, 1 });
		}
	}
}

static void write_attributes(struct writer *w, const struct val *v) {
	if (v->shape->xmlns) {
		str prefix, uri;
		str_cut(str_from(v->shape->xmlns), '|', &prefix, &uri);
		putf(w->b, " xmlns%s" STR_FMT "=\"" STR_FMT "\"", prefix.n ? ":" : "", STR_ARG(prefix), STR_ARG(uri));
	}
	for (const struct val *c = v->first; c; c = c->next) {
		if (c->member->flags & M_ATTR) {
			putf(w->b, " %s=\"", member_wire(c->member));
			put_attribute(w->b, c->s);
			put_byte(w->b, '"');
		}
	}
}

/* In the order of the schema, whatever order they were set in: some clients of S3 read in sequence. */
static void write_members(struct writer *w, const struct val *v) {
	const struct val *at = v->first;
	for (size_t i = 0; i < v->shape->n; i++) {
		const struct member *m = &v->shape->m[i];
		const struct val *c = at && at->member == m ? at : val_child(v, m);
		at = c ? c->next : at;
		if (c && m->loc == L_BODY && !(m->flags & M_ATTR)) {
			write_value(w, c, member_element(m), NULL);
		}
	}
}

static void write_struct(struct writer *w, const struct val *v, const char *name, const char *xmlns) {
	open_tag(w, name, xmlns);
	write_attributes(w, v);
	put_byte(w->b, '>');
	write_members(w, v);
	close_tag(w, name);
}

static void write_scalar(struct writer *w, const struct val *v, const char *name, const char *xmlns) {
	struct buf *b = w->b, text = { .arena = b->arena };
	open_tag(w, name, xmlns);
	put_byte(b, '>');
	if (v->shape->kind == K_STR) {
		put_xml(b, v->s);
	} else {
		val_put_text(&text, v, T_ISO);
		str s = buf_str(&text);
		bool bare_time = v->shape->kind == K_TIME && !w->millis && str_ends(s, S(".000Z"));
		put(b, bare_time ? (str){ s.p, s.n - 5 } : s);
		putz(b, bare_time ? "Z" : "");
	}
	close_tag(w, name);
}

static void write_value(struct writer *w, const struct val *v, const char *name, const char *xmlns) {
	switch (v->shape->kind) {
	case K_STRUCT: write_struct(w, v, name, xmlns); break;
	case K_LIST: write_list(w, v, name, xmlns); break;
	case K_MAP: write_map(w, v, name, xmlns); break;
	default: write_scalar(w, v, name, xmlns);
	}
}

void xml_put(struct buf *b, const struct val *v, const char *name, const char *xmlns, bool millis) {
	struct writer w = { b, millis };
	write_value(&w, v, name, xmlns);
}

void xml_write_element(struct buf *b, const struct val *v, const char *root, const char *xmlns) {
	xml_put(b, v, root, xmlns, true);
}

static void write_s3(struct buf *b, const struct val *v, const struct wire *w) {
	struct writer to = { b, true };
	const struct op *op = w->op;
	const char *root = op->out_root ? op->out_root : v->shape->name;
	const struct val *whole = v->shape->payload ? get(v, v->shape->payload) : op->bare ? v->first : v;
	if (whole) {
		write_value(&to, whole, root, w->service->xmlns);
	} else {
		open_tag(&to, root, w->service->xmlns);
		putz(b, "/>");
	}
}

static void write_query(struct buf *b, const struct val *v, const struct wire *w, str request_id) {
	struct writer to = { b, false };
	const struct op *op = w->op;
	const char *xmlns = w->service->xmlns;
	putf(b, "<%sResponse xmlns=\"%s\">", op->name, xmlns ? xmlns : "");
	if (op->wrapper) {
		putf(b, "<%s>", op->wrapper);
	}
	if (v) {
		write_members(&to, v);
	}
	if (op->wrapper) {
		putf(b, "</%s>", op->wrapper);
	}
	putz(b, "<ResponseMetadata><RequestId>");
	put_xml(b, request_id);
	putf(b, "</RequestId></ResponseMetadata></%sResponse>", op->name);
}

/* An EC2 operation without an output says so with <return>true</return>. */
static void write_ec2(struct buf *b, const struct val *v, const struct wire *w, str request_id) {
	struct writer to = { b, true };
	const struct op *op = w->op;
	const char *xmlns = w->service->xmlns;
	putf(b, "<%sResponse xmlns=\"%s/\"><requestId>", op->name, xmlns ? xmlns : "");
	put_xml(b, request_id);
	putz(b, "</requestId>");
	if (v) {
		write_members(&to, v);
	} else {
		putz(b, "<return>true</return>");
	}
	putf(b, "</%sResponse>", op->name);
}

void xml_write(struct buf *b, const struct val *v, const struct wire *w, str request_id) {
	putz(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	switch (w->proto) {
	case P_QUERY: write_query(b, v, w, request_id); break;
	case P_EC2: write_ec2(b, v, w, request_id); break;
	default: write_s3(b, v, w); break;
	}
}
