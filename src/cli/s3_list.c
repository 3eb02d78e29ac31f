#include "cli/s3_run.h"
#include "transfer/objects.h"

#include <stdio.h>

/* --- ls --- */

struct listing {
	struct where w;
	bool recursive, human, sum, failed;
	int64_t n, bytes;
};

static void trouble(void *arg, str sentence) {
	(void)arg;
	cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(sentence));
}

static void put_pair(struct buf *b, const char *name, str value) {
	putf(b, "%s\"%s\":", b->n > 1 ? "," : "", name);
	put_json(b, value);
}

static int list_buckets(struct listing *l) {
	struct answer a;
	struct ask q = ask_new(&l->w, "s3", "ListBuckets");
	if (!where_call(&l->w, &q, &a)) {
		return EXIT_REFUSED;
	}
	const struct val *buckets = get(a.out, "Buckets");
	for (const struct val *v = buckets ? buckets->first : NULL; v; v = v->next) {
		AUTO_ARENA arena = { 0 };
		str time = s3_time(&arena, get_int(v, "CreationDate", 0));
		struct buf b = { .arena = &arena };
		put_byte(&b, '{');
		put_pair(&b, "bucket", get_str(v, "Name"));
		put_pair(&b, "created", time);
		if (l->w.cli->json) {
			printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
		} else {
			printf(STR_FMT "  s3://" STR_FMT "\n", STR_ARG(time), STR_ARG(get_str(v, "Name")));
		}
	}
	return EXIT_DONE;
}

static void show_json(const struct entry *e, str key) {
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	put_byte(&b, '{');
	put_pair(&b, e->prefix ? "prefix" : "key", key);
	if (!e->prefix) {
		putf(&b, ",\"size\":%lld", (long long)e->size);
		put_pair(&b, "modified", s3_time(&a, e->mtime));
		put_pair(&b, "etag", e->etag);
		put_pair(&b, "storageClass", e->storage_class.n ? e->storage_class : S("STANDARD"));
	}
	printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
}

/* skip: what of the key is the folder that was asked for, and need not be said again. */
static void show(struct listing *l, const struct entry *e, size_t skip) {
	AUTO_ARENA a = { 0 };
	str name = str_skip(e->name, skip);
	l->n += !e->prefix;
	l->bytes += e->size;
	if (l->w.cli->json) {
		show_json(e, e->name);
	} else if (e->prefix) {
		printf("%19s %12s %s" STR_FMT "\n", "", "PRE", l->human ? "  " : "", STR_ARG(name));
	} else if (l->human) {
		printf(STR_FMT " %14s " STR_FMT "\n", STR_ARG(s3_time(&a, e->mtime)), s3_human(&a, e->size).p,
		       STR_ARG(name));
	} else {
		printf(STR_FMT " %12lld " STR_FMT "\n", STR_ARG(s3_time(&a, e->mtime)), (long long)e->size,
		       STR_ARG(name));
	}
}

static size_t folder_length(str key) {
	return key.n - name_last(key).n;
}

static int list_objects(struct listing *l, const struct spot *spot) {
	struct arena *a = l->w.cli->arena;
	bool pattern = wild_is(spot->key);
	struct objects_of of = { .bucket = spot->bucket, .folders = !l->recursive && !pattern };
	of.prefix = pattern ? wild_prefix(a, spot->key) : spot->key;
	of.pattern = pattern ? spot->key : (str){ 0 };
	struct walk *walk = objects_open(a, &l->w.client, &of, trouble, l);
	size_t skip = l->recursive || pattern ? 0 : folder_length(spot->key);
	struct entry e;
	bool any = false;
	while (!ferror(stdout) && walk->next(walk, &e)) {
		any = true;
		show(l, &e, skip);
	}
	if (walk->failed) {
		return EXIT_REFUSED;
	}
	if (l->sum && !l->w.cli->json) {
		str size = l->human ? s3_human(a, l->bytes) : str_printf(a, "%lld bytes", (long long)l->bytes);
		printf("%lld objects, " STR_FMT "\n", (long long)l->n, STR_ARG(size));
	}
	if (!any && spot->key.n) {
		return cli_fail(EXIT_REFUSED, "There is nothing under " STR_FMT ".", STR_ARG(spot_text(a, spot)));
	}
	return EXIT_DONE;
}

