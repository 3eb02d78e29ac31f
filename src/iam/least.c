#include "iam/least.h"

#include <stdlib.h>

struct list {
	str *v;
	size_t n;
};

/* An action of the record and the resources that a policy has to name for it. */
struct grant {
	str action, service;
	struct list resources;
};

static int by_action(const void *x, const void *y) {
	const struct used *a = x, *b = y;
	int c = str_cmp(a->action, b->action);
	return c ? c : str_cmp(a->resource, b->resource);
}

static bool same(const struct used *a, const struct used *b) {
	return str_eq(a->action, b->action) && str_eq(a->resource, b->resource);
}

static size_t sort_out(struct used *used, size_t n) {
	size_t kept = 0;
	if (n > 1) {
		qsort(used, n, sizeof(*used), by_action);
	}
	for (size_t i = 0; i < n; i++) {
		if (!kept || !same(&used[kept - 1], &used[i])) {
			used[kept++] = used[i];
		}
	}
	return kept;
}

/* --- resources --- */

static str escaped(struct arena *a, str resource) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < resource.n; i++) {
		char c = resource.p[i];
		bool special = c == '*' || c == '?' || c == '$';
		putz(&b, special ? "${" : "");
		put_byte(&b, c);
		putz(&b, special ? "}" : "");
	}
	return str_is(resource, "*") ? resource : buf_str(&b);
}

/* Behind the fifth colon of an ARN and its first slash: what folders there are begins there. */
static size_t name_at(str arn) {
	int colons = 0;
	for (size_t i = 0; i < arn.n; i++) {
		colons += arn.p[i] == ':';
		if (colons >= 5 && arn.p[i] == '/') {
			return i + 1;
		}
	}
	return arn.n;
}

/* How much of s, from at on, is one folder with its slash; 0: no folder. */
static size_t folder(str s, size_t at) {
	const char *slash = at < s.n ? memchr(s.p + at, '/', s.n - at) : NULL;
	return slash ? (size_t)(slash - s.p) - at + 1 : 0;
}

static bool in_folder(str s, str prefix) {
	return s.n > prefix.n && str_starts(s, prefix);
}

struct shrinker {
	struct arena *arena;
	struct list out;
	size_t few;
};

static void keep(struct shrinker *s, str resource) {
	s->out.v[s->out.n++] = resource;
}

static void keep_folder(struct shrinker *s, str prefix) {
	keep(s, str_printf(s->arena, STR_FMT "*", STR_ARG(escaped(s->arena, prefix))));
}

/* The number of names and folders directly in a folder. */
static size_t children(const str *v, size_t n, size_t at) {
	size_t count = 0;
	for (size_t i = 0; i < n; count++) {
		size_t f = folder(v[i], at);
		str prefix = { v[i].p, at + f };
		for (i++; f && i < n && str_starts(v[i], prefix); i++) {
		}
	}
	return count;
}

/* v: sorted, all in the folder that is their first at bytes. */
static void shrink_folder(struct shrinker *s, const str *v, size_t n, size_t at) {
	if (n > s->few && children(v, n, at) > s->few) {
		keep_folder(s, (str){ v[0].p, at });
		return;
	}
	for (size_t i = 0, from; i < n;) {
		size_t f = folder(v[i], at);
		str prefix = { v[i].p, at + f };
		from = i++;
		while (f && i < n && in_folder(v[i], prefix)) {
			i++;
		}
		if (i - from > s->few) {
			shrink_folder(s, v + from, i - from, at + f);
		} else {
			for (; from < i; from++) {
				keep(s, escaped(s->arena, v[from]));
			}
		}
	}
}

