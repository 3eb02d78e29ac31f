#include "daemon/form.h"

/* Where we are in the file: "users[2]" */
struct place {
	struct arena *arena;
	str name;
	str *why;
};

static bool wrong(const struct place *p, const char *what, str name) {
	*p->why = str_printf(p->arena, STR_FMT " %s '" STR_FMT "'", STR_ARG(p->name), what, STR_ARG(name));
	return false;
}

static bool all_of(const struct tree *t, bool (*is)(const struct tree *t)) {
	const struct tree *c = t->first;
	while (c && is(c)) {
		c = c->next;
	}
	return !c;
}

static bool is_text(const struct tree *t) {
	return t->kind == TREE_STRING;
}

static bool is_document(const struct tree *t) {
	return t->kind == TREE_OBJECT || t->kind == TREE_STRING;
}

static bool is_object(const struct tree *t) {
	return t->kind == TREE_OBJECT;
}

static bool is_of_kind(const struct tree *t, enum form_kind kind) {
	switch (kind) {
	case FORM_TEXT: return is_text(t);
	case FORM_TEXTS: return t->kind == TREE_LIST && all_of(t, is_text);
	case FORM_DOCUMENT: return is_document(t);
	case FORM_DOCUMENTS: return t->kind == TREE_OBJECT && all_of(t, is_document);
	case FORM_LIST: return t->kind == TREE_LIST && all_of(t, is_object);
	}
	return false;
}

static const struct form *row_of(const struct form *form, str name) {
	while (form->name && !str_is(name, form->name)) {
		form++;
	}
	return form->name ? form : NULL;
}

static bool check(const struct place *p, const struct tree *t, const struct form *form);

static bool check_list(const struct place *p, const struct tree *t, const struct form *of) {
	size_t i = 0;
	for (const struct tree *c = t->first; c; c = c->next, i++) {
		str name = str_printf(p->arena, STR_FMT "[%zu]", STR_ARG(t->name), i);
		if (!check(&(struct place){ p->arena, name, p->why }, c, of)) {
			return false;
		}
	}
	return true;
}

static bool check(const struct place *p, const struct tree *t, const struct form *form) {
	for (const struct tree *c = t->first; c; c = c->next) {
		const struct form *row = row_of(form, c->name);
		if (!row) {
			return wrong(p, "has what is not known:", c->name);
		}
		if (!is_of_kind(c, row->kind)) {
			return wrong(p, "has a value of the wrong kind:", c->name);
		}
		if (row->kind == FORM_LIST && !check_list(p, c, row->of)) {
			return false;
		}
	}
	for (; form->name; form++) {
		if (form->required && !tree_get(t, form->name)) {
			return wrong(p, "lacks", str_from(form->name));
		}
	}
	return true;
}

bool form_check(struct arena *a, const struct tree *t, const struct form *form, str *why) {
	struct place p = { a, S("it"), why };
	return check(&p, t, form);
}

str form_document(const struct tree *t) {
	return !t ? (str){ 0 } : t->kind == TREE_STRING ? t->s : t->raw;
}
