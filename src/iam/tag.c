#include "iam/room.h"

enum { TAGS_MAX = 50 };

static size_t find(const struct tag *tags, size_t n, str key) {
	size_t i = 0;
	while (i < n && !str_ieq(tags[i].key, key)) {
		i++;
	}
	return i;
}

/* A key that is there in other letters is the same tag, with a new value. */
static bool put_tags(struct call *c, struct db *db, struct entity *e) {
	struct tag *old, *new, all[TAGS_MAX * 2];
	size_t n = tag_list_read(c->arena, e->tags, &old), m;
	str given;
	(void)db;
	if (!tag_list_of_input(c, get(c->in, "Tags"), &given)) {
		return false;
	}
	memcpy(all, old, n * sizeof(*all));
	m = tag_list_read(c->arena, given, &new);
	for (size_t i = 0; i < m; i++) {
		size_t at = find(all, n, new[i].key);
		n += at == n;
		all[at] = new[i];
	}
	if (n > TAGS_MAX) {
		const char *title = words_of(e->kind)->title;
		return over_quota(c, str_printf(c->arena, "TagsPer%s", title).p, TAGS_MAX);
	}
	e->tags = tag_list_write(c->arena, all, n);
	return true;
}

static bool is_named(const struct val *keys, str key) {
	const struct val *v = keys->first;
	while (v && !str_ieq(v->s, key)) {
		v = v->next;
	}
	return v != NULL;
}

static bool drop_tags(struct call *c, struct db *db, struct entity *e) {
	struct tag *tags;
	size_t n = tag_list_read(c->arena, e->tags, &tags), kept = 0;
	(void)db;
	for (size_t i = 0; i < n; i++) {
		if (!is_named(get(c->in, "TagKeys"), tags[i].key)) {
			tags[kept++] = tags[i];
		}
	}
	e->tags = tag_list_write(c->arena, tags, kept);
	return true;
}

static bool tag(struct call *c) {
	return change_entity(c, kind_of_input(c), put_tags);
}

static bool untag(struct call *c) {
	return change_entity(c, kind_of_input(c), drop_tags);
}

/* Keys are too long for a marker: a page begins behind so many tags. */
static bool list_tags(struct call *c) {
	struct page page;
	struct entity e;
	struct tag *tags;
	int64_t at = 0;
	if (!page_of_input(c, &page) || !must_find(c, call_db(c), kind_of_input(c), &e)) {
		return false;
	}
	if (page.after.n && !str_uint(page.after, &at)) {
		return fail(c, &validation_error, "Invalid Marker.");
	}
	int64_t n = (int64_t)tag_list_read(c->arena, e.tags, &tags), end;
	at = at < n ? at : n;
	end = n - at > page.max ? at + page.max : n;
	tag_list_show(c, set(c->arena, c->out, "Tags"), tag_list_write(c->arena, tags + at, (size_t)(end - at)));
	page_end(c, end < n, str_printf(c->arena, "%lld", (long long)end));
	return true;
}

const struct route iam_tag_routes[] = {
	{ .op = "TagUser", .run = tag, .on = on_user },
	{ .op = "TagRole", .run = tag, .on = on_role },
	{ .op = "TagInstanceProfile", .run = tag, .on = on_profile },
	{ .op = "TagPolicy", .run = tag, .on = on_policy },
	{ .op = "UntagUser", .run = untag, .on = on_user },
	{ .op = "UntagRole", .run = untag, .on = on_role },
	{ .op = "UntagInstanceProfile", .run = untag, .on = on_profile },
	{ .op = "UntagPolicy", .run = untag, .on = on_policy },
	{ .op = "ListUserTags", .run = list_tags, .on = on_user },
	{ .op = "ListRoleTags", .run = list_tags, .on = on_role },
	{ .op = "ListInstanceProfileTags", .run = list_tags, .on = on_profile },
	{ .op = "ListPolicyTags", .run = list_tags, .on = on_policy },
	{ 0 },
};
