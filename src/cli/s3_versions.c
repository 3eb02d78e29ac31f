#include "cli/s3_versions.h"

#include <stdio.h>

/* Not every server encodes what it is asked to. */
static str decoded(struct arena *a, const struct val *out, str key) {
	return str_is(get_str(out, "EncodingType"), "url") ? url_decode_form(a, key) : key;
}

static struct s3_version version_of(const struct val *v, str key, bool marker) {
	return (struct s3_version){ .key = key,
				    .id = get_str(v, "VersionId"),
				    .etag = marker ? (str){ 0 } : get_str(v, "ETag"),
				    .storage_class = marker ? (str){ 0 } : get_str(v, "StorageClass"),
				    .size = marker ? 0 : get_int(v, "Size", 0),
				    .mtime = get_int(v, "LastModified", 0),
				    .latest = get_int(v, "IsLatest", 0) != 0,
				    .marker = marker };
}

/* Two lists come, each in its order: the newer of the same key first. */
static bool comes_first(const struct s3_version *a, const struct s3_version *b) {
	int order = str_cmp(a->key, b->key);
	return order ? order < 0 : a->latest || (!b->latest && a->mtime >= b->mtime);
}

struct versions {
	void (*take)(const struct s3_version *v, void *arg);
	void *arg;
	str prefix;
	struct buf last; /* key */
};

/* What is taken may be removed, so it must be what was asked for. */
static bool is_due(struct versions *to, str key) {
	const char *why = !str_starts(key, to->prefix)           ? "what was not asked for"
			  : str_cmp(buf_str(&to->last), key) > 0 ? "too late"
								 : NULL;
	if (why) {
		cli_fail(EXIT_REFUSED, "The list of versions is none: " STR_FMT " came, %s.", STR_ARG(key), why);
		return false;
	}
	to->last.n = 0;
	put(&to->last, key);
	return true;
}

static bool take_page(struct arena *a, const struct val *out, struct versions *to) {
	const struct val *versions = get(out, "Versions"), *markers = get(out, "DeleteMarkers");
	const struct val *v = versions ? versions->first : NULL, *m = markers ? markers->first : NULL;
	while (v || m) {
		str key = v ? decoded(a, out, get_str(v, "Key")) : (str){ 0 };
		str hidden = m ? decoded(a, out, get_str(m, "Key")) : (str){ 0 };
		struct s3_version version = v ? version_of(v, key, false) : (struct s3_version){ 0 };
		struct s3_version marker = m ? version_of(m, hidden, true) : (struct s3_version){ 0 };
		bool first = v && (!m || comes_first(&version, &marker));
		if (!is_due(to, first ? key : hidden)) {
			return false;
		}
		to->take(first ? &version : &marker, to->arg);
		if (first) {
			v = v->next;
		} else if (m) {
			m = m->next;
		}
	}
	return true;
}

static bool is_listing(const struct val *out) {
	return get(out, "IsTruncated") || cli_fail(EXIT_REFUSED, "There came no list of versions.") == EXIT_DONE;
}

/* Where the next page begins; a server that leads nowhere would be asked for ever. */
static bool goes_on(struct s3_side *side, const struct answer *a, struct buf *key, struct buf *id) {
	str next = decoded(&side->arena, a->out, get_str(a->out, "NextKeyMarker")),
	    version = get_str(a->out, "NextVersionIdMarker");
	int order = str_cmp(next, buf_str(key));
	if (!next.n || order < 0 || (order == 0 && str_eq(version, buf_str(id)))) {
		cli_fail(EXIT_REFUSED, "The list of versions has more pages, but does not say where they begin.");
		return false;
	}
	key->n = id->n = 0;
	put(key, next);
	put(id, version);
	return true;
}

