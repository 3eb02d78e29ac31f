#include "iam/room.h"

/* Names of AWS's policies and of the account's own may be alike, ids may not. */
static str key_of(struct arena *a, const struct entity *policy) {
	return str_printf(a, STR_FMT "/" STR_FMT, STR_ARG(str_lower(a, policy->name)), STR_ARG(policy->id));
}

void policies_add(struct arena *a, struct policies *to, const struct entity *policy) {
	if (to->n == to->cap) {
		size_t cap = to->cap ? 2 * to->cap : 16;
		struct listed_policy *p = NEWS(a, struct listed_policy, cap);
		if (to->n) {
			memcpy(p, to->p, to->n * sizeof(*p));
		}
		to->p = p;
		to->cap = cap;
	}
	to->p[to->n++] = (struct listed_policy){ key_of(a, policy), *policy };
}

static int by_key(const void *a, const void *b) {
	const struct listed_policy *x = a, *y = b;
	return str_cmp(x->key, y->key);
}

void policies_sort(struct policies *list) {
	if (list->n) {
		qsort(list->p, list->n, sizeof(*list->p), by_key);
	}
}

void policies_keep(struct policies *list, str prefix, str after) {
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++) {
		if (str_starts(list->p[i].policy.path, prefix) && str_cmp(list->p[i].key, after) > 0) {
			list->p[n++] = list->p[i];
		}
	}
	list->n = n;
}

void policies_end(struct call *c, const struct policies *list, const struct page *page) {
	bool more = (int64_t)list->n > page->max;
	page_end(c, more, more ? list->p[page->max - 1].key : (str){ 0 });
}
