#include "policy/actions.h"

/* Upper and lower case alike; a prefix first. */
static int compare(str a, str b) {
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
		x += x >= 'A' && x <= 'Z' ? 32 : 0;
		y += y >= 'A' && y <= 'Z' ? 32 : 0;
		if (x != y) {
			return x - y;
		}
	}
	return (a.n > b.n) - (a.n < b.n);
}

/* A table of rows that begin with their name. */
struct rows {
	const void *first;
	size_t n, size;
};

static str name_of(const struct rows *t, size_t i) {
	const char *const *row = (const void *)((const char *)t->first + i * t->size);
	return str_from(*row);
}

/* The first row whose name is not before this one. */
static size_t lower_bound(const struct rows *t, str name) {
	size_t low = 0, high = t->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		bool before = compare(name_of(t, middle), name) < 0;
		low = before ? middle + 1 : low;
		high = before ? high : middle;
	}
	return low;
}

static const void *find(const struct rows *t, str name) {
	size_t at = lower_bound(t, name);
	bool found = at < t->n && str_ieq(name_of(t, at), name);
	return found ? (const char *)t->first + at * t->size : NULL;
}

static struct rows rows_of_actions(void) {
	return (struct rows){ actions, n_actions, sizeof(*actions) };
}

const struct action *action_find(str service, str action) {
	AUTO_ARENA a = { 0 };
	struct rows t = rows_of_actions();
	return find(&t, str_printf(&a, STR_FMT ":" STR_FMT, STR_ARG(service), STR_ARG(action)));
}

size_t service_actions(str service, size_t *from) {
	AUTO_ARENA a = { 0 };
	struct rows t = rows_of_actions();
	*from = lower_bound(&t, str_printf(&a, STR_FMT ":", STR_ARG(service)));
	return lower_bound(&t, str_printf(&a, STR_FMT ";", STR_ARG(service))) - *from;
}

const struct action_resource *action_resource_find(const struct action *action, str type) {
	AUTO_ARENA a = { 0 };
	str service, tail;
	struct rows t = { action_resources, n_action_resources, sizeof(*action_resources) };
	str_cut(str_from(action->name), ':', &service, &tail);
	return find(&t, str_printf(&a, STR_FMT ":" STR_FMT, STR_ARG(service), STR_ARG(type)));
}

const struct condition_key *condition_key_find(str name) {
	struct rows t = { condition_keys, n_condition_keys, sizeof(*condition_keys) };
	return find(&t, name);
}

const char *access_level_name(enum access_level l) {
	static const char *const names[] = { "List", "Read", "Write", "Permissions management", "Tagging" };
	return names[l];
}

bool word_next(str *list, str *word) {
	if (!list->n) {
		return false;
	}
	str_cut(*list, ' ', word, list);
	return true;
}

static bool has_key(const char *list, str key) {
	str rest = str_from(list), word;
	while (word_next(&rest, &word)) {
		bool open = str_ends(word, S("/"));
		if (open ? key.n > word.n && str_ieq((str){ key.p, word.n }, word) : str_ieq(key, word)) {
			return true;
		}
	}
	return false;
}

bool action_has_key(const struct action *a, str key) {
	str types = str_from(a->types), type;
	if (has_key(a->keys, key)) {
		return true;
	}
	while (word_next(&types, &type)) {
		const struct action_resource *r = action_resource_find(a, type);
		if (r && has_key(r->keys, key)) {
			return true;
		}
	}
	return false;
}

/* --- do two patterns have a text in common? --- */

static bool is_narrow(char c) {
	return c != '/' && c != ':';
}

/* Can one byte be read at the same time as a, of a policy's pattern, and as b, of a kind's? */
static bool bytes_meet(char a, char b) {
	bool open = a == '*' || a == '?' || b == '*';
	return open || (b == '%' ? is_narrow(a) : a == b);
}

/* Over all pairs of places: row[j] says whether the first i bytes of p and the first j of kind can be read together. */
static bool pieces_meet(struct arena *a, str p, str kind) {
	bool *row = NEWS(a, bool, kind.n + 1), *above = NEWS(a, bool, kind.n + 1);
	for (size_t i = 0; i <= p.n; i++) {
		bool *swap = above, star = i > 0 && p.p[i - 1] == '*';
		above = row;
		row = swap;
		row[0] = i == 0 || (star && above[0]);
		for (size_t j = 1; j <= kind.n; j++) {
			char k = kind.p[j - 1];
			bool both = i > 0 && bytes_meet(p.p[i - 1], k);
			row[j] = both && above[j - 1];
			row[j] |= star && (above[j] || row[j - 1]); /* the star is empty, or takes k */
			row[j] |= k == '*' && row[j - 1]; /* k is empty */
			row[j] |= (k == '*' || k == '%') && both && above[j]; /* k goes on */
		}
	}
	return row[kind.n];
}

/* ARNs are matched between their first five colons. */
static bool patterns_meet(struct arena *a, str p, str kind) {
	str piece = p, of_kind = kind, p_rest, kind_rest;
	for (int i = 0; i < 5 && str_cut(p, ':', &piece, &p_rest); i++) {
		if (!str_cut(kind, ':', &of_kind, &kind_rest) || !pieces_meet(a, piece, of_kind)) {
			return false;
		}
		p = p_rest;
		kind = kind_rest;
	}
	return pieces_meet(a, p, kind);
}

/* Variables are filled in when a request comes: anything for now. */
static str without_variables(struct arena *a, str pattern) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < pattern.n; i++) {
		size_t end;
		if (pattern.p[i] == '$' && i + 1 < pattern.n && pattern.p[i + 1] == '{' &&
		    str_find(str_skip(pattern, i), S("}"), &end)) {
			put_byte(&b, '*');
			i += end;
		} else {
			put_byte(&b, pattern.p[i]);
		}
	}
	return buf_str(&b);
}

bool arn_may_match(str pattern, const struct action_resource *r) {
	AUTO_ARENA a = { 0 };
	return patterns_meet(&a, without_variables(&a, pattern), str_from(r->arn));
}

static bool is_all(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '*') {
			return false;
		}
	}
	return s.n > 0;
}

/* "arn:aws:logs:*:*:*": all of a service. Some services ask for that where the reference names no resource. */
static bool is_all_of_service(str pattern, str service) {
	str part, rest = pattern;
	for (int i = 0; i < 5; i++) {
		if (!str_cut(rest, ':', &part, &rest) || (i == 2 && !is_all(part) && !str_ieq(part, service))) {
			return false;
		}
	}
	return is_all(rest);
}

bool action_may_match(const struct action *a, str pattern) {
	str types = str_from(a->types), type, service, tail;
	str_cut(str_from(a->name), ':', &service, &tail);
	if (is_all(pattern) || is_all_of_service(pattern, service)) {
		return true;
	}
	while (word_next(&types, &type)) {
		const struct action_resource *r = action_resource_find(a, type);
		if (!r || arn_may_match(pattern, r)) {
			return true;
		}
	}
	return false;
}
