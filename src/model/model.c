#include "model/model.h"

#include <string.h>

const struct service *service_find(const char *name) {
	for (const struct service *const *s = services; *s; s++) {
		if (strcmp((*s)->name, name) == 0) {
			return *s;
		}
	}
	return NULL;
}

const char *service_signing(const struct service *s) {
	return s->signing ? s->signing : s->endpoint;
}

/* Like strcmp, of n bytes and a whole string. */
static int compare(const char *p, size_t n, const char *z) {
	int c = strncmp(p, z, n);
	return c ? c : -(z[n] != '\0');
}

const struct op *op_find(const struct service *s, const char *name, size_t n) {
	size_t low = 0, high = s->n_ops;
	if (n == 0 || memchr(name, 0, n)) {
		return NULL;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = compare(name, n, s->ops[middle].name);
		if (c == 0) {
			return &s->ops[middle];
		}
		if (c < 0) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return NULL;
}

const struct error *error_find(const struct service *s, const char *name) {
	for (const struct error *e = s->errors; e->name; e++) {
		if (strcmp(e->name, name) == 0) {
			return e;
		}
	}
	return NULL;
}
