#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/object_rows.h"
#include "s3/routes.h"

static void add_version(struct listing *l, struct val *out, const struct object *o) {
	struct arena *a = l->c->arena;
	const char *name = o->marker ? "DeleteMarkers" : "Versions";
	struct val *list = get(out, name);
	struct val *v = append(a, list ? list : set(a, out, name));
	set_str(a, v, "Key", listing_text(l, o->key));
	set_str(a, v, "VersionId", o->version);
	set_int(a, v, "IsLatest", o->latest);
	set_int(a, v, "LastModified", o->modified);
	if (!o->marker) {
		set_str(a, v, "ETag", etag_quoted(a, o->etag));
		show_sum_kind(a, v, &o->sum);
		set_int(a, v, "Size", o->size);
		set_str(a, v, "StorageClass", o->storage_class);
	}
	show_owner(l, v, "Owner", o->account);
	l->count++;
}

/* Collects a page; the last entry is *key, and *version if it is a version. */
static void collect(struct listing *l, struct walk *w, str *key, str *version) {
	struct object o;
	str group;
	while (w->from.p && l->max > 0 && walk_next(w, &o) && str_starts(o.key, l->prefix)) {
		if (listing_full(l)) {
			l->truncated = true;
			break;
		}
		if (!listing_group(l, o.key, &group)) {
			add_version(l, l->c->out, &o);
			*key = o.key;
			*version = o.version;
			continue;
		}
		listing_add_group(l, l->c->out, group);
		*key = group;
		*version = (str){ 0 };
		str next = key_past(l->c->arena, group);
		if (!next.p) {
			break;
		}
		walk_seek(w, next);
	}
	walk_end(w);
}

/* After that version of that key, which may have gone: who deletes what the pages before showed misses nothing. Where
 * the null version was, nobody can tell then: the newest of the key comes again. */
static void begin(struct listing *l, struct walk *w) {
	struct call *c = l->c;
	int64_t seq;
	str group, key = get_str(c->in, "KeyMarker"), version = get_str(c->in, "VersionIdMarker");
	struct object o = { .bucket = w->bucket, .key = key, .version = version };
	w->from = listing_from(l, key);
	if (!version.p || listing_group(l, key, &group) || str_cmp(key, l->prefix) < 0) {
		return;
	}
	w->from = key;
	if (version_seq(version, &seq) && seq < INT64_MAX) {
		w->from_seq = seq + 1;
	} else if (object_find(w->db, c->arena, &o)) {
		w->from_seq = o.seq + 1;
	}
}

static bool marker_good(struct call *c) {
	str version = get_str(c->in, "VersionIdMarker");
	return !version.p || version_plausible(version)
		       ? true
		       : fail_argument(c, "version-id-marker", version, "Invalid version id specified");
}

static bool on_list(struct call *c) {
	str key = query_get(c->arena, &c->x->head, "key-marker");
	str version = query_get(c->arena, &c->x->head, "version-id-marker");
	if (version.p && !key.n) {
		return fail_argument(c, "version-id-marker", version,
				     "A version-id marker cannot be specified without a key marker.");
	}
	if (version.p && !version.n) {
		return fail_argument(c, "version-id-marker", version, "A version-id marker cannot be empty.");
	}
	return on_bucket(c);
}

static bool limit(struct listing *l) {
	l->max = get_int(l->c->in, "MaxKeys", LIST_MAX);
	return l->max >= 0 || l->max < INT32_MIN
		       ? listing_limit(l, "MaxKeys", "max-keys")
		       : fail_argument(l->c, "max-keys", (str){ 0 }, "max-keys cannot be negative");
}

static void show(struct listing *l) {
	struct arena *a = l->c->arena;
	struct val *out = l->c->out;
	str key = get_str(l->c->in, "KeyMarker"), version = get_str(l->c->in, "VersionIdMarker");
	set_str(a, out, "Name", call_bucket(l->c)->name);
	set_str(a, out, "Prefix", listing_text(l, l->prefix));
	set_str(a, out, "KeyMarker", key.p ? listing_text(l, key) : S(""));
	set_str(a, out, "VersionIdMarker", version.p ? version : S(""));
	set_int(a, out, "MaxKeys", l->max < LIST_MAX ? l->max : LIST_MAX);
	listing_echo(l, out);
}

static bool list_object_versions(struct call *c) {
	struct listing l;
	struct walk w = { .db = call_db(c),
			  .arena = c->arena,
			  .bucket = call_bucket(c)->id,
			  .versions = true,
			  .from_seq = INT64_MIN };
	str key = { 0 }, version = { 0 };
	if (!marker_good(c) || !listing_open(c, &l) || !limit(&l)) {
		return false;
	}
	begin(&l, &w);
	show(&l);
	collect(&l, &w, &key, &version);
	if (l.truncated) {
		set_str(c->arena, c->out, "NextKeyMarker", listing_text(&l, key));
		set_str(c->arena, c->out, "NextVersionIdMarker", version);
	}
	set_int(c->arena, c->out, "IsTruncated", l.truncated);
	return true;
}

const struct route list_versions_routes[] = {
	{ "ListObjectVersions", list_object_versions, "s3:ListBucketVersions", on_list, TIER1 },
	{ 0 },
};
