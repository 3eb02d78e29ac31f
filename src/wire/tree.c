#include "wire/tree.h"

#include "wire/inner.h"
#include "wire/json_text.h"

#include <stdlib.h>

static bool read_value(struct json_text *r, struct tree *t);

static bool read_bare(struct json_text *r, struct tree *t) {
	bool whole;
	t->s = json_word(r);
	t->kind = str_is(t->s, "true") || str_is(t->s, "false") ? TREE_BOOL
		  : str_is(t->s, "null")                        ? TREE_NULL
								: TREE_NUMBER;
	return t->kind != TREE_NUMBER || json_number(t->s, &whole);
}

static int by_name(const void *a, const void *b) {
	const struct tree *x = *(const struct tree *const *)a, *y = *(const struct tree *const *)b;
	int c = str_cmp(x->name, y->name);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* The first member whose name an earlier one has; NULL: all differ. */
static const struct tree *repeated(struct arena *a, const struct tree *group, size_t n) {
	const struct tree **sorted = NEWS(a, const struct tree *, n), *found = NULL;
	n = 0;
	for (const struct tree *k = group->first; k; k = k->next) {
		sorted[n++] = k;
	}
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 1; i < n; i++) {
		if (str_eq(sorted[i - 1]->name, sorted[i]->name) && (!found || sorted[i]->at < found->at)) {
			found = sorted[i];
		}
	}
	return found;
}

static bool read_child(struct json_text *r, const struct tree *group, struct tree *child) {
	json_peek(r);
	child->at = r->p;
	return group->kind == TREE_LIST ? read_value(r, child)
					: json_string(r, &child->name) && json_accept(r, ':') && read_value(r, child);
}

static bool read_group(struct json_text *r, struct tree *t, enum tree_kind kind) {
	char close = kind == TREE_LIST ? ']' : '}';
	struct tree **at = &t->first;
	size_t n = 0;
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
		n++;
	} while (json_accept(r, ','));
	const struct tree *again = kind == TREE_OBJECT && n > 1 ? repeated(r->arena, t, n) : NULL;
	if (again) {
		r->p = again->at;
	}
	return !again && json_accept(r, close);
}

static bool read_bracket(struct json_text *r, struct tree *t, enum tree_kind kind) {
	bool ok = ++r->depth <= DEPTH_MAX && read_group(r, t, kind);
	r->depth--;
	return ok;
}

static bool read_value(struct json_text *r, struct tree *t) {
	int ch = json_peek(r);
	const char *start = r->p;
	bool ok;
	if (ch == '{' || ch == '[') {
		ok = read_bracket(r, t, ch == '[' ? TREE_LIST : TREE_OBJECT);
	} else if (ch == '"') {
		t->kind = TREE_STRING;
		ok = json_string(r, &t->s);
	} else {
		ok = read_bare(r, t);
		r->p = ok ? r->p : start;
	}
	t->raw = (str){ start, (size_t)(r->p - start) };
	return ok;
}

struct tree *tree_read_at(struct arena *a, str text, const char **at) {
	text = text.p ? text : S("");
	struct json_text r = { .arena = a, .p = text.p, .end = text.p + text.n };
	struct tree *t = NEW(a, struct tree);
	json_peek(&r);
	t->at = r.p;
	bool ok = text.n && read_value(&r, t) && json_peek(&r) < 0;
	*at = r.p;
	return ok ? t : NULL;
}

struct tree *tree_read(struct arena *a, str text) {
	const char *at;
	return tree_read_at(a, text, &at);
}

void text_place(str text, const char *at, size_t *line, size_t *column) {
	*line = *column = 1;
	for (const char *p = text.p; p && p < at; p++) {
		bool inside = ((unsigned char)*p & 0xc0) == 0x80; /* of a character of several bytes */
		*column = *p == '\n' ? 1 : *column + !inside;
		*line += *p == '\n';
	}
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

size_t item_count(const struct tree *list) {
	size_t n = 0;
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		n++;
	}
	return n;
}
