#include "base/clock.h"
#include "cli/s3_run.h"

#include <stdio.h>
#include <unistd.h>

/* --- cat --- */

static void say_trouble(void *arg, str sentence) {
	(void)arg;
	cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(sentence));
}

int s3_cat(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	int rc = EXIT_DONE;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options) || cli->argc == 0) {
		return s3_usage("cat");
	}
	if (!s3_open(&w, cli, &wish, false)) {
		return EXIT_REFUSED;
	}
	struct transfer_setup setup = { .client = &w.client, .trouble = say_trouble };
	for (int i = 0; i < cli->argc; i++) {
		struct spot spot;
		str why;
		struct stream stream = { .setup = &setup, .client = &w.client, .fd = STDOUT_FILENO };
		if (!s3_object_of(cli->argv[i], &spot)) {
			return EXIT_USAGE;
		}
		if (!stream_down(&stream, &spot, &why)) {
			rc = cli_fail(EXIT_REFUSED, "%s: " STR_FMT ".", cli->argv[i], STR_ARG(why));
		}
	}
	return rc;
}

/* --- presign --- */

enum { LONGEST_S = 7 * 24 * 3600 };

static const struct {
	const char *method, *op;
} methods[] = {
	{ "GET", "GetObject" }, { "PUT", "PutObject" }, { "HEAD", "HeadObject" }, { "DELETE", "DeleteObject" }, { 0 }
};

static const char *op_of(str method) {
	for (size_t i = 0; methods[i].method; i++) {
		if (str_ieq(method, str_from(methods[i].method))) {
			return methods[i].op;
		}
	}
	return NULL;
}

/* Seconds, or a span with its unit; false: neither, or longer than a signature lasts. */
static bool read_span(str text, int64_t *seconds) {
	int64_t ms;
	if (!str_uint(text, seconds)) {
		*seconds = duration_parse(text, &ms) ? ms / 1000 : 0;
	}
	return *seconds >= 1 && *seconds <= LONGEST_S;
}

static void show_url(const struct where *w, str url, int64_t seconds) {
	struct buf b = { .arena = w->cli->arena };
	if (!w->cli->json) {
		printf(STR_FMT "\n", STR_ARG(url));
		return;
	}
	putz(&b, "{\"url\":");
	put_json(&b, url);
	putz(&b, ",\"expires\":\"");
	put_time(&b, clock_real() + seconds * 1000, TIME_ISO_S);
	printf(STR_FMT "\"}\n", STR_ARG(buf_str(&b)));
}

int s3_presign(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	struct spot spot;
	str expires = S("1h"), method = S("GET");
	int64_t seconds;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--expires", .value = &expires },
					  { .name = "--expires-in", .value = &expires },
					  { .name = "--method", .value = &method },
					  { 0 } };
	if (!options_take(cli, options) || cli->argc != 1) {
		return s3_usage("presign");
	}
	if (!s3_object_of(cli->argv[0], &spot)) {
		return EXIT_USAGE;
	}
	if (!read_span(expires, &seconds) || !op_of(method)) {
		return cli_fail(EXIT_USAGE, "A URL is for GET, PUT, HEAD or DELETE, and for 1 second to 7 days.");
	}
	if (!s3_open(&w, cli, &wish, false)) {
		return EXIT_REFUSED;
	}
	struct ask q = s3_ask_object(&w, op_of(method), &spot);
	struct request_of r = { "s3", q.op, q.in };
	show_url(&w, client_presign(&w.client, &r, seconds), seconds);
	return EXIT_DONE;
}

/* --- stat --- */

static void show_line(const char *name, str value) {
	if (value.n) {
		printf("%-15s " STR_FMT "\n", name, STR_ARG(value));
	}
}

