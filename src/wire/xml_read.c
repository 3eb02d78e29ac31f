/* XML in, by expat: no document type (so no entities but the five and character references), a limit of depth. */
#include "wire/inner.h"

#include <expat.h>

/* An element that is open. */
struct frame {
	struct val *v; /* what it is read into; NULL: read over */
	bool entry; /* of a map: v is its value, which is yet to come */
	bool key; /* the key of map entry v */
	bool root; /* around the wrapper */
	struct buf text;
};

struct reader {
	struct arena *arena;
	XML_Parser parser;
	struct val *top;
	const char *root, *wrapper;
	struct frame frames[DEPTH_MAX];
	int depth, values;
	bool ok;
};

static void refuse(struct reader *r) {
	r->ok = false;
	XML_StopParser(r->parser, XML_FALSE);
}

/* The part of a name after its prefix. */
static str local(const char *name) {
	const char *colon = strchr(name, ':');
	return str_from(colon ? colon + 1 : name);
}

static bool is_flat(const struct val *v) {
	return v->member && (v->member->flags & M_FLAT);
}

/* An element of a flat list or map stands where the list itself would. */
static struct val *place(struct arena *a, struct val *v, const struct member *m) {
	bool group = m->shape->kind == K_LIST || m->shape->kind == K_MAP;
	if (!group || !(m->flags & M_FLAT)) {
		return val_place(a, v, m);
	}
	struct val *c = val_child(v, m);
	return c ? c : val_add(a, v, m);
}

static struct frame frame_of_member(struct arena *a, struct val *v, str name) {
	for (size_t i = 0; i < v->shape->n; i++) {
		const struct member *m = &v->shape->m[i];
		if (m->loc != L_BODY || (m->flags & M_ATTR) || !str_is(name, member_element(m))) {
			continue;
		}
		struct val *c = place(a, v, m);
		if (m->shape->kind == K_LIST && is_flat(c)) {
			return (struct frame){ .v = append(a, c) };
		}
		if (m->shape->kind == K_MAP && is_flat(c)) {
			return (struct frame){ .v = add_key(a, c, (str){ 0 }), .entry = true };
		}
		return (struct frame){ .v = c };
	}
	return (struct frame){ 0 };
}

/* v is the value of a map's entry. In a map's members its key stands before its value. */
static struct frame frame_of_entry(struct val *v, str name) {
	const struct member *value = v->member, *key = value - 1;
	if (str_is(name, key->wire ? key->wire : "key")) {
		return (struct frame){ .v = v, .key = true };
	}
	return (struct frame){ .v = str_is(name, value->wire ? value->wire : "value") ? v : NULL };
}

static struct frame frame_below(struct reader *r, const struct frame *up, str name) {
	struct val *v = up->v;
	if (up->root) {
		return (struct frame){ .v = str_is(name, r->wrapper) ? r->top : NULL };
	}
	if (up->entry) {
		return frame_of_entry(v, name);
	}
	if (!v || up->key || v->shape->kind > K_MAP) {
		return (struct frame){ 0 };
	}
	if (v->shape->kind == K_LIST) {
		return (struct frame){ .v = append(r->arena, v) };
	}
	if (v->shape->kind == K_MAP) {
		return (struct frame){ .v = add_key(r->arena, v, (str){ 0 }), .entry = true };
	}
	return frame_of_member(r->arena, v, name);
}

static void read_attributes(struct arena *a, struct val *v, const XML_Char **attributes) {
	for (size_t i = 0; i < v->shape->n; i++) {
		const struct member *m = &v->shape->m[i];
		if (!(m->flags & M_ATTR)) {
			continue;
		}
		for (const XML_Char **at = attributes; *at; at += 2) {
			if (str_eq(local(at[0]), local(member_wire(m)))) {
				val_place(a, v, m)->s = str_dup(a, str_from(at[1]));
			}
		}
	}
}

static void XMLCALL start(void *arg, const XML_Char *name, const XML_Char **attributes) {
	struct reader *r = arg;
	if (!r->ok || r->depth == DEPTH_MAX || ++r->values > VALUES_MAX ||
	    (r->depth == 0 && r->root && !str_is(local(name), r->root))) {
		refuse(r);
		return;
	}
	struct frame f = { .v = r->wrapper ? NULL : r->top, .root = r->wrapper };
	if (r->depth > 0) {
		f = frame_below(r, &r->frames[r->depth - 1], local(name));
	}
	f.text.arena = r->arena;
	r->frames[r->depth++] = f;
	if (f.v && !f.entry && !f.key && f.v->shape->kind == K_STRUCT) {
		read_attributes(r->arena, f.v, attributes);
	}
}

static void XMLCALL end(void *arg, const XML_Char *name) {
	struct reader *r = arg;
	(void)name;
	if (!r->ok || r->depth == 0) {
		return;
	}
	struct frame *f = &r->frames[--r->depth];
	bool ok = true;
	if (f->v && f->key) {
		f->v->key = buf_str(&f->text);
	} else if (f->v && f->entry) {
		ok = f->v->key.p;
	} else if (f->v && f->v->shape->kind == K_MAP) {
		map_dedupe(r->arena, f->v);
	} else if (f->v && !is_group(f->v->shape)) {
		ok = val_from_text(r->arena, f->v, buf_str(&f->text));
	}
	if (!ok) {
		refuse(r);
	}
}

static void XMLCALL text(void *arg, const XML_Char *s, int n) {
	struct reader *r = arg;
	struct frame *f = r->ok && r->depth ? &r->frames[r->depth - 1] : NULL;
	if (f && f->v && !f->entry && (f->key || !is_group(f->v->shape))) {
		put(&f->text, (str){ s, (size_t)n });
	}
}

static void XMLCALL doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public,
			    int subset) {
	(void)name, (void)system, (void)public, (void)subset;
	refuse(arg);
}

bool xml_read_as(struct arena *a, struct val *v, str body, const char *root, const char *wrapper) {
	struct reader *r = NEW(a, struct reader);
	if (body.n > INT32_MAX / 2) {
		return false;
	}
	*r = (struct reader){ .arena = a, .top = v, .root = root, .wrapper = wrapper, .ok = true };
	r->parser = XML_ParserCreate(NULL);
	if (!r->parser) {
		return false;
	}
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, start, end);
	XML_SetCharacterDataHandler(r->parser, text);
	XML_SetStartDoctypeDeclHandler(r->parser, doctype);
	bool ok = XML_Parse(r->parser, body.p, (int)body.n, XML_TRUE) == XML_STATUS_OK && r->ok;
	XML_ParserFree(r->parser);
	return ok;
}

bool xml_read(struct arena *a, struct val *v, str body) {
	return xml_read_as(a, v, body, NULL, NULL);
}
