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
};

static void finish(void *p) {
	arena_free(&((struct objects *)p)->arena);
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
		struct spot spot = { .kind = SPOT_S3, .bucket = l->of.bucket, .key = l->of.prefix };
		l->walk.failed = true;
		l->walk.trouble(l->walk.arg, str_printf(&l->arena, STR_FMT " cannot be listed: " STR_FMT,
							STR_ARG(spot_text(&l->arena, &spot)),
							STR_ARG(answer_sentence(&l->arena, &a))));
		return false;
	}
	const struct val *objects = get(a.out, "Contents"), *prefixes = get(a.out, "CommonPrefixes");
	l->object = objects ? objects->first : NULL;
	l->prefix = prefixes ? prefixes->first : NULL;
	l->token.n = 0;
	put(&l->token, get_str(a.out, "NextContinuationToken"));
	l->more = get_int(a.out, "IsTruncated", 0) && l->token.n;
	l->begun = true;
	return true;
}

static str key_of(struct objects *l, const struct val *v, const char *member) {
	return url_decode_form(&l->arena, get_str(v, member));
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

static bool in_order(struct objects *l, str key) {
	if (l->last.n && str_cmp(buf_str(&l->last), key) >= 0) {
		l->walk.failed = true;
		l->walk.trouble(l->walk.arg,
				str_printf(&l->arena,
					   "s3://" STR_FMT " is listed in no order: " STR_FMT " after " STR_FMT ".",
					   STR_ARG(l->of.bucket), STR_ARG(key), STR_ARG(buf_str(&l->last))));
		return false;
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
		if (!in_order(l, key)) {
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
	l->mark = arena_mark(&l->arena);
	arena_defer(a, finish, l);
	return &l->walk;
}
