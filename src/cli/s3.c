#include "cli/s3.h"

#include "base/clock.h"
#include "wire/tree.h"

#include <errno.h>
#include <stdio.h>

/* What every sub-verb takes besides. */
#define WHERE "\n  --aws, --profile NAME, --endpoint-url URL, --region REGION: elsewhere than the local cloud of --data"
#define SENDING                                                                                                        \
	"  --exclude PATTERN, --include PATTERN   of names below the folder; the last that matches counts\n"           \
	"  --dry-run        says what would be done\n"                                                                 \
	"  --jobs N         so many at once; else by the processors\n"                                                 \
	"  --part-size MIB  parts of large files; else 8, and more where 10,000 are not enough\n"                      \
	"  --keep           an upload by parts that does not come to its end stays, and is gone on with next time\n"   \
	"  --content-type, --content-encoding, --content-disposition, --content-language, --cache-control,\n"          \
	"  --storage-class, --acl, --sse [AES256 | aws:kms], --sse-kms-key-id, --metadata "                            \
	"NAME=VALUE[,NAME=VALUE...]\n"                                                                                 \
	"                   what objects get\n"                                                                        \
	"  --no-verify      checksums of what comes down are not looked at\n"                                          \
	"  --no-progress    without the progress line; --quiet: only what failed is told"

static const struct verb subs[] = {
	{ "mb", "make a bucket",
	  "aerostat s3 mb s3://BUCKET... [--region REGION] [--versioning] [--lock] [--json]\n"
	  "  --versioning  with versions kept from the first object on\n"
	  "  --lock        with object lock, which brings versioning with it and can never be taken away" WHERE,
	  s3_mb },
	{ "rb", "remove a bucket",
	  "aerostat s3 rb s3://BUCKET [--force] [--versions] [--json]\n"
	  "  --force     with the objects that are in it\n"
	  "  --versions  and with their earlier versions" WHERE,
	  s3_rb },
	{ "ls", "list buckets or objects",
	  "aerostat s3 ls [s3://BUCKET[/PREFIX]] [--recursive] [--human] [--summarize] [--json]\n"
	  "  Without a bucket: the buckets. The prefix may be a pattern (in quotes, or the shell takes it):\n"
	  "  's3://bucket/models/*.pth'. Times are UTC." WHERE,
	  s3_ls },
	{ "cp", "copy files and objects",
	  "aerostat s3 cp SOURCE... TARGET [--recursive]\n"
	  "  One of them at least is s3://BUCKET/KEY; - is standard input or output. Keys of sources may be patterns:\n"
	  "  * ? [a-z] stop at a slash, ** does not, \\* \\? \\[ are the byte itself.\n" SENDING WHERE,
	  s3_cp },
	{ "mv", "move files and objects", "aerostat s3 mv SOURCE... TARGET [--recursive]\n" SENDING WHERE, s3_mv },
	{ "rm", "remove objects",
	  "aerostat s3 rm s3://BUCKET/KEY... [--recursive] [--versions] [--exclude PATTERN] [--include PATTERN]\n"
	  "               [--dry-run] [--quiet] [--json]\n"
	  "  --versions  earlier versions and delete markers too: what is gone then stays gone" WHERE,
	  s3_rm },
	{ "sync", "make a folder or a prefix like another",
	  "aerostat s3 sync SOURCE TARGET\n"
	  "  Sends what is not there, has another size, or is newer at its source.\n"
	  "  --delete         what the source does not have goes away\n"
	  "  --size-only      the time does not matter\n"
	  "  --exact-timestamps  down: any other time matters, not only a newer file's\n" SENDING WHERE,
	  s3_sync },
	{ "cat", "objects to standard output", "aerostat s3 cat s3://BUCKET/KEY..." WHERE, s3_cat },
	{ "presign", "a URL that works without keys",
	  "aerostat s3 presign s3://BUCKET/KEY [--expires 1h] [--method GET|PUT|HEAD|DELETE] [--json]\n"
	  "  --expires  seconds, or a span like 30m, 12h, 7d, which is the longest; else 1h" WHERE,
	  s3_presign },
	{ "versions", "all versions of objects; bring one back",
	  "aerostat s3 versions s3://BUCKET[/PREFIX] [--json]\n"
	  "aerostat s3 versions restore s3://BUCKET/KEY [VERSION] [--json]\n"
	  "  restore: a deleted object is there again; a VERSION that is named becomes the latest, as a copy." WHERE,
	  s3_versions },
	{ "stat", "all that is known about an object or a bucket",
	  "aerostat s3 stat s3://BUCKET[/KEY] [--version VERSION] [--json]" WHERE, s3_stat },
	{ "tag", "show, set or remove tags",
	  "aerostat s3 tag s3://BUCKET[/KEY] [--json]\n"
	  "aerostat s3 tag set s3://BUCKET[/KEY] NAME=VALUE... [--remove NAME]... [--json]\n"
	  "aerostat s3 tag rm s3://BUCKET[/KEY] [NAME...] [--json]\n"
	  "  set: the tags that are not named stay. rm: without names all go." WHERE,
	  s3_tag },
	{ "versioning", "show, enable or suspend it", "aerostat s3 versioning s3://BUCKET [on | off] [--json]" WHERE,
	  s3_versioning },
	{ "lifecycle", "rules: show, set, see what they will do",
	  "aerostat s3 lifecycle [get] s3://BUCKET\n"
	  "aerostat s3 lifecycle set s3://BUCKET FILE [--json]\n"
	  "aerostat s3 lifecycle rm s3://BUCKET [--json]\n"
	  "aerostat s3 lifecycle preview s3://BUCKET[/PREFIX] [--rules FILE] [--until DAYS] [--json]\n"
	  "  set: FILE is JSON as the AWS CLI takes it (\"Id\" will do for \"ID\"); - is standard input.\n"
	  "  preview: which object would move or go on which day, by the bucket's rules or by those of a file that is\n"
	  "  not set yet." WHERE,
	  s3_lifecycle },
	{ 0 },
};

