#include "iam/room.h"

#include "core/binding.h"
#include "wire/tree.h"

#include <stdlib.h>

size_t tag_list_read(struct arena *a, str tags, struct tag **out) {
	return tags_read(a, tags.n ? tree_read(a, tags) : NULL, out);
}

static int by_key(const void *x, const void *y) {
	const struct tag *a = x, *b = y;
	return str_cmp(a->key, b->key);
}

/* Lists of tags are sorted by key (API reference, ListRoleTags). */
str tag_list_write(struct arena *a, struct tag *tags, size_t n) {
	struct buf b = { .arena = a };
	qsort(tags, n, sizeof(*tags), by_key);
	for (size_t i = 0; i < n; i++) {
		putz(&b, i ? ",{\"Key\":" : "[{\"Key\":");
		put_json(&b, tags[i].key);
		putz(&b, ",\"Value\":");
		put_json(&b, tags[i].value);
		put_byte(&b, '}');
	}
	if (!n) {
		return (str){ 0 };
	}
	put_byte(&b, ']');
	return buf_str(&b);
}

static bool key_ok(struct call *c, const struct tag *tags, size_t i) {
	if (tags[i].key.n >= 4 && str_ieq((str){ tags[i].key.p, 4 }, S("aws:"))) {
		return fail(c, &invalid_input, "Tag keys that begin with aws: are reserved for AWS.");
	}
	for (size_t j = 0; j < i; j++) {
		if (str_ieq(tags[j].key, tags[i].key)) {
			return fail(c, &invalid_input,
				    "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
		}
	}
	return true;
}

bool tag_list_of_input(struct call *c, const struct val *list, str *out) {
	size_t n = val_count(list), i = 0;
	struct tag *tags = NEWS(c->arena, struct tag, n);
	*out = (str){ 0 };
	for (const struct val *v = list ? list->first : NULL; v; v = v->next, i++) {
		str value = get_str(v, "Value");
		tags[i] = (struct tag){ get_str(v, "Key"), value.p ? value : S("") };
		if (!key_ok(c, tags, i)) {
			return false;
		}
	}
	*out = tag_list_write(c->arena, tags, n);
	return true;
}

void tag_list_show(struct call *c, struct val *list, str tags) {
	struct tag *t;
	size_t n = tag_list_read(c->arena, tags, &t);
	for (size_t i = 0; i < n; i++) {
		struct val *v = append(c->arena, list);
		set_str(c->arena, v, "Key", t[i].key);
		set_str(c->arena, v, "Value", t[i].value);
	}
}