static struct list shrink(struct arena *a, const struct list *all, size_t few) {
	struct shrinker s = { .arena = a, .out.v = NEWS(a, str, all->n + 1), .few = few };
	for (size_t i = 0, from; i < all->n;) {
		size_t at = name_at(all->v[i]);
		str prefix = { all->v[i].p, at };
		from = i++;
		while (i < all->n && in_folder(all->v[i], prefix) && name_at(all->v[i]) == at) {
			i++;
		}
		if (at < all->v[from].n) {
			shrink_folder(&s, all->v + from, i - from, at);
		} else {
			keep(&s, escaped(a, all->v[from]));
		}
	}
	return s.out;
}

/* --- statements --- */

static str service_of(str action) {
	str service, rest;
	str_cut(action, ':', &service, &rest);
	return service;
}

static size_t read_grants(struct arena *a, const struct used *used, size_t n, struct grant *out) {
	size_t grants = 0;
	for (size_t i = 0; i < n;) {
		struct grant *g = &out[grants++];
		*g = (struct grant){ .action = used[i].action, .service = service_of(used[i].action) };
		size_t to = i;
		while (to < n && str_eq(used[to].action, g->action)) {
			to++;
		}
		g->resources.v = NEWS(a, str, to - i);
		for (; i < to; i++) {
			g->resources.v[g->resources.n++] = used[i].resource;
		}
		if (str_is(g->resources.v[0], "*")) {
			g->resources.n = 1;
		}
	}
	return grants;
}

static int list_cmp(const struct list *x, const struct list *y) {
	for (size_t i = 0; i < x->n && i < y->n; i++) {
		int c = str_cmp(x->v[i], y->v[i]);
		if (c) {
			return c;
		}
	}
	return (x->n > y->n) - (x->n < y->n);
}

static int by_resources(const void *x, const void *y) {
	const struct grant *a = x, *b = y;
	int c = str_cmp(a->service, b->service);
	c = c ? c : list_cmp(&a->resources, &b->resources);
	return c ? c : str_cmp(a->action, b->action);
}

static void put_texts(struct buf *b, const char *name, const struct list *l) {
	putf(b, ",\"%s\":", name);
	putz(b, l->n > 1 ? "[" : "");
	for (size_t i = 0; i < l->n; i++) {
		putz(b, i ? "," : "");
		put_json(b, l->v[i]);
	}
	putz(b, l->n > 1 ? "]" : "");
}

static str write_policy(struct arena *a, struct grant *g, size_t n) {
	struct buf b = { .arena = a };
	putz(&b, "{\"Version\":\"2012-10-17\",\"Statement\":[");
	for (size_t i = 0; i < n;) {
		struct list actions = { .v = NEWS(a, str, n) };
		const struct grant *first = &g[i];
		while (i < n && str_eq(g[i].service, first->service) &&
		       list_cmp(&g[i].resources, &first->resources) == 0) {
			actions.v[actions.n++] = g[i++].action;
		}
		putz(&b, first == g ? "{\"Effect\":\"Allow\"" : ",{\"Effect\":\"Allow\"");
		put_texts(&b, "Action", &actions);
		put_texts(&b, "Resource", &first->resources);
		putz(&b, "}");
	}
	putz(&b, "]}");
	return buf_str(&b);
}

static str policy_of_few(struct arena *a, const struct grant *all, size_t n, size_t few) {
	struct grant *g = NEWS(a, struct grant, n);
	for (size_t i = 0; i < n; i++) {
		g[i] = all[i];
		g[i].resources = shrink(a, &all[i].resources, few);
	}
	if (n > 1) {
		qsort(g, n, sizeof(*g), by_resources);
	}
	return write_policy(a, g, n);
}

str least_policy(struct arena *a, struct used *used, size_t n) {
	static const size_t few[] = { 4, 2, 1, 0 };
	str text = { 0 };
	n = sort_out(used, n);
	struct grant *grants = NEWS(a, struct grant, n + 1);
	size_t n_grants = read_grants(a, used, n, grants);
	for (size_t i = 0; n && i < sizeof(few) / sizeof(*few); i++) {
		text = policy_of_few(a, grants, n_grants, few[i]);
		if (text.n <= LEAST_MAX) {
			break;
		}
	}
	return text;
}
