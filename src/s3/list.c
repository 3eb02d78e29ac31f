#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/routes.h"

static void add_object(struct listing *l, struct val *out, const struct object *o, bool owner) {
	struct arena *a = l->c->arena;
	struct val *list = get(out, "Contents");
	struct val *v = append(a, list ? list : set(a, out, "Contents"));
	set_str(a, v, "Key", listing_text(l, o->key));
	set_int(a, v, "LastModified", o->modified);
	set_str(a, v, "ETag", etag_quoted(a, o->etag));
	show_sum_kind(a, v, &o->sum);
	set_int(a, v, "Size", o->size);
	set_str(a, v, "StorageClass", o->storage_class);
	if (owner) {
		show_owner(l, v, "Owner", o->account);
	}
	l->count++;
}

/* The last entry of a page: a key, or a common prefix. */
struct place {
	str at;
	bool group;
};

/* Collects a page of keys from w->from on. */
static struct place collect(struct listing *l, struct walk *w, struct val *out, bool owner) {
	struct object o;
	struct place last = { 0 };
	str group;
	while (w->from.p && l->max > 0 && walk_next(w, &o) && str_starts(o.key, l->prefix)) {
		if (listing_full(l)) {
			l->truncated = true;
			break;
		}
		bool grouped = listing_group(l, o.key, &group);
		last = (struct place){ grouped ? group : o.key, grouped };
		if (!grouped) {
			add_object(l, out, &o, owner);
			continue;
		}
		listing_add_group(l, out, group);
		str next = key_past(l->c->arena, group);
		if (!next.p) {
			break;
		}
		walk_seek(w, next);
	}
	walk_end(w);
	return last;
}

static struct walk walk_of(const struct listing *l, str from) {
	struct call *c = l->c;
	return (struct walk){ .db = call_db(c), .arena = c->arena, .bucket = call_bucket(c)->id, .from = from };
}

static bool only_in(struct call *c, const char *query, const char *sentence) {
	return !query_has(c->arena, &c->x->head, query) ? true : fail_argument(c, query, (str){ 0 }, sentence);
}

/* --- ListObjects --- */

static bool on_list(struct call *c) {
	return only_in(c, "continuation-token",
		       "continuation-token only supported in REST.GET.BUCKET with list-type=2") &&
	       only_in(c, "start-after", "startAfter only supported in REST.GET.BUCKET with list-type=2") &&
	       on_bucket(c);
}

static bool list_objects(struct call *c) {
	struct listing l;
	str marker = get_str(c->in, "Marker");
	if (!listing_open(c, &l) || !listing_limit(&l, "MaxKeys", "maxKeys")) {
		return false;
	}
	struct walk w = walk_of(&l, listing_from(&l, marker));
	set_str(c->arena, c->out, "Name", call_bucket(c)->name);
	set_str(c->arena, c->out, "Prefix", listing_text(&l, l.prefix));
	set_str(c->arena, c->out, "Marker", marker.p ? listing_text(&l, marker) : S(""));
	listing_echo(&l, c->out);
	struct place last = collect(&l, &w, c->out, true);
	if (l.truncated && l.delimiter.n) {
		set_str(c->arena, c->out, "NextMarker", listing_text(&l, last.at));
	}
	set_int(c->arena, c->out, "MaxKeys", l.max < LIST_MAX ? l.max : LIST_MAX);
	set_int(c->arena, c->out, "IsTruncated", l.truncated);
	return true;
}

/* --- ListObjectsV2 --- */

/* A token says where to go on: "1k" and the last key, or "1p" and the last common prefix. */
static str token_write(struct arena *a, struct place last) {
	struct buf plain = { .arena = a }, token = { .arena = a };
	putz(&plain, last.group ? "1p" : "1k");
	put(&plain, last.at);
	put_base64(&token, buf_str(&plain));
	return buf_str(&token);
}

static bool token_read(struct call *c, str token, str *from) {
	str plain;
	bool good = base64_decode(c->arena, token, &plain) && plain.n > 2 &&
		    (str_starts(plain, S("1p")) || str_starts(plain, S("1k")));
	if (!good) {
		return fail_argument(c, "continuation-token", (str){ 0 },
				     "The continuation token provided is incorrect");
	}
	str place = str_skip(plain, 2);
	*from = plain.p[1] == 'p' ? key_past(c->arena, place) : key_after(c->arena, place);
	return true;
}

/* start-after is a plain place: a common prefix that it lies in still comes, if keys of it do. */
static bool begin(struct call *c, const struct listing *l, str *from) {
	str token = get_str(c->in, "ContinuationToken"), after = get_str(c->in, "StartAfter");
	*from = after.n ? key_after(c->arena, after) : l->prefix;
	if (token.p && !token_read(c, token, from)) {
		return false;
	}
	*from = listing_begin(l, *from);
	return true;
}

static bool on_list_v2(struct call *c) {
	return only_in(c, "marker", "Marker unsupported with REST.GET.BUCKET in list-type=2") && on_bucket(c);
}

static bool list_objects_v2(struct call *c) {
	struct listing l;
	str from;
	if (!listing_open(c, &l) || !begin(c, &l, &from) || !listing_limit(&l, "MaxKeys", "maxKeys")) {
		return false;
	}
	struct walk w = walk_of(&l, from);
	set_str(c->arena, c->out, "Name", call_bucket(c)->name);
	set_str(c->arena, c->out, "Prefix", listing_text(&l, l.prefix));
	set_str(c->arena, c->out, "StartAfter", listing_text(&l, get_str(c->in, "StartAfter")));
	set_str(c->arena, c->out, "ContinuationToken", get_str(c->in, "ContinuationToken"));
	listing_echo(&l, c->out);
	struct place last = collect(&l, &w, c->out, get_int(c->in, "FetchOwner", 0) != 0);
	if (l.truncated) {
		set_str(c->arena, c->out, "NextContinuationToken", token_write(c->arena, last));
	}
	set_int(c->arena, c->out, "KeyCount", l.count);
	set_int(c->arena, c->out, "MaxKeys", l.max < LIST_MAX ? l.max : LIST_MAX);
	set_int(c->arena, c->out, "IsTruncated", l.truncated);
	return true;
}

const struct route list_routes[] = {
	{ "ListObjects", list_objects, "s3:ListBucket", on_list, TIER1 },
	{ "ListObjectsV2", list_objects_v2, "s3:ListBucket", on_list_v2, TIER1 },
	{ 0 },
};