bool s3_each_version(struct where *w, str bucket, str prefix, void (*take)(const struct s3_version *v, void *arg),
		     void *arg) {
	AUTO_ARENA kept = { 0 };
	struct buf key = { .arena = &kept }, id = { .arena = &kept };
	struct versions to = { take, arg, prefix, { .arena = &kept } };
	struct s3_side side;
	struct answer a = { 0 };
	bool good = true, more = true;
	s3_side_open(&side, w);
	while (good && more) {
		s3_side_next(&side);
		struct ask q = s3_ask(&side.w, "ListObjectVersions", bucket);
		set_str(&side.arena, q.in, "Prefix", prefix.n ? prefix : (str){ 0 });
		set_str(&side.arena, q.in, "EncodingType", S("url"));
		set_str(&side.arena, q.in, "KeyMarker", key.n ? buf_str(&key) : (str){ 0 });
		set_str(&side.arena, q.in, "VersionIdMarker", id.n ? buf_str(&id) : (str){ 0 });
		good = s3_call(&side.w, &q, &a) && is_listing(a.out) && take_page(&side.arena, a.out, &to);
		if (good) {
			more = get_int(a.out, "IsTruncated", 0) != 0;
			good = !more || goes_on(&side, &a, &key, &id);
		}
	}
	s3_side_close(&side);
	return good;
}

struct showing {
	struct where w;
	struct s3_items items;
};

static void show_version(const struct s3_version *v, void *arg) {
	AUTO_ARENA a = { 0 };
	struct showing *s = arg;
	struct buf b = { .arena = &a };
	str time = s3_time(&a, v->mtime);
	if (!s->w.cli->json) {
		str size = v->marker ? S("delete marker") : str_printf(&a, "%lld", (long long)v->size);
		s->items.n++;
		cli_say(STR_FMT " %13s " STR_FMT " " STR_FMT "%s", STR_ARG(time), size.p, STR_ARG(v->id),
			STR_ARG(v->key), v->latest ? "  (latest)" : "");
		return;
	}
	put_byte(&b, '{');
	s3_put_member(&b, "key", v->key);
	s3_put_member(&b, "versionId", v->id);
	s3_put_member(&b, "modified", time);
	putf(&b, ",\"latest\":%s,\"deleteMarker\":%s", v->latest ? "true" : "false", v->marker ? "true" : "false");
	if (!v->marker) {
		putf(&b, ",\"size\":%lld", (long long)v->size);
		s3_put_member(&b, "etag", v->etag);
		s3_put_member(&b, "storageClass", v->storage_class);
	}
	put_byte(&b, '}');
	s3_item(&s->items, buf_str(&b));
}

static int show_versions(struct showing *s, const struct spot *spot) {
	struct buf head = { .arena = s->w.cli->arena };
	bool json = s->w.cli->json;
	s3_put_member(&head, "bucket", spot->bucket);
	s3_put_member(&head, "prefix", spot->key);
	putz(&head, ",\"versions\":");
	s->items.head = buf_str(&head);
	bool good = s3_each_version(&s->w, spot->bucket, spot->key, show_version, s);
	int64_t n = s->items.n;
	if (json && (good || n)) {
		s3_items_end(&s->items, str_printf(head.arena, ",\"complete\":%s", good ? "true" : "false"));
	}
	if (good && !n && spot->key.n && !json) {
		return cli_fail(EXIT_REFUSED, "There is nothing under " STR_FMT ".",
				STR_ARG(spot_text(head.arena, spot)));
	}
	return good && (n || !spot->key.n) ? EXIT_DONE : EXIT_REFUSED;
}

/* --- bringing one back --- */

/* The versions of one key: the delete markers that hide the newest object, and that. */
struct hidden {
	struct arena *arena;
	const struct spot *spot;
	str newest; /* version id; absent: there is no object */
	str *markers; /* version ids */
	size_t n, room;
	bool stays; /* of a marker; told */
};

static void look_for(const struct s3_version *v, void *arg) {
	struct hidden *h = arg;
	if (!str_eq(v->key, h->spot->key) || h->newest.n) {
		return;
	}
	if (!v->marker) {
		h->newest = str_dup(h->arena, v->id);
		return;
	}
	if (h->n == h->room) {
		h->room = h->room ? h->room * 2 : 16;
		h->markers = heap_grow(h->markers, h->room * sizeof(*h->markers));
	}
	h->markers[h->n++] = str_dup(h->arena, v->id);
}

