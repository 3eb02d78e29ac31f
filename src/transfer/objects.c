#include "transfer/objects.h"

#include "transfer/name.h"
#include "transfer/wild.h"

struct objects {
	struct walk walk;
	struct objects_of of;
	struct arena arena; /* of a page */
	struct client client;
	struct arena_mark mark;
	const struct val *object, *prefix; /* the next of each */
	struct buf token, last;
	bool begun, more;
	bool encoded; /* not every server does so when it is asked to */
};

static void finish(void *p) {
	arena_free(&((struct objects *)p)->arena);
}

/* Returns false. */
static bool fail(struct objects *l, const char *what, str more) {
	struct spot spot = { .kind = SPOT_S3, .bucket = l->of.bucket, .key = l->of.prefix };
	l->walk.failed = true;
	l->walk.trouble(l->walk.arg, str_printf(&l->arena, STR_FMT " %s" STR_FMT, STR_ARG(spot_text(&l->arena, &spot)),
						what, STR_ARG(more)));
	return false;
}

/* To the page after this one; the same one again would go on for ever, and none would pass for the end. */
static bool take_token(struct objects *l, const struct val *page) {
	str token = get_str(page, "NextContinuationToken");
	if (!get(page, "IsTruncated")) {
		return fail(l, "cannot be listed: there came no listing.", (str){ 0 });
	}
	l->more = get_int(page, "IsTruncated", 0);
	if (l->more && (!token.n || str_eq(token, buf_str(&l->token)))) {
		return fail(l, "cannot be listed: its pages do not go on.", (str){ 0 });
	}
	l->token.n = 0;
	put(&l->token, token);
	return true;
}

static bool read_page(struct objects *l) {
	struct answer a;
	arena_reset(&l->arena, l->mark);
	struct val *in = client_input(&l->client, "s3", "ListObjectsV2");
	set_str(&l->arena, in, "Bucket", l->of.bucket);
	set_str(&l->arena, in, "Prefix", l->of.prefix.n ? l->of.prefix : (str){ 0 });
	set_str(&l->arena, in, "Delimiter", l->of.folders ? S("/") : (str){ 0 });
	set_str(&l->arena, in, "EncodingType", S("url"));
	set_str(&l->arena, in, "ContinuationToken", l->token.n ? buf_str(&l->token) : (str){ 0 });
	if (!client_call(&l->client, "s3", "ListObjectsV2", in, &a)) {
		return fail(l, "cannot be listed: ", answer_sentence(&l->arena, &a));
	}
	const struct val *objects = get(a.out, "Contents"), *prefixes = get(a.out, "CommonPrefixes");
	l->object = objects ? objects->first : NULL;
	l->prefix = prefixes ? prefixes->first : NULL;
	l->encoded = str_is(get_str(a.out, "EncodingType"), "url");
	l->begun = true;
	return take_token(l, a.out);
}

static str key_of(struct objects *l, const struct val *v, const char *member) {
	return l->encoded ? url_decode_form(&l->arena, get_str(v, member)) : get_str(v, member);
}

/* The next of objects and prefixes, whichever comes first; NULL: the page is at its end. */
static const struct val *take(struct objects *l, str *key, bool *prefix) {
	str object = l->object ? key_of(l, l->object, "Key") : (str){ 0 };
	str folder = l->prefix ? key_of(l, l->prefix, "Prefix") : (str){ 0 };
	*prefix = folder.p && (!object.p || str_cmp(folder, object) < 0);
	const struct val *v = *prefix ? l->prefix : l->object;
	*key = *prefix ? folder : object;
	if (*prefix) {
		l->prefix = l->prefix->next;
	} else if (v) {
		l->object = l->object->next;
	}
	return v;
}

static bool is_due(struct objects *l, str key) {
	if (!str_starts(key, l->of.prefix)) {
		return fail(l, "cannot be listed: there came, unasked, ", key);
	}
	if (l->last.n && str_cmp(buf_str(&l->last), key) >= 0) {
		return fail(l, "is listed in no order: there came, too late, ", key);
	}
	l->last.n = 0;
	put(&l->last, key);
	return true;
}

static struct entry entry_of(const struct objects *l, const struct val *v, str key, bool prefix) {
	struct entry e = { .name = str_skip(key, l->of.skip), .prefix = prefix };
	if (!prefix) {
		e.size = get_int(v, "Size", 0);
		e.mtime = get_int(v, "LastModified", 0);
		e.etag = get_str(v, "ETag");
		e.storage_class = get_str(v, "StorageClass");
	}
	return e;
}

static bool next(struct walk *walk, struct entry *out) {
	struct objects *l = (struct objects *)walk;
	for (;;) {
		str key;
		bool prefix;
		const struct val *v = take(l, &key, &prefix);
		if (!v && (l->begun && !l->more)) {
			return false;
		}
		if (!v) {
			if (!read_page(l)) {
				return false;
			}
			continue;
		}
		if (!is_due(l, key)) {
			return false;
		}
		if (!l->of.pattern.n || wild_match(l->of.pattern, key, WILD_PATH)) {
			*out = entry_of(l, v, key, prefix);
			return true;
		}
	}
}

struct walk *objects_open(struct arena *a, const struct client *client, const struct objects_of *of,
			  void (*trouble)(void *arg, str sentence), void *arg) {
	struct objects *l = NEW(a, struct objects);
	l->walk = (struct walk){ .next = next, .trouble = trouble, .arg = arg };
	l->of = *of;
	l->token.arena = l->last.arena = a;
	client_clone(&l->client, &l->arena, client);
	client_be_patient(&l->client);
	l->mark = arena_mark(&l->arena);
	arena_defer(a, finish, l);
	return &l->walk;
}