int s3_ls(struct cli *cli) {
	struct listing l = { 0 };
	struct wish wish = { 0 };
	struct spot spot = { 0 };
	const struct option options[] = {
		WHERE_OPTIONS(&wish, "--profile"),         { .name = "--recursive", .flag = &l.recursive },
		{ .name = "-r", .flag = &l.recursive },    { .name = "--human", .flag = &l.human },
		{ .name = "--summarize", .flag = &l.sum }, { 0 }
	};
	if (!options_take(cli, options) || cli->argc > 1) {
		return s3_usage("ls");
	}
	if (cli->argc && (!spot_read(str_from(cli->argv[0]), &spot) || spot.kind != SPOT_S3)) {
		return cli_fail(EXIT_USAGE, "%s is no place in S3: one is written like s3://my-bucket/folder/.",
				cli->argv[0]);
	}
	if (!s3_open(&l.w, cli, &wish, false)) {
		return EXIT_REFUSED;
	}
	return cli->argc ? list_objects(&l, &spot) : list_buckets(&l);
}

/* --- versions --- */

static struct s3_version version_of(struct arena *a, const struct val *v, bool marker) {
	return (struct s3_version){ .key = url_decode_form(a, get_str(v, "Key")),
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
};

static void take_page(struct arena *a, const struct val *out, const struct versions *to) {
	const struct val *versions = get(out, "Versions"), *markers = get(out, "DeleteMarkers");
	const struct val *v = versions ? versions->first : NULL, *m = markers ? markers->first : NULL;
	while (v || m) {
		struct s3_version version = v ? version_of(a, v, false) : (struct s3_version){ 0 };
		struct s3_version marker = m ? version_of(a, m, true) : (struct s3_version){ 0 };
		bool first = v && (!m || comes_first(&version, &marker));
		to->take(first ? &version : &marker, to->arg);
		v = first ? v->next : v;
		m = first ? m : m->next;
	}
}

bool s3_each_version(struct where *w, str bucket, str prefix, void (*take)(const struct s3_version *v, void *arg),
		     void *arg) {
	struct answer a = { 0 };
	struct versions to = { take, arg };
	struct ask q = s3_ask(w, "ListObjectVersions", bucket);
	set_str(w->cli->arena, q.in, "Prefix", prefix.n ? prefix : (str){ 0 });
	set_str(w->cli->arena, q.in, "EncodingType", S("url"));
	do {
		if (!where_call(w, &q, &a)) {
			return false;
		}
		take_page(w->cli->arena, a.out, &to);
		set_str(w->cli->arena, q.in, "KeyMarker",
			url_decode_form(w->cli->arena, get_str(a.out, "NextKeyMarker")));
		set_str(w->cli->arena, q.in, "VersionIdMarker", get_str(a.out, "NextVersionIdMarker"));
	} while (get_int(a.out, "IsTruncated", 0));
	return true;
}

struct showing {
	struct where w;
	int64_t n;
};

static void show_version(const struct s3_version *v, void *arg) {
	AUTO_ARENA a = { 0 };
	struct showing *s = arg;
	struct buf b = { .arena = &a };
	str time = s3_time(&a, v->mtime);
	s->n++;
	if (!s->w.cli->json) {
		str size = v->marker ? S("delete marker") : str_printf(&a, "%lld", (long long)v->size);
		printf(STR_FMT " %13s " STR_FMT " " STR_FMT "%s\n", STR_ARG(time), size.p, STR_ARG(v->id),
		       STR_ARG(v->key), v->latest ? "  (latest)" : "");
		return;
	}
	put_byte(&b, '{');
	put_pair(&b, "key", v->key);
	put_pair(&b, "versionId", v->id);
	put_pair(&b, "modified", time);
	putf(&b, ",\"latest\":%s,\"deleteMarker\":%s", v->latest ? "true" : "false", v->marker ? "true" : "false");
	if (!v->marker) {
		putf(&b, ",\"size\":%lld", (long long)v->size);
		put_pair(&b, "etag", v->etag);
		put_pair(&b, "storageClass", v->storage_class);
	}
	printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
}

int s3_versions(struct cli *cli) {
	struct showing s = { 0 };
	struct wish wish = { 0 };
	struct spot spot;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options) || cli->argc != 1 || !spot_read(str_from(cli->argv[0]), &spot) ||
	    spot.kind != SPOT_S3) {
		return s3_usage("versions");
	}
	if (!s3_open(&s.w, cli, &wish, false) || !s3_each_version(&s.w, spot.bucket, spot.key, show_version, &s)) {
		return EXIT_REFUSED;
	}
	return s.n || !spot.key.n ? EXIT_DONE : cli_fail(EXIT_REFUSED, "There is nothing under %s.", cli->argv[0]);
}
