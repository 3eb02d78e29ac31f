/* stat: all that is known about an object or a bucket. */
#include "cli/s3.h"

#include <stdio.h>

static void show_line(const char *name, str value) {
	if (value.n) {
		cli_say("%-20s " STR_FMT, name, STR_ARG(value));
	}
}

/* --- an object --- */

/* Shown before the others, as users know them. */
static const char *const told[] = { "ContentLength", "LastModified", "Metadata", "AcceptRanges", NULL };

static bool is_told(const char *name) {
	for (const char *const *t = told; *t; t++) {
		if (strcmp(*t, name) == 0) {
			return true;
		}
	}
	return false;
}

static str text_of(struct arena *a, const struct val *v) {
	struct buf b = { .arena = a };
	if (v->shape->kind == K_STR) {
		return v->s;
	}
	if (v->shape->kind == K_TIME) {
		return str_printf(a, STR_FMT " UTC", STR_ARG(s3_time(a, v->i)));
	}
	s3_put_val(&b, v);
	return buf_str(&b);
}

static void show_members(struct arena *a, const struct val *out) {
	for (const struct val *v = out->first; v; v = v->next) {
		if (!is_told(v->member->name)) {
			show_line(v->member->name, text_of(a, v));
		}
	}
	const struct val *metadata = get(out, "Metadata");
	for (const struct val *v = metadata ? metadata->first : NULL; v; v = v->next) {
		show_line("Metadata", str_printf(a, STR_FMT "=" STR_FMT, STR_ARG(v->key), STR_ARG(v->s)));
	}
}

static void show_json(struct arena *a, const struct spot *spot, const struct val *out) {
	struct buf b = { .arena = a };
	put_byte(&b, '{');
	s3_put_member(&b, "Bucket", spot->bucket);
	s3_put_member(&b, "Key", spot->key);
	for (const struct val *v = out->first; v; v = v->next) {
		putf(&b, ",\"%s\":", v->member->name);
		s3_put_val(&b, v);
	}
	printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
}

/* A HEAD's refusal has no words. */
static int refuse(struct where *w, const struct spot *spot, const struct answer *a) {
	str text = spot_text(w->cli->arena, spot);
	switch (a->status) {
	case 404: return cli_fail(EXIT_REFUSED, "There is no object " STR_FMT ".", STR_ARG(text));
	case 405: return cli_fail(EXIT_REFUSED, STR_FMT ": that version is a delete marker.", STR_ARG(text));
	case 400:
		return cli_fail(EXIT_REFUSED, STR_FMT ": there is no such version, or its key is needed.",
				STR_ARG(text));
	default: return where_refuse(w, text, a);
	}
}

/* "-3" at an ETag's end: of so many parts. */
static void count_parts(struct arena *a, struct val *out) {
	str etag = str_trim(get_str(out, "ETag")), head, tail;
	int64_t n;
	etag.n -= str_ends(etag, S("\""));
	if (str_cut(etag, '-', &head, &tail) && str_uint(tail, &n) && get_int(out, "PartsCount", 0) == 0) {
		set_int(a, out, "PartsCount", n);
	}
}

static int stat_object(struct where *w, const struct spot *spot, str version) {
	struct answer a;
	struct arena *arena = w->cli->arena;
	struct ask q = s3_ask_object(w, "HeadObject", spot);
	set_str(arena, q.in, "ChecksumMode", S("ENABLED"));
	set_str(arena, q.in, "VersionId", version);
	if (!client_call(&w->client, "s3", "HeadObject", q.in, &a)) {
		return refuse(w, spot, &a);
	}
	count_parts(arena, a.out);
	if (!get_str(a.out, "StorageClass").n) {
		set_str(arena, a.out, "StorageClass", S("STANDARD"));
	}
	if (w->cli->json) {
		show_json(arena, spot, a.out);
		return EXIT_DONE;
	}
	int64_t size = get_int(a.out, "ContentLength", 0);
	str modified = s3_time(arena, get_int(a.out, "LastModified", 0));
	show_line("Object", spot_text(arena, spot));
	show_line("Size", size < 1024 ? str_printf(arena, "%lld byte%s", (long long)size, size == 1 ? "" : "s")
				      : str_printf(arena, "%lld bytes (" STR_FMT ")", (long long)size,
						   STR_ARG(s3_human(arena, size))));
	show_line("LastModified", str_printf(arena, STR_FMT " UTC", STR_ARG(modified)));
	show_members(arena, a.out);
	return EXIT_DONE;
}

/* --- a bucket --- */

