/* JSON as it stands, for documents that no shape describes (policies). RFC 8259, strict: UTF-8, no duplicate names,
 * at most 64 levels. Time n log n in the length of the text. */
#pragma once

#include "base/buf.h"

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_NUMBER, TREE_STRING, TREE_LIST, TREE_OBJECT };

struct tree {
	enum tree_kind kind;
	str name; /* in an object */
	str s; /* of a string its text, of a number or a boolean its spelling */
	str raw; /* the value as it was written */
	const char *at; /* where it begins in the text: of a member its name */
	struct tree *first, *next;
};

/* NULL: not well-formed. In the arena; text must live as long. */
struct tree *tree_read(struct arena *a, str text);
/* The same; *at is the place in text where it went wrong. */
struct tree *tree_read_at(struct arena *a, str text, const char **at);
/* A place in text for people: lines and columns (in characters) from 1. */
void text_place(str text, const char *at, size_t *line, size_t *column);

/* NULL if absent, or if t is no object or NULL. */
const struct tree *tree_get(const struct tree *t, const char *name);
str tree_text(const struct tree *t); /* of a string; absent for anything else, and for NULL */

/* The items of a list, or the one value that stands for a list of one: the first (NULL: none), then the next. */
static inline const struct tree *item_first(const struct tree *list) {
	return list && list->kind == TREE_LIST ? list->first : list;
}
static inline const struct tree *item_next(const struct tree *list, const struct tree *item) {
	return list->kind == TREE_LIST ? item->next : NULL;
}
size_t item_count(const struct tree *list);
