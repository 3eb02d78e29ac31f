/* The query protocols: a form of flat names such as Tags.member.1.Key=... (IAM, STS, SNS) or Tag.1.Key=... (EC2). */
#include "wire/inner.h"

struct pair {
	str name, value;
	size_t at; /* where it stood: of doubled names the last one counts */
};

struct form {
	struct arena *arena;
	struct pair *pairs; /* sorted by name */
	size_t n;
	enum proto proto;
	int depth, values;
};

static int pair_compare(const void *a, const void *b) {
	const struct pair *x = a, *y = b;
	int c = str_cmp(x->name, y->name);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static bool form_split(struct form *f, str body) {
	size_t cap = 1;
	bool text = true;
	for (size_t i = 0; i < body.n; i++) {
		cap += body.p[i] == '&';
	}
	f->pairs = NEWS(f->arena, struct pair, cap);
	for (str item, rest = body; rest.n;) {
		struct pair *p = &f->pairs[f->n];
		str_cut(rest, '&', &item, &rest);
		str_cut(item, '=', &p->name, &p->value);
		p->name = url_decode_form(f->arena, p->name);
		p->value = p->value.n ? url_decode_form(f->arena, p->value) : S("");
		p->at = f->n;
		text = text && str_utf8(p->name) && str_utf8(p->value);
		f->n += item.n > 0;
	}
	qsort(f->pairs, f->n, sizeof(*f->pairs), pair_compare);
	return text;
}

/* The first pair whose name is not before this one. */
static size_t lower_bound(const struct form *f, str name) {
	size_t low = 0, high = f->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (str_cmp(f->pairs[middle].name, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* The pair of that name; NULL if there is none. */
static const struct pair *pair_find(const struct form *f, str name) {
	const struct pair *found = NULL;
	for (size_t i = lower_bound(f, name); i < f->n && str_eq(f->pairs[i].name, name); i++) {
		found = &f->pairs[i];
	}
	return found;
}

static str join(struct arena *a, str prefix, str name) {
	struct buf b = { .arena = a };
	put(&b, prefix);
	putz(&b, prefix.n ? "." : "");
	put(&b, name);
	return buf_str(&b);
}

/* Is there a pair of that name, or one below it? */
static bool any_at(const struct form *f, str name) {
	if (pair_find(f, name)) {
		return true;
	}
	str below = join(f->arena, name, S(""));
	size_t i = lower_bound(f, below);
	return i < f->n && str_starts(f->pairs[i].name, below);
}

static const char *wire_name(const struct form *f, const struct member *m) {
	return f->proto != P_EC2 ? member_wire(m) : m->query ? m->query : m->name;
}

static bool read_value(struct form *f, struct val *v, str prefix);

/* The numbers that stand after prefix: those of "prefix.N" and "prefix.N.more", ascending. */
struct indices {
	int64_t *p;
	size_t n;
};

static int index_compare(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static struct indices indices_find(const struct form *f, str prefix) {
	str below = join(f->arena, prefix, S("")), head, tail;
	size_t from = lower_bound(f, below), to = from;
	while (to < f->n && str_starts(f->pairs[to].name, below)) {
		to++;
	}
	struct indices found = { NEWS(f->arena, int64_t, to - from + 1), 0 };
	for (size_t i = from; i < to; i++) {
		int64_t index;
		str_cut(str_skip(f->pairs[i].name, below.n), '.', &head, &tail);
		bool canonical = head.n && head.n < 10 && head.p[0] != '0' && str_uint(head, &index);
		if (canonical && (found.n == 0 || found.p[found.n - 1] != index)) {
			found.p[found.n++] = index;
		}
	}
	qsort(found.p, found.n, sizeof(*found.p), index_compare);
	return found;
}

static bool read_elements(struct form *f, struct val *v, str base) {
	struct indices at = indices_find(f, base);
	for (size_t i = 0; i < at.n; i++) {
		str name = str_printf(f->arena, STR_FMT ".%lld", STR_ARG(base), (long long)at.p[i]);
		if (!read_value(f, append(f->arena, v), name)) {
			return false;
		}
	}
	return true;
}

/* "Names.member.1" and "Names.1" alike, whichever the model has. */
static bool read_list(struct form *f, struct val *v, str prefix) {
	const struct member *m = &v->shape->m[0];
	str named = join(f->arena, prefix, m->wire && f->proto != P_EC2 ? str_from(m->wire) : S("member"));
	bool flat = f->proto == P_EC2 || (v->member && (v->member->flags & M_FLAT));
	return read_elements(f, v, flat ? prefix : named) && (v->first || read_elements(f, v, flat ? named : prefix)) &&
	       (v->first || flat || read_elements(f, v, join(f->arena, prefix, S("member"))));
}

static bool read_map(struct form *f, struct val *v, str prefix) {
	const struct member *key = &v->shape->m[0], *value = &v->shape->m[1];
	bool flat = v->member && (v->member->flags & M_FLAT);
	str base = flat ? prefix : join(f->arena, prefix, S("entry"));
	struct indices at = indices_find(f, base);
	if (!at.n) {
		base = flat ? join(f->arena, prefix, S("entry")) : prefix;
		at = indices_find(f, base);
	}
	for (size_t i = 0; i < at.n; i++) {
		str entry = str_printf(f->arena, STR_FMT ".%lld", STR_ARG(base), (long long)at.p[i]);
		const struct pair *k = pair_find(f, join(f->arena, entry, key->wire ? str_from(key->wire) : S("key")));
		if (!k) {
			return false;
		}
		struct val *c = add_key(f->arena, v, k->value);
		if (!read_value(f, c, join(f->arena, entry, value->wire ? str_from(value->wire) : S("value")))) {
			return false;
		}
	}
	map_dedupe(f->arena, v);
	return true;
}

static bool read_struct(struct form *f, struct val *v, str prefix) {
	for (size_t i = 0; i < v->shape->n; i++) {
		const struct member *m = &v->shape->m[i];
		struct arena_mark mark = arena_mark(f->arena);
		const struct member *e = m->shape->kind == K_LIST ? &m->shape->m[0] : NULL;
		bool renamed = f->proto == P_QUERY && e && (m->flags & M_FLAT) && e->wire;
		str name = join(f->arena, prefix, str_from(renamed ? e->wire : wire_name(f, m)));
		if (is_group(m->shape) ? !any_at(f, name) : !pair_find(f, name)) {
			arena_reset(f->arena, mark);
		} else if (!read_value(f, val_add(f->arena, v, m), name)) {
			return false;
		}
	}
	return true;
}

static bool read_scalar(const struct form *f, struct val *v, str name) {
	const struct pair *p = pair_find(f, name);
	return p && val_from_text(f->arena, v, p->value);
}

static bool read_value(struct form *f, struct val *v, str prefix) {
	bool ok;
	if (++f->depth > DEPTH_MAX || ++f->values > VALUES_MAX) {
		return false;
	}
	switch (v->shape->kind) {
	case K_STRUCT: ok = read_struct(f, v, prefix); break;
	case K_LIST: ok = read_list(f, v, prefix); break;
	case K_MAP: ok = read_map(f, v, prefix); break;
	default: ok = read_scalar(f, v, prefix); break;
	}
	f->depth--;
	return ok;
}

bool query_read(struct arena *a, struct val *v, str form, enum proto proto) {
	struct form f = { .arena = a, .proto = proto };
	return form_split(&f, form) && read_struct(&f, v, (str){ 0 });
}

/* --- writing --- */

static void write_value(struct form *f, struct buf *b, const struct val *v, str name);

static void write_pair(struct buf *b, str name, str value) {
	put_byte(b, '&');
	put_url(b, name, false);
	put_byte(b, '=');
	put_url(b, value, false);
}

static void write_struct(struct form *f, struct buf *b, const struct val *v, str prefix) {
	for (const struct val *c = v->first; c; c = c->next) {
		const struct member *e = c->shape->kind == K_LIST ? &c->shape->m[0] : NULL;
		bool renamed = f->proto == P_QUERY && e && (c->member->flags & M_FLAT) && e->wire && c->first;
		write_value(f, b, c, join(f->arena, prefix, str_from(renamed ? e->wire : wire_name(f, c->member))));
	}
}

static void write_list(struct form *f, struct buf *b, const struct val *v, str name) {
	const struct member *m = &v->shape->m[0];
	bool flat = f->proto == P_EC2 || (v->member && (v->member->flags & M_FLAT));
	str base = flat ? name : join(f->arena, name, m->wire ? str_from(m->wire) : S("member"));
	int i = 0;
	if (!v->first && f->proto == P_QUERY) {
		write_pair(b, name, S(""));
	}
	for (const struct val *c = v->first; c; c = c->next) {
		write_value(f, b, c, str_printf(f->arena, STR_FMT ".%d", STR_ARG(base), ++i));
	}
}

static void write_map(struct form *f, struct buf *b, const struct val *v, str name) {
	const struct member *key = &v->shape->m[0], *value = &v->shape->m[1];
	bool flat = v->member && (v->member->flags & M_FLAT);
	str base = flat ? name : join(f->arena, name, S("entry"));
	int i = 0;
	for (const struct val *c = v->first; c; c = c->next) {
		str entry = str_printf(f->arena, STR_FMT ".%d", STR_ARG(base), ++i);
		write_pair(b, join(f->arena, entry, key->wire ? str_from(key->wire) : S("key")), c->key);
		write_value(f, b, c, join(f->arena, entry, value->wire ? str_from(value->wire) : S("value")));
	}
}

static void write_value(struct form *f, struct buf *b, const struct val *v, str name) {
	struct buf text = { .arena = f->arena };
	switch (v->shape->kind) {
	case K_STRUCT: write_struct(f, b, v, name); break;
	case K_LIST: write_list(f, b, v, name); break;
	case K_MAP: write_map(f, b, v, name); break;
	default: val_put_text(&text, v, T_ISO); write_pair(b, name, buf_str(&text));
	}
}

void query_write(struct buf *b, const struct val *v, enum proto proto) {
	struct form f = { .arena = b->arena, .proto = proto };
	write_struct(&f, b, v, (str){ 0 });
}