static void show_members(struct arena *a, const struct val *out) {
	static const char *const shown[] = { "ETag",
					     "StorageClass",
					     "ContentType",
					     "ContentEncoding",
					     "CacheControl",
					     "VersionId",
					     "ServerSideEncryption",
					     "SSEKMSKeyId",
					     "ChecksumCRC64NVME",
					     "ChecksumCRC32",
					     "ChecksumCRC32C",
					     "ChecksumSHA256",
					     "ChecksumSHA1",
					     "ChecksumType",
					     "Restore",
					     "Expiration",
					     NULL };
	for (const char *const *m = shown; *m; m++) {
		show_line(*m, get_str(out, *m));
	}
	const struct val *metadata = get(out, "Metadata");
	for (const struct val *v = metadata ? metadata->first : NULL; v; v = v->next) {
		show_line("Metadata", str_printf(a, STR_FMT "=" STR_FMT, STR_ARG(v->key), STR_ARG(v->s)));
	}
}

static void show_stat_json(struct arena *a, const struct spot *spot, const struct val *out) {
	struct buf b = { .arena = a };
	putz(&b, "{\"Bucket\":");
	put_json(&b, spot->bucket);
	if (spot->key.n) {
		putz(&b, ",\"Key\":");
		put_json(&b, spot->key);
	}
	for (const struct val *v = out->first; v; v = v->next) {
		putf(&b, ",\"%s\":", v->member->name);
		s3_put_val(&b, v);
	}
	printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
}

static int stat_object(struct where *w, const struct spot *spot) {
	struct answer a;
	struct arena *arena = w->cli->arena;
	struct ask q = s3_ask_object(w, "HeadObject", spot);
	set_str(arena, q.in, "ChecksumMode", S("ENABLED"));
	if (!client_call(&w->client, "s3", "HeadObject", q.in, &a)) {
		return a.status == 404 ? cli_fail(EXIT_REFUSED, "There is no object " STR_FMT ".",
						  STR_ARG(spot_text(arena, spot)))
				       : cli_fail(EXIT_REFUSED, STR_FMT ": " STR_FMT, STR_ARG(spot_text(arena, spot)),
						  STR_ARG(answer_sentence(arena, &a)));
	}
	if (w->cli->json) {
		show_stat_json(arena, spot, a.out);
		return EXIT_DONE;
	}
	int64_t size = get_int(a.out, "ContentLength", 0);
	show_line("Object", spot_text(arena, spot));
	printf("%-15s %lld (" STR_FMT ")\n", "Size", (long long)size, STR_ARG(s3_human(arena, size)));
	show_line("LastModified",
		  str_printf(arena, STR_FMT " UTC", STR_ARG(s3_time(arena, get_int(a.out, "LastModified", 0)))));
	show_members(arena, a.out);
	return EXIT_DONE;
}

static int stat_bucket(struct where *w, const struct spot *spot) {
	struct answer a;
	struct arena *arena = w->cli->arena;
	struct ask q = s3_ask(w, "GetBucketLocation", spot->bucket);
	if (!where_call(w, &q, &a)) {
		return EXIT_REFUSED;
	}
	str region = get_str(a.out, "LocationConstraint");
	region = region.n ? region : S("us-east-1");
	q = s3_ask(w, "GetBucketVersioning", spot->bucket);
	if (!where_call(w, &q, &a)) {
		return EXIT_REFUSED;
	}
	str versioning = get_str(a.out, "Status");
	versioning = versioning.n ? versioning : S("Off");
	if (w->cli->json) {
		printf("{\"Bucket\":\"" STR_FMT "\",\"Region\":\"" STR_FMT "\",\"Versioning\":\"" STR_FMT "\"}\n",
		       STR_ARG(spot->bucket), STR_ARG(region), STR_ARG(versioning));
		return EXIT_DONE;
	}
	show_line("Bucket", str_printf(arena, "s3://" STR_FMT, STR_ARG(spot->bucket)));
	show_line("Region", region);
	show_line("Versioning", versioning);
	return EXIT_DONE;
}

int s3_stat(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	struct spot spot;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options) || cli->argc != 1 || !spot_read(str_from(cli->argv[0]), &spot) ||
	    spot.kind != SPOT_S3) {
		return s3_usage("stat");
	}
	if (!s3_open(&w, cli, &wish, false)) {
		return EXIT_REFUSED;
	}
	return spot.key.n ? stat_object(&w, &spot) : stat_bucket(&w, &spot);
}

/* --- tag --- */

struct tagging {
	struct where w;
	struct spot spot;
	struct option_values gone;
	str *set; /* NAME=VALUE */
	int n;
};

