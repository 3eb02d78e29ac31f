#include "policy/room.h"

size_t policy_size(str text) {
	size_t n = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
		bool rest = ((unsigned char)c & 0xc0) == 0x80; /* of a character of several bytes */
		n += (quoted || !blank) && !rest;
		if (quoted && c == '\\' && i + 1 < text.n) {
			n++;
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		}
	}
	return n;
}

const struct policy *policy_silent(void) {
	static const struct policy silent = { .kind = POLICY_IDENTITY };
	return &silent;
}

size_t policy_statements(const struct policy *p) {
	return p->n;
}

str policy_version(const struct policy *p) {
	return p->version;
}

str policy_sid(const struct policy *p, size_t i) {
	return p->statements[i].sid;
}

str policy_statement_text(const struct policy *p, size_t i) {
	return p->statements[i].text;
}

bool policy_denies(const struct policy *p, size_t i) {
	return p->statements[i].deny;
}

const str *policy_actions(const struct policy *p, size_t i, size_t *n, bool *inverse) {
	const struct patterns *all = &p->statements[i].actions;
	*n = all->n;
	*inverse = all->inverse;
	return all->written;
}

const str *policy_resources(const struct policy *p, size_t i, size_t *n, bool *inverse) {
	const struct patterns *all = &p->statements[i].resources;
	*n = all->n;
	*inverse = all->inverse;
	return all->written;
}

/* --- the keys of a document --- */

struct keys {
	struct arena *arena;
	str *v;
	size_t n, cap;
};

static void add_key(struct keys *k, str key) {
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 16;
		str *v = NEWS(k->arena, str, cap);
		if (k->n) {
			memcpy(v, k->v, sizeof(*v) * k->n);
		}
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = key;
}

static void add_variables(struct keys *k, const struct word *w) {
	for (size_t i = 0; i < w->n; i++) {
		if (w->pieces[i].key.p) {
			add_key(k, w->pieces[i].key);
		}
	}
}

static void add_statement(struct keys *k, const struct statement *s) {
	for (size_t i = 0; i < s->resources.n; i++) {
		add_variables(k, &s->resources.words[i]);
	}
	for (size_t i = 0; i < s->n_conditions; i++) {
		add_key(k, s->conditions[i].key);
		for (size_t j = 0; j < s->conditions[i].n; j++) {
			add_variables(k, &s->conditions[i].operands[j].word);
		}
	}
}

static int by_text(const void *a, const void *b) {
	return str_cmp(*(const str *)a, *(const str *)b);
}

size_t policy_keys(struct arena *a, const struct policy *p, str **keys) {
	struct keys k = { .arena = a };
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		add_statement(&k, &p->statements[i]);
	}
	if (k.n) {
		qsort(k.v, k.n, sizeof(*k.v), by_text);
	}
	for (size_t i = 0; i < k.n; i++) {
		if (n == 0 || !str_eq(k.v[n - 1], k.v[i])) {
			k.v[n++] = k.v[i];
		}
	}
	*keys = k.v;
	return n;
}

size_t policy_principals(struct arena *a, const struct policy *p, struct policy_principal **out) {
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		n += p->statements[i].who.n;
	}
	*out = NEWS(a, struct policy_principal, n);
	n = 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct whos *w = &p->statements[i].who;
		for (size_t j = 0; j < w->n; j++) {
			(*out)[n++] = (struct policy_principal){ w->v[j].type, w->v[j].text };
		}
	}
	return n;
}