static void marker_stays(void *arg, str sentence) {
	struct hidden *h = arg;
	h->stays = true;
	cli_fail(EXIT_REFUSED, STR_FMT " stays deleted: " STR_FMT, STR_ARG(spot_text(h->arena, h->spot)),
		 STR_ARG(sentence));
}

static bool remove_markers(struct where *w, struct hidden *h) {
	struct s3_remover r;
	s3_remover_open(&r, w, h->spot->bucket);
	r.trouble = marker_stays;
	r.arg = h;
	for (size_t i = 0; i < h->n; i++) {
		s3_remove(&r, h->spot->key, h->markers[i]);
	}
	s3_remover_close(&r);
	return !h->stays;
}

static bool unhide(struct where *w, const struct spot *spot, str *version) {
	struct hidden h = { .spot = spot, .arena = w->cli->arena };
	bool good = s3_each_version(w, spot->bucket, spot->key, look_for, &h);
	if (good && (!h.newest.n || !h.n)) {
		cli_fail(EXIT_REFUSED,
			 h.newest.n ? STR_FMT " is not deleted: name the version that is to be the latest."
				    : STR_FMT " has no version to bring back.",
			 STR_ARG(spot_text(h.arena, spot)));
		good = false;
	}
	good = good && remove_markers(w, &h);
	*version = h.newest;
	heap_free(h.markers);
	return good;
}

static bool copy_version(struct where *w, const struct spot *spot, str *version) {
	struct answer a;
	struct arena *arena = w->cli->arena;
	struct buf source = { .arena = arena };
	struct ask q = s3_ask_object(w, "CopyObject", spot);
	put(&source, spot->bucket);
	put_byte(&source, '/');
	put_url(&source, spot->key, true);
	putz(&source, "?versionId=");
	put_url(&source, *version, false);
	set_str(arena, q.in, "CopySource", buf_str(&source));
	if (!s3_call(w, &q, &a)) {
		return false;
	}
	*version = get_str(a.out, "VersionId");
	return true;
}

static int restore(struct where *w, const struct spot *spot, const char *id) {
	str version = str_from(id);
	struct buf b = { .arena = w->cli->arena };
	if (id ? !copy_version(w, spot, &version) : !unhide(w, spot, &version)) {
		return EXIT_REFUSED;
	}
	if (w->cli->json) {
		put_byte(&b, '{');
		s3_put_member(&b, "bucket", spot->bucket);
		s3_put_member(&b, "key", spot->key);
		s3_put_member(&b, "versionId", version);
		printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
	} else {
		cli_say(STR_FMT " is there again, version " STR_FMT, STR_ARG(spot_text(b.arena, spot)),
			STR_ARG(version.n ? version : S("null")));
	}
	return EXIT_DONE;
}

int s3_versions(struct cli *cli) {
	struct showing s = { 0 };
	struct wish wish = { 0 };
	struct spot spot;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options)) {
		return s3_usage("versions");
	}
	bool back = cli->argc > 1 && strcmp(cli->argv[0], "restore") == 0;
	bool named = cli->argc > 1 && (back || strcmp(cli->argv[0], "list") == 0);
	if (cli->argc < 1 || cli->argc > 1 + named + (back ? 1 : 0)) {
		return s3_usage("versions");
	}
	const char *word = cli->argv[named ? 1 : 0];
	if (back ? !s3_object_of(word, &spot) : !s3_spot_of(word, &spot)) {
		return EXIT_USAGE;
	}
	if (!s3_open(&s.w, cli, &wish, back)) {
		return EXIT_REFUSED;
	}
	return back ? restore(&s.w, &spot, cli->argc > 2 ? cli->argv[2] : NULL) : show_versions(&s, &spot);
}
