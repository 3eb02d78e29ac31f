#include "wire/inner.h"
#include "wire/rest.h"

/* Is raw, with its escapes undone, name? */
static bool raw_is(str raw, str name) {
	size_t n = 0;
	if (raw.n == name.n) {
		return str_eq(raw, name);
	}
	for (size_t i = 0; i < raw.n; i++, n++) {
		int c = (unsigned char)raw.p[i];
		if (c == '%' && i + 2 < raw.n && hex_value(raw.p[i + 1]) >= 0 && hex_value(raw.p[i + 2]) >= 0) {
			c = hex_value(raw.p[i + 1]) << 4 | hex_value(raw.p[i + 2]);
			i += 2;
		}
		if (n >= name.n || c != (unsigned char)name.p[n]) {
			return false;
		}
	}
	return n == name.n;
}

bool param_find(str query, str name, size_t *at, str *value) {
	str rest = str_skip(query, *at), found;
	while (query_next(&rest, &found, value)) {
		if (raw_is(found, name)) {
			*at = query.n - rest.n;
			*value = value->p ? *value : S("");
			return true;
		}
	}
	return false;
}

static bool param_has(str query, str name) {
	size_t at = 0;
	str value;
	return param_find(query, name, &at, &value);
}

/* Matches what stands in braces; *uri goes past it. */
static bool label_match(const char **uri, str *path, struct labels *out) {
	const char *end = *uri + strcspn(*uri, "}");
	bool greedy = end[-1] == '+';
	str name = { *uri + 1, (size_t)(end - *uri - 1 - greedy) }, value = *path;
	*uri = end + 1;
	if (greedy) {
		str after = { *uri, strcspn(*uri, "?") };
		value.n -= str_ends(*path, after) ? after.n : value.n;
	} else {
		str_cut(*path, '/', &value, &(str){ 0 });
	}
	if (out->n == sizeof(out->p) / sizeof(out->p[0]) || value.n == 0) {
		return false;
	}
	out->p[out->n++] = (struct label){ name, value };
	*path = str_skip(*path, value.n);
	return true;
}

bool uri_match(const char *uri, str path, struct labels *out) {
	bool label = false;
	out->n = 0;
	if (path.n == 0) {
		path = S("/");
	}
	while (*uri && *uri != '?') {
		label = *uri == '{';
		if (label) {
			if (!label_match(&uri, &path, out)) {
				return false;
			}
		} else if (path.n && path.p[0] == *uri) {
			path = str_skip(path, 1);
			uri++;
		} else {
			return false;
		}
	}
	return path.n == 0 || (label && str_is(path, "/"));
}

/* The literal parameters of an operation's uri, "list-type=2". */
static str literals_of(const struct op *op) {
	const char *at = strchr(op->uri, '?');
	return at ? str_from(at + 1) : (str){ 0 };
}

/* How many literal parameters of the operation the query has; -1 if it lacks one. */
static int literals_found(str literals, str query) {
	str name, want, value;
	int n = 0;
	while (query_next(&literals, &name, &want)) {
		size_t at = 0;
		if (!param_find(query, name, &at, &value) || (want.n && !str_eq(value, want))) {
			return -1;
		}
		n++;
	}
	return n;
}

static bool header_has(const struct head *h, str name) {
	for (size_t i = 0; i < h->n; i++) {
		if (h->headers[i].name.n == name.n && str_ieq(h->headers[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* How many required members the query and the headers have, less those that the headers lack. A parameter that is
 * lacking rules out an operation which nothing but that parameter names. */
static bool required_found(const struct op *op, const struct head *h, bool named, int *out) {
	*out = 0;
	for (size_t i = 0; op->in && i < op->in->n; i++) {
		const struct member *m = &op->in->m[i];
		if (!(m->flags & M_REQUIRED) || (m->loc != L_QUERY && m->loc != L_HEADER)) {
			continue;
		}
		str name = str_from(member_wire(m));
		bool has = m->loc == L_QUERY ? param_has(h->query, name) : header_has(h, name);
		if (!has && m->loc == L_QUERY && !named) {
			return false;
		}
		*out += has ? 1 : -1;
	}
	return true;
}

static bool op_uses(const struct op *op, str literals, str name) {
	if (param_has(literals, name)) {
		return true;
	}
	for (size_t i = 0; op->in && i < op->in->n; i++) {
		if (op->in->m[i].loc == L_QUERY && str_is(name, member_wire(&op->in->m[i]))) {
			return true;
		}
	}
	return false;
}

enum { DECISIVE_MAX = 8 };

/* The decisive parameters that the query has. */
struct decisive {
	str p[DECISIVE_MAX];
	size_t n;
};

static const char *decisive_name(const struct service *s, str raw) {
	for (const char *const *d = s->decisive; d && *d && raw.n; d++) {
		if ((**d == raw.p[0] || raw.p[0] == '%') && raw_is(raw, str_from(*d))) {
			return *d;
		}
	}
	return NULL;
}

static bool decisive_find(const struct service *s, str query, struct decisive *out) {
	str name, value;
	out->n = 0;
	while (query_next(&query, &name, &value)) {
		const char *d = decisive_name(s, name);
		if (d && out->n == DECISIVE_MAX) {
			return false;
		}
		if (d) {
			out->p[out->n++] = str_from(d);
		}
	}
	return true;
}

/* How well the operation fits; below 0: not at all. */
static int fitness(const struct op *op, const struct head *h, str path, const struct decisive *decisive) {
	struct labels labels;
	str literals = literals_of(op);
	if (literals.n && !h->query.n) {
		return -1;
	}
	int named = literals_found(literals, h->query), required;
	if (named < 0 || !uri_match(op->uri, path, &labels) || !required_found(op, h, named > 0, &required)) {
		return -1;
	}
	for (size_t i = 0; i < decisive->n; i++) {
		if (!op_uses(op, literals, decisive->p[i])) {
			return -1;
		}
	}
	return 1000 + named * 100 + required;
}

const struct op *rest_route(const struct service *s, const struct head *h, str path) {
	const struct op *best = NULL;
	struct decisive decisive;
	int best_fit = -1;
	if (!decisive_find(s, h->query, &decisive)) {
		return NULL;
	}
	for (size_t i = 0; i < s->n_ops; i++) {
		const struct op *op = &s->ops[i];
		int fit = op->deprecated || !str_is(h->method, op->method) ? -1 : fitness(op, h, path, &decisive);
		if (fit > best_fit) {
			best = op;
			best_fit = fit;
		}
	}
	return best;
}