/* What is asked about one; none: the code that says that there is none. */
static const struct {
	const char *name, *op, *member, *none;
} asked[] = {
	{ "Region", "GetBucketLocation", "LocationConstraint", NULL },
	{ "Versioning", "GetBucketVersioning", "Status", NULL },
	{ "Encryption", "GetBucketEncryption", "ServerSideEncryptionConfiguration",
	  "ServerSideEncryptionConfigurationNotFoundError" },
	{ "ObjectLock", "GetObjectLockConfiguration", "ObjectLockConfiguration",
	  "ObjectLockConfigurationNotFoundError" },
	{ "Lifecycle", "GetBucketLifecycleConfiguration", "Rules", "NoSuchLifecycleConfiguration" },
	{ "PublicAccess", "GetPublicAccessBlock", "PublicAccessBlockConfiguration",
	  "NoSuchPublicAccessBlockConfiguration" },
	{ "Policy", "GetBucketPolicy", "Policy", "NoSuchBucketPolicy" },
	{ "Tags", "GetBucketTagging", "TagSet", "NoSuchTagSet" },
	{ 0 },
};

/* In a word or two. */
static str word_of(struct arena *a, const char *name, const struct val *v) {
	struct buf b = { .arena = a };
	if (strcmp(name, "Encryption") == 0) {
		const struct val *rules = get(v, "Rules"), *rule = rules ? rules->first : NULL;
		const struct val *by = rule ? get(rule, "ApplyServerSideEncryptionByDefault") : NULL;
		return by ? get_str(by, "SSEAlgorithm") : S("AES256");
	}
	if (strcmp(name, "ObjectLock") == 0) {
		return get_str(v, "ObjectLockEnabled");
	}
	if (strcmp(name, "Lifecycle") == 0) {
		return str_printf(a, "%zu rules", val_count(v));
	}
	if (strcmp(name, "Policy") == 0) {
		return S("yes");
	}
	if (strcmp(name, "Tags") == 0) {
		for (const struct val *t = v->first; t; t = t->next) {
			putf(&b, "%s" STR_FMT "=" STR_FMT, b.n ? " " : "", STR_ARG(get_str(t, "Key")),
			     STR_ARG(get_str(t, "Value")));
		}
		return buf_str(&b);
	}
	if (strcmp(name, "PublicAccess") == 0) {
		bool all = val_count(v) >= 4;
		for (const struct val *m = v->first; m; m = m->next) {
			all = all && m->i;
		}
		return all ? S("blocked") : S("not all blocked");
	}
	return v->s;
}

/* Of what the bucket does not have; absent: that is not said. */
static str word_of_none(const char *name) {
	return strcmp(name, "Region") == 0 ? S("us-east-1") : strcmp(name, "Versioning") == 0 ? S("Off") : (str){ 0 };
}

static void put_answer(struct buf *b, const char *name, const struct val *v, str word) {
	bool plain = !v || v->shape->kind == K_STR;
	if (plain && word.n) {
		s3_put_member(b, name, v && v->s.n ? v->s : word);
	} else if (v) {
		putf(b, ",\"%s\":", name);
		s3_put_val(b, v);
	}
}

static int stat_bucket(struct where *w, const struct spot *spot) {
	struct arena *arena = w->cli->arena;
	struct buf json = { .arena = arena };
	put_byte(&json, '{');
	s3_put_member(&json, "Bucket", spot->bucket);
	for (size_t i = 0; asked[i].name; i++) {
		struct answer a;
		struct ask q = s3_ask(w, asked[i].op, spot->bucket);
		bool good = client_call(&w->client, "s3", q.op, q.in, &a);
		if (!good && i == 0) {
			s3_call(w, &q, &a);
			return EXIT_REFUSED;
		}
		const struct val *v = good ? get(a.out, asked[i].member) : NULL;
		v = v && v->shape->kind == K_STR && !v->s.n ? NULL : v;
		bool none = good || (asked[i].none && str_is(a.code, asked[i].none));
		str word = v ? word_of(arena, asked[i].name, v) : none ? word_of_none(asked[i].name) : S("not known");
		if (i == 0 && !w->cli->json) {
			show_line("Bucket", str_printf(arena, "s3://" STR_FMT, STR_ARG(spot->bucket)));
		}
		if (!w->cli->json) {
			show_line(asked[i].name, word);
		} else if (v || none) {
			put_answer(&json, asked[i].name, v, word);
		}
	}
	if (w->cli->json) {
		printf(STR_FMT "}\n", STR_ARG(buf_str(&json)));
	}
	return EXIT_DONE;
}

int s3_stat(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	struct spot spot;
	str version = { 0 };
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--version", .value = &version },
					  { .name = "--version-id", .value = &version },
					  { 0 } };
	if (!options_take(cli, options) || cli->argc != 1) {
		return s3_usage("stat");
	}
	if (version.n ? !s3_object_of(cli->argv[0], &spot) : !s3_spot_of(cli->argv[0], &spot)) {
		return EXIT_USAGE;
	}
	if (!s3_open(&w, cli, &wish, false)) {
		return EXIT_REFUSED;
	}
	return spot.key.n ? stat_object(&w, &spot, version) : stat_bucket(&w, &spot);
}
