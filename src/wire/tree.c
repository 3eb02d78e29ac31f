#include "wire/tree.h"

#include "wire/inner.h"
#include "wire/json_text.h"

static bool read_value(struct json_text *r, struct tree *t);

static bool read_bare(struct json_text *r, struct tree *t) {
	bool whole;
	t->s = json_word(r);
	t->kind = str_is(t->s, "true") || str_is(t->s, "false") ? TREE_BOOL
		  : str_is(t->s, "null")                        ? TREE_NULL
								: TREE_NUMBER;
	return t->kind != TREE_NUMBER || json_number(t->s, &whole);
}

static bool has_name(const struct tree *group, const struct tree *last, str name) {
	for (const struct tree *k = group->first; k && k != last; k = k->next) {
		if (str_eq(k->name, name)) {
			return true;
		}
	}
	return false;
}

static bool read_child(struct json_text *r, struct tree *group, struct tree *child) {
	if (group->kind == TREE_LIST) {
		return read_value(r, child);
	}
	return json_string(r, &child->name) && !has_name(group, child, child->name) && json_accept(r, ':') &&
	       read_value(r, child);
}

static bool read_group(struct json_text *r, struct tree *t, enum tree_kind kind) {
	char close = kind == TREE_LIST ? ']' : '}';
	struct tree **at = &t->first;
	r->p++;
	t->kind = kind;
	if (json_accept(r, close)) {
		return true;
	}
	do {
		*at = NEW(r->arena, struct tree);
		if (!read_child(r, t, *at)) {
			return false;
		}
		at = &(*at)->next;
	} while (json_accept(r, ','));
	return json_accept(r, close);
}

static bool read_value(struct json_text *r, struct tree *t) {
	int ch = json_peek(r);
	if (ch == '{' || ch == '[') {
		bool ok = ++r->depth <= DEPTH_MAX && read_group(r, t, ch == '[' ? TREE_LIST : TREE_OBJECT);
		r->depth--;
		return ok;
	}
	if (ch == '"') {
		t->kind = TREE_STRING;
		return json_string(r, &t->s);
	}
	return read_bare(r, t);
}

struct tree *tree_read(struct arena *a, str text) {
	struct json_text r = { .arena = a, .p = text.p, .end = text.p + text.n };
	struct tree *t = NEW(a, struct tree);
	return text.n && read_value(&r, t) && json_peek(&r) < 0 ? t : NULL;
}

const struct tree *tree_get(const struct tree *t, const char *name) {
	for (const struct tree *k = t && t->kind == TREE_OBJECT ? t->first : NULL; k; k = k->next) {
		if (str_is(k->name, name)) {
			return k;
		}
	}
	return NULL;
}

str tree_text(const struct tree *t) {
	return t && t->kind == TREE_STRING ? t->s : (str){ 0 };
}
