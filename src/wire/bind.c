/* Members that are bound to header fields. */
#include "wire/inner.h"

bool scalar_read(struct arena *a, struct val *v, str text, str *why) {
	if (val_from_text(a, v, text)) {
		return true;
	}
	const char *name = member_wire(v->member);
	*why = v->shape->kind == K_INT ? str_printf(a, "Provided %s not an integer or within integer range", name)
				       : str_printf(a, "The value of %s is not well-formed", name);
	return false;
}

bool member_lenient(const struct member *m) {
	str name = str_from(member_wire(m));
	return m->shape->kind == K_TIME &&
	       (str_ieq(name, S("Expires")) || str_is(name, "response-expires") || str_starts(name, S("If-")) ||
		str_is(name, "x-amz-object-lock-retain-until-date"));
}

/* Takes an element off a list: up to the next comma, or a quoted string (RFC 9110). */
static str take_element(struct arena *a, str *list) {
	struct buf b = { .arena = a };
	str item;
	*list = str_trim(*list);
	if (!list->n || list->p[0] != '"') {
		str_cut(*list, ',', &item, list);
		return str_trim(item);
	}
	size_t i = 1;
	for (; i < list->n && list->p[i] != '"'; i++) {
		i += list->p[i] == '\\' && i + 1 < list->n;
		put_byte(&b, list->p[i]);
	}
	*list = str_skip(*list, i < list->n ? i + 1 : i);
	str_cut(*list, ',', &item, list);
	return buf_str(&b);
}

static bool read_list(struct arena *a, struct val *list, str text, str *why) {
	while (text.n) {
		str item = take_element(a, &text);
		if (!item.n) {
			continue;
		}
		struct val *v = append(a, list);
		v->member = list->member;
		if (!scalar_read(a, v, item, why)) {
			return false;
		}
		v->member = &list->shape->m[0];
	}
	return true;
}

/* A JSON document travels in a header as base64. */
static bool read_value(struct arena *a, struct val *v, str text, str *why) {
	if (v->shape->kind == K_LIST) {
		return read_list(a, v, text, why);
	}
	if (v->member->flags & M_JSONVALUE) {
		*why = S("A header is not base64");
		return base64_decode(a, text, &v->s);
	}
	return scalar_read(a, v, text, why);
}

static bool read_header(struct arena *a, struct val *v, const struct member *m, const struct head *h, str *why) {
	str name = str_from(member_wire(m));
	for (size_t i = 0; i < h->n; i++) {
		const struct header *f = &h->headers[i];
		if (f->name.n != name.n || !str_ieq(f->name, name) || (f->value.n == 0 && m->shape->kind != K_STR)) {
			continue;
		}
		struct val probe = { .shape = m->shape, .member = m };
		if (member_lenient(m) && !val_from_text(a, &probe, f->value)) {
			return true;
		}
		struct val *c = val_child(v, m);
		if (c && m->shape->kind != K_LIST) {
			return true;
		}
		if (!read_value(a, c ? c : val_add(a, v, m), f->value, why)) {
			return false;
		}
	}
	return true;
}

/* x-amz-meta-NAME and the like. A field that comes twice is one, joined by commas. */
static void read_prefixed(struct arena *a, struct val *v, const struct member *m, const struct head *h) {
	str prefix = str_from(member_wire(m));
	struct val *map = NULL;
	for (size_t i = 0; i < h->n; i++) {
		str name = h->headers[i].name;
		if (name.n <= prefix.n || !str_ieq((str){ name.p, prefix.n }, prefix)) {
			continue;
		}
		str key = str_lower(a, str_skip(name, prefix.n));
		map = map ? map : val_add(a, v, m);
		struct val *before = get_key(map, key);
		if (before) {
			before->s =
				str_printf(a, STR_FMT "," STR_FMT, STR_ARG(before->s), STR_ARG(h->headers[i].value));
		} else {
			str value = h->headers[i].value;
			add_key(a, map, key)->s = value.n ? value : S("");
		}
	}
}

bool headers_read(struct arena *a, struct val *v, const struct head *h, str *why) {
	for (size_t i = 0; i < v->shape->n; i++) {
		const struct member *m = &v->shape->m[i];
		if (m->loc == L_HEADER && !read_header(a, v, m, h, why)) {
			return false;
		}
		if (m->loc == L_HEADERS) {
			read_prefixed(a, v, m, h);
		}
	}
	return true;
}

/* --- writing --- */

static void put_element(struct buf *b, const struct val *v) {
	struct buf text = { .arena = b->arena };
	val_put_text(&text, v, T_RFC822);
	str s = buf_str(&text);
	if (v->shape->kind != K_STR || (!memchr(s.p, ',', s.n) && !memchr(s.p, '"', s.n))) {
		put(b, s);
		return;
	}
	put_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		putz(b, s.p[i] == '"' || s.p[i] == '\\' ? "\\" : "");
		put_byte(b, s.p[i]);
	}
	put_byte(b, '"');
}

static str value_text(struct arena *a, const struct val *v) {
	struct buf text = { .arena = a };
	if (v->shape->kind == K_STR && !(v->member->flags & M_JSONVALUE)) {
		return v->s;
	}
	if (v->member->flags & M_JSONVALUE) {
		put_base64(&text, v->s);
	} else if (v->shape->kind == K_LIST) {
		for (const struct val *c = v->first; c; c = c->next) {
			putz(&text, c == v->first ? "" : ",");
			put_element(&text, c);
		}
	} else {
		val_put_text(&text, v, T_RFC822);
	}
	return buf_str(&text);
}

/* Can it stand in the name of a field? */
static bool is_token(str s) {
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c)) {
			return false;
		}
	}
	return s.n > 0;
}

static void write_prefixed(struct buf *b, const struct val *map) {
	for (const struct val *c = map->first; c; c = c->next) {
		if (is_token(c->key)) {
			put_header(b, str_printf(b->arena, "%s" STR_FMT, member_wire(map->member), STR_ARG(c->key)),
				   c->s);
		}
	}
}

void headers_write(struct buf *b, const struct val *v) {
	for (const struct val *c = v->first; c; c = c->next) {
		if (c->member->loc == L_HEADERS) {
			write_prefixed(b, c);
		}
		if (c->member->loc == L_HEADER && !(c->shape->kind == K_LIST && !c->first)) {
			put_header(b, str_from(member_wire(c->member)), value_text(b->arena, c));
		}
	}
}