/* What others call them. */
static const char *const others[][2] = {
	{ "list", "ls" },      { "dir", "ls" },    { "copy", "cp" },     { "upload", "cp" },
	{ "download", "cp" },  { "get", "cp" },    { "put", "cp" },      { "move", "mv" },
	{ "rename", "mv" },    { "remove", "rm" }, { "delete", "rm" },   { "del", "rm" },
	{ "head", "stat" },    { "info", "stat" }, { "tags", "tag" },    { "url", "presign" },
	{ "sign", "presign" }, { "mkdir", "mb" },  { "create", "mb" },   { "undelete", "versions" },
	{ "du", "ls" },        { "rmdir", "rb" },  { "mirror", "sync" }, { "rsync", "sync" },
	{ NULL, NULL },
};

static const struct verb *find(const char *name) {
	for (const struct verb *v = subs; v->name; v++) {
		if (strcmp(v->name, name) == 0) {
			return v;
		}
	}
	return NULL;
}

/* Of one word the beginning is the other's, but for a letter too few, too many, wrong, or two the other way round. */
static bool is_near(const char *a, const char *b) {
	size_t n = 0, m = strlen(a), k = strlen(b);
	while (a[n] && a[n] == b[n]) {
		n++;
	}
	const char *x = a + n, *y = b + n;
	bool turned = *x && *y && x[1] && x[0] == y[1] && x[1] == y[0] && strcmp(x + 2, y + 2) == 0;
	bool wrong = *x && *y && strcmp(x + 1, y + 1) == 0;
	bool more = *x && strcmp(x + 1, y) == 0, fewer = *y && strcmp(x, y + 1) == 0;
	return (m > 2 || k > 2) && n > 0 && (turned || wrong || more || fewer);
}

/* What was meant by it; NULL: nobody knows. */
static const char *meant(const char *name) {
	for (size_t i = 0; others[i][0]; i++) {
		if (strcmp(others[i][0], name) == 0) {
			return others[i][1];
		}
	}
	for (const struct verb *v = subs; v->name; v++) {
		if (is_near(name, v->name) || (strlen(name) > 2 && strncmp(name, v->name, strlen(name)) == 0)) {
			return v->name;
		}
	}
	return NULL;
}

static int no_such_verb(const char *name) {
	const char *other = meant(name);
	return other ? cli_fail(EXIT_USAGE, "There is no verb 's3 %s'. Is `aerostat s3 %s` meant?", name, other)
		     : cli_fail(EXIT_USAGE, "There is no verb 's3 %s'. `aerostat s3` lists them.", name);
}

