#include "auth/canon.h"

#include <stdlib.h>

static void put_normal(struct buf *b, str path) {
	size_t start = b->n;
	bool slash = path.n && path.p[path.n - 1] == '/';
	str segment;
	while (path.n) {
		str_cut(path, '/', &segment, &path);
		if (str_is(segment, "..")) {
			while (b->n > start && b->p[--b->n] != '/') {
			}
		} else if (segment.n && !str_is(segment, ".")) {
			put_byte(b, '/');
			put_url(b, segment, false);
		}
	}
	if (slash || b->n == start) {
		put_byte(b, '/');
	}
}

void put_canonical_path(struct buf *b, str path, bool s3) {
	if (s3) {
		put_url(b, path.n ? url_decode(b->arena, path) : S("/"), true);
	} else {
		put_normal(b, path);
	}
}

struct pair {
	str name, value;
};

static int compare(const void *x, const void *y) {
	const struct pair *a = x, *b = y;
	int c = str_cmp(a->name, b->name);
	return c ? c : str_cmp(a->value, b->value);
}

static str recoded(struct buf *b, str s) {
	size_t start = b->n;
	put_url(b, url_decode_form(b->arena, s), false);
	return (str){ b->p + start, b->n - start };
}

static size_t count_items(str query) {
	size_t n = query.n > 0;
	for (size_t i = 0; i < query.n; i++) {
		n += query.p[i] == '&';
	}
	return n;
}

void put_canonical_query(struct buf *b, const struct canonical_query *q) {
	str query = q->query;
	struct buf text = { .arena = b->arena };
	struct pair *pairs = NEWS(b->arena, struct pair, count_items(query) + 1);
	size_t n = 0;
	str name, value;
	buf_room(&text, query.n * 3 + 1);
	while (query_next(&query, &name, &value)) {
		struct pair pair = { .name = recoded(&text, name) };
		if (q->skip.p && str_eq(pair.name, q->skip)) {
			continue;
		}
		pair.value = recoded(&text, value);
		pairs[n++] = pair;
	}
	if (n > 1) {
		qsort(pairs, n, sizeof(*pairs), compare);
	}
	for (size_t i = 0; i < n; i++) {
		put(b, i ? S("&") : S(""));
		put(b, pairs[i].name);
		put_byte(b, '=');
		put(b, pairs[i].value);
	}
}

static bool blank(char c) {
	return c == ' ' || c == '\t';
}

static void put_folded(struct buf *b, str value) {
	value = str_trim(value);
	char *p = buf_room(b, value.n);
	size_t n = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (!blank(value.p[i])) {
			p[n++] = value.p[i];
		} else if (!blank(value.p[i - 1])) {
			p[n++] = ' ';
		}
	}
	b->n += n;
}

/* The host is the one that is served: an absolute target's goes before the Host header (RFC 9112, 3.2.2). */
static void put_header(struct buf *b, const struct head *h, str name) {
	size_t count = 0;
	put(b, str_lower(b->arena, name));
	put_byte(b, ':');
	if (str_ieq(name, S("host"))) {
		put_folded(b, h->host);
		put_byte(b, '\n');
		return;
	}
	for (size_t i = 0; i < h->n; i++) {
		if (str_ieq(h->headers[i].name, name)) {
			put(b, count++ ? S(",") : S(""));
			put_folded(b, h->headers[i].value);
		}
	}
	put_byte(b, '\n');
}

void put_canonical_headers(struct buf *b, const struct head *h, str names) {
	str name;
	while (names.n) {
		str_cut(names, ';', &name, &names);
		put_header(b, h, name);
	}
}

bool names_have(str names, str name) {
	str one;
	while (names.n) {
		str_cut(names, ';', &one, &names);
		if (str_ieq(one, name)) {
			return true;
		}
	}
	return false;
}
