#include "wire/inner.h"

#include <math.h>

struct val *val_new(struct arena *a, const struct shape *shape) {
	struct val *v = NEW(a, struct val);
	v->shape = shape;
	return v;
}

struct val *val_add(struct arena *a, struct val *parent, const struct member *m) {
	struct val *v = val_new(a, m->shape);
	v->member = m;
	*(parent->last ? &parent->last->next : &parent->first) = v;
	parent->last = v;
	return v;
}

/* The first letter is looked at first: handlers ask for a dozen members of shapes that have forty. */
const struct member *shape_member(const struct shape *shape, str name) {
	for (size_t i = 0; shape->kind == K_STRUCT && name.n && i < shape->n; i++) {
		if (shape->m[i].name[0] == name.p[0] && str_is(name, shape->m[i].name)) {
			return &shape->m[i];
		}
	}
	return NULL;
}

static const struct member *must_have(const struct val *v, const char *name) {
	const struct member *m = shape_member(v->shape, str_from(name));
	if (!m) {
		fprintf(stderr, "bug: %s has no member %s\n", v->shape->name, name);
		abort();
	}
	return m;
}

struct val *val_child(const struct val *v, const struct member *m) {
	struct val *c = v->first;
	while (c && c->member != m) {
		c = c->next;
	}
	return c;
}

struct val *val_place(struct arena *a, struct val *v, const struct member *m) {
	struct val *c = val_child(v, m);
	if (!c) {
		return val_add(a, v, m);
	}
	*c = (struct val){ .shape = c->shape, .member = m, .next = c->next };
	return c;
}

struct val *get(const struct val *v, const char *name) {
	return v ? val_child(v, must_have(v, name)) : NULL;
}
str get_str(const struct val *v, const char *name) {
	const struct val *c = get(v, name);
	return c ? c->s : (str){ 0 };
}
int64_t get_int(const struct val *v, const char *name, int64_t absent) {
	const struct val *c = get(v, name);
	return c ? c->i : absent;
}
double get_dbl(const struct val *v, const char *name, double absent) {
	const struct val *c = get(v, name);
	return c ? c->d : absent;
}

struct val *get_key(const struct val *map, str key) {
	struct val *c = map ? map->first : NULL;
	while (c && !str_eq(c->key, key)) {
		c = c->next;
	}
	return c;
}

size_t val_count(const struct val *v) {
	size_t n = 0;
	for (const struct val *c = v ? v->first : NULL; c; c = c->next) {
		n++;
	}
	return n;
}

struct val *set(struct arena *a, struct val *v, const char *name) {
	return val_place(a, v, must_have(v, name));
}
void set_str(struct arena *a, struct val *v, const char *name, str s) {
	if (s.p) {
		set(a, v, name)->s = s;
	}
}
void set_int(struct arena *a, struct val *v, const char *name, int64_t i) {
	set(a, v, name)->i = i;
}
void set_dbl(struct arena *a, struct val *v, const char *name, double d) {
	set(a, v, name)->d = d;
}

struct val *append(struct arena *a, struct val *list) {
	return val_add(a, list, &list->shape->m[0]);
}

struct val *add_key(struct arena *a, struct val *map, str key) {
	struct val *c = val_add(a, map, &map->shape->m[1]);
	c->key = key;
	return c;
}

void val_copy(struct arena *a, struct val *v, const struct val *from) {
	v->s = from->s;
	v->i = from->i;
	v->d = from->d;
	for (const struct val *c = from->first; c; c = c->next) {
		struct val *to = NULL;
		if (v->shape->kind == K_STRUCT && from->shape->kind == K_STRUCT) {
			const struct member *m = shape_member(v->shape, str_from(c->member->name));
			to = m ? val_place(a, v, m) : NULL;
		} else if (v->shape->kind == K_LIST && from->shape->kind == K_LIST) {
			to = append(a, v);
		} else if (v->shape->kind == K_MAP && from->shape->kind == K_MAP) {
			to = add_key(a, v, c->key);
		}
		if (to) {
			val_copy(a, to, c);
		}
	}
}

struct entry {
	struct val *v;
	size_t at;
};

static int entry_compare(const void *a, const void *b) {
	const struct entry *x = a, *y = b;
	int c = str_cmp(x->v->key, y->v->key);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}
static int entry_order(const void *a, const void *b) {
	const struct entry *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

void map_dedupe(struct arena *a, struct val *map) {
	size_t n = val_count(map), kept = 0;
	if (n < 2) {
		return;
	}
	struct entry *e = NEWS(a, struct entry, n);
	size_t i = 0;
	for (struct val *c = map->first; c; c = c->next, i++) {
		e[i] = (struct entry){ c, i };
	}
	qsort(e, n, sizeof(*e), entry_compare);
	for (i = 0; i < n; i++) {
		if (i + 1 == n || !str_eq(e[i].v->key, e[i + 1].v->key)) {
			e[kept++] = e[i];
		}
	}
	if (kept == n) {
		return;
	}
	qsort(e, kept, sizeof(*e), entry_order);
	map->first = map->last = NULL;
	for (i = 0; i < kept; i++) {
		*(map->last ? &map->last->next : &map->first) = e[i].v;
		map->last = e[i].v;
		e[i].v->next = NULL;
	}
}

/* Years 1 to 9999. */
static bool time_fits(double ms) {
	return ms >= -62135596800000.0 && ms <= 253402300799999.0;
}

bool val_store_int(struct val *v, int64_t i) {
	switch (v->shape->kind) {
	case K_INT: v->i = i; return (v->shape->flags & SH_LONG) || (i >= INT32_MIN && i <= INT32_MAX);
	case K_DBL: v->d = (double)i; return true;
	case K_TIME: v->i = time_fits((double)i * 1000) ? i * 1000 : 0; return time_fits((double)i * 1000);
	default: return false;
	}
}

bool val_store_dbl(struct val *v, double d) {
	switch (v->shape->kind) {
	case K_INT: return d > -9e18 && d < 9e18 && d == trunc(d) && val_store_int(v, (int64_t)d);
	case K_DBL: v->d = d; return true;
	case K_TIME: v->i = time_fits(d * 1000) ? (int64_t)llround(d * 1000) : 0; return time_fits(d * 1000);
	default: return false;
	}
}