int s3_usage(const char *name) {
	const struct verb *v = find(name);
	str line, rest = v ? str_from(v->usage) : S("");
	fputs("usage: ", stderr);
	while (str_cut(rest, '\n', &line, &rest), line.n && line.p[0] != ' ') {
		fprintf(stderr, STR_FMT "\n%s", STR_ARG(line), rest.n && rest.p[0] != ' ' ? "       " : "");
	}
	fprintf(stderr, "`aerostat s3 %s --help` says more.\n", name);
	return EXIT_USAGE;
}

static int list(void) {
	puts("aerostat s3: buckets and objects, here and at AWS\n");
	for (const struct verb *v = subs; v->name; v++) {
		printf("  %-11s %s\n", v->name, v->summary);
	}
	puts("\n`aerostat s3 VERB --help` says how each is used. Every one takes --json, and goes to the local cloud,\n"
	     "unless --aws, --profile NAME, --endpoint-url URL or AWS_ENDPOINT_URL lead elsewhere.");
	return EXIT_DONE;
}

static bool wants_help(const struct cli *cli) {
	for (int i = 0; i < cli->argc && strcmp(cli->argv[i], "--") != 0; i++) {
		if (strcmp(cli->argv[i], "--help") == 0 || strcmp(cli->argv[i], "-h") == 0) {
			return true;
		}
	}
	return false;
}

static int help(const struct verb *v) {
	printf("s3 %s: %s\n\n%s\n", v->name, v->summary, v->usage);
	return EXIT_DONE;
}

static int s3(struct cli *cli) {
	if (cli->argc == 0 || cli->argv[0][0] == '-' || strcmp(cli->argv[0], "help") == 0) {
		bool asked = cli->argc == 0 || wants_help(cli) || strcmp(cli->argv[0], "help") == 0;
		const struct verb *about = asked && cli->argc > 1 ? find(cli->argv[1]) : NULL;
		return about   ? help(about)
		       : asked ? list()
			       : cli_fail(EXIT_USAGE,
					  "The verb comes first: aerostat s3 VERB %s. `aerostat s3` lists them.",
					  cli->argv[0]);
	}
	const struct verb *v = find(cli->argv[0]);
	if (!v) {
		return no_such_verb(cli->argv[0]);
	}
	if (wants_help(cli)) {
		return help(v);
	}
	cli->argc--;
	cli->argv++;
	cli->habits = s3_habits;
	int rc = v->run(cli);
	bool whole = fflush(stdout) == 0 && !ferror(stdout);
	return whole || rc ? rc : cli_fail(EXIT_REFUSED, "Standard output cannot be written: %s.", strerror(errno));
}

const struct verb verb_s3 = {
	"s3", "buckets and objects: copy, sync, list, versions, lifecycle",
	"aerostat s3 mb | rb | ls | cp | mv | rm | sync | cat | presign | versions | stat | tag |\n"
	"            versioning | lifecycle\n"
	"  `aerostat s3` says what each does, `aerostat s3 SUB-VERB --help` how it is used.",
	s3
};

/* --- what the sub-verbs share --- */

bool s3_open(struct where *w, struct cli *cli, struct wish *wish, bool changes) {
	wish->service = "s3";
	if (wish_is_local(wish) && server_ensure(cli)) {
		return false;
	}
	if (!where_open(w, cli, wish)) {
		return false;
	}
	const struct place *p = &w->client.place;
	if (changes && !p->local) {
		bool known = p->aws && !p->endpoint.n;
		where_say(w, known ? p->account : (str){ 0 }, p->region);
	}
	return true;
}

/* --- places --- */

static bool is_bucket_name(str s) {
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!is_alnum(c) && c != '-' && c != '_' && (c != '.' || i == 0)) {
			return false;
		}
	}
	return s.n > 0;
}

static bool spot_of(const char *word, struct spot *out) {
	str text = str_from(word), bucket, key;
	if (str_starts(text, S("s3://"))) {
		return spot_read(text, out);
	}
	str_cut(text, '/', &bucket, &key);
	*out = (struct spot){ .kind = SPOT_S3, .bucket = bucket, .key = key };
	return is_bucket_name(bucket);
}