static struct ask ask_tags(struct tagging *t, const char *verb) {
	bool object = t->spot.key.n > 0;
	const char *op = str_printf(t->w.cli->arena, "%s%sTagging", verb, object ? "Object" : "Bucket").p;
	return object ? s3_ask_object(&t->w, op, &t->spot) : s3_ask(&t->w, op, t->spot.bucket);
}

static bool is_named(const struct tagging *t, str name) {
	str head, tail;
	for (size_t i = 0; i < t->gone.n; i++) {
		if (str_eq(t->gone.v[i], name)) {
			return true;
		}
	}
	for (int i = 0; i < t->n; i++) {
		str_cut(t->set[i], '=', &head, &tail);
		if (str_eq(head, name)) {
			return true;
		}
	}
	return false;
}

static void put_tag(struct arena *a, struct val *list, str name, str value) {
	struct val *tag = append(a, list);
	set_str(a, tag, "Key", name);
	set_str(a, tag, "Value", value.p ? value : S(""));
}

static bool change_tags(struct tagging *t, const struct val *old) {
	struct answer a;
	struct arena *arena = t->w.cli->arena;
	struct ask q = ask_tags(t, "Put");
	struct val *list = set(arena, set(arena, q.in, "Tagging"), "TagSet");
	for (const struct val *v = old ? old->first : NULL; v; v = v->next) {
		if (!is_named(t, get_str(v, "Key"))) {
			put_tag(arena, list, get_str(v, "Key"), get_str(v, "Value"));
		}
	}
	for (int i = 0; i < t->n; i++) {
		str name, value;
		str_cut(t->set[i], '=', &name, &value);
		put_tag(arena, list, name, value);
	}
	if (!list->first) {
		q = ask_tags(t, "Delete");
	}
	return where_call(&t->w, &q, &a);
}

static bool get_tags(struct tagging *t, const struct val **out) {
	struct answer a;
	struct ask q = ask_tags(t, "Get");
	q.expected = "NoSuchTagSet";
	*out = NULL;
	if (!where_call(&t->w, &q, &a)) {
		return false;
	}
	*out = get(a.out, "TagSet");
	return true;
}

static void show_tags(const struct tagging *t, const struct val *tags) {
	struct buf b = { .arena = t->w.cli->arena };
	for (const struct val *v = tags ? tags->first : NULL; v; v = v->next) {
		if (t->w.cli->json) {
			putz(&b, b.n ? "," : "");
			put_json(&b, get_str(v, "Key"));
			put_byte(&b, ':');
			put_json(&b, get_str(v, "Value"));
		} else {
			putf(&b, STR_FMT "=" STR_FMT "\n", STR_ARG(get_str(v, "Key")), STR_ARG(get_str(v, "Value")));
		}
	}
	printf(t->w.cli->json ? "{" STR_FMT "}\n" : STR_FMT, STR_ARG(buf_str(&b)));
}

static bool read_words(struct tagging *t, const struct cli *cli) {
	if (cli->argc == 0 || !spot_read(str_from(cli->argv[0]), &t->spot) || t->spot.kind != SPOT_S3) {
		return false;
	}
	t->set = NEWS(cli->arena, str, cli->argc);
	for (int i = 1; i < cli->argc; i++) {
		t->set[t->n++] = str_from(cli->argv[i]);
		if (!strchr(cli->argv[i], '=')) {
			return false;
		}
	}
	return true;
}

int s3_tag(struct cli *cli) {
	struct tagging *t = NEW(cli->arena, struct tagging);
	struct wish wish = { 0 };
	const struct val *tags;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--remove", .values = &t->gone },
					  { 0 } };
	if (!options_take(cli, options) || !read_words(t, cli)) {
		return s3_usage("tag");
	}
	bool changes = t->n || t->gone.n;
	if (!s3_open(&t->w, cli, &wish, changes) || !get_tags(t, &tags) ||
	    (changes && (!change_tags(t, tags) || !get_tags(t, &tags)))) {
		return EXIT_REFUSED;
	}
	show_tags(t, tags);
	return EXIT_DONE;
}
