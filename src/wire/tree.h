/* JSON as it stands, for documents that no shape describes (policies). RFC 8259, strict: UTF-8, no duplicate names,
 * at most 64 levels. */
#pragma once

#include "base/buf.h"

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_NUMBER, TREE_STRING, TREE_LIST, TREE_OBJECT };

struct tree {
	enum tree_kind kind;
	str name; /* in an object */
	str s; /* of a string its text, of a number or a boolean its spelling */
	struct tree *first, *next;
};

/* NULL: not well-formed. In the arena; text must live as long. */
struct tree *tree_read(struct arena *a, str text);
/* NULL if absent, or if t is no object or NULL. */
const struct tree *tree_get(const struct tree *t, const char *name);
str tree_text(const struct tree *t); /* of a string; absent for anything else, and for NULL */