bool s3_spot_of(const char *word, struct spot *out) {
	if (spot_of(word, out)) {
		return true;
	}
	cli_fail(EXIT_USAGE, "%s is no place in S3: one is written like s3://my-bucket/folder/.", word);
	return false;
}

bool s3_bucket_of(const char *word, str *bucket) {
	struct spot spot;
	bool good = spot_of(word, &spot) && !spot.key.n;
	*bucket = spot.bucket;
	if (!good) {
		cli_fail(EXIT_USAGE, "%s is no bucket: one is written like s3://my-bucket.", word);
	}
	return good;
}

bool s3_object_of(const char *word, struct spot *out) {
	if (spot_of(word, out) && out->key.n) {
		return true;
	}
	cli_fail(EXIT_USAGE, "%s is no object: one is written like s3://my-bucket/its/key.", word);
	return false;
}

/* --- calls --- */

struct ask s3_ask(struct where *w, const char *op, str bucket) {
	struct ask q = ask_new(w, "s3", op);
	set_str(w->cli->arena, q.in, "Bucket", bucket);
	return q;
}

struct ask s3_ask_object(struct where *w, const char *op, const struct spot *object) {
	struct ask q = s3_ask(w, op, object->bucket);
	set_str(w->cli->arena, q.in, "Key", object->key);
	return q;
}

static str member_of(const struct ask *q, const char *name) {
	return shape_member(q->in->shape, str_from(name)) ? get_str(q->in, name) : (str){ 0 };
}

static str subject_of(const struct where *w, const struct ask *q) {
	struct spot spot = { .kind = SPOT_S3, .bucket = member_of(q, "Bucket"), .key = member_of(q, "Key") };
	return !spot.bucket.n ? (str){ 0 }
	       : spot.key.n   ? spot_text(w->cli->arena, &spot)
			      : str_printf(w->cli->arena, "s3://" STR_FMT, STR_ARG(spot.bucket));
}

bool s3_call(struct where *w, const struct ask *q, struct answer *a) {
	return where_call_about(w, q, subject_of(w, q), a);
}

void s3_say_trouble(void *arg, str sentence) {
	(void)arg;
	cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(sentence));
}

void s3_side_open(struct s3_side *s, const struct where *w) {
	*s = (struct s3_side){ .w = *w, .cli = *w->cli };
	s->cli.arena = &s->arena;
	s->w.cli = &s->cli;
	client_clone(&s->w.client, &s->arena, &w->client);
	s->mark = arena_mark(&s->arena);
}

void s3_side_next(struct s3_side *s) {
	arena_reset(&s->arena, s->mark);
}

void s3_side_close(struct s3_side *s) {
	arena_free(&s->arena);
}

/* --- what is shown --- */

void s3_item(struct s3_items *items, str json) {
	if (items->n++ == 0) {
		printf("{" STR_FMT "[", STR_ARG(items->head));
	}
	printf("%s\n" STR_FMT, items->n > 1 ? "," : "", STR_ARG(json));
}

void s3_items_end(struct s3_items *items, str tail) {
	if (items->n == 0) {
		printf("{" STR_FMT "[", STR_ARG(items->head));
	}
	printf("%s]" STR_FMT "}\n", items->n ? "\n" : "", STR_ARG(tail));
}

void s3_put_member(struct buf *b, const char *name, str value) {
	putf(b, "%s\"%s\":", b->n && b->p[b->n - 1] != '{' ? "," : "", name);
	put_json(b, value);
}

str s3_human(struct arena *a, int64_t bytes) {
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double n = (double)bytes;
	size_t unit = 0;
	while (n >= 1023.95 && unit < 5) {
		n /= 1024;
		unit++;
	}
	return unit ? str_printf(a, "%.1f %s", n, units[unit]) : str_printf(a, "%lld bytes", (long long)bytes);
}

str s3_time(struct arena *a, int64_t ms) {
	struct buf b = { .arena = a };
	put_time(&b, ms, TIME_ISO_S);
	char *p = str_z(a, (str){ b.p, b.n - 1 });
	p[10] = ' ';
	return (str){ p, b.n - 1 };
}
