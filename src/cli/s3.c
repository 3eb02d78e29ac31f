#include "cli/s3.h"

#include "base/clock.h"
#include "wire/tree.h"

#include <stdio.h>

/* What every sub-verb takes besides. */
#define WHERE "\n  --aws, --profile NAME, --endpoint-url URL, --region REGION: elsewhere than the local cloud of --data"
#define SENDING                                                                                                        \
	"  --exclude PATTERN, --include PATTERN   of names below the folder; the last that matches counts\n"           \
	"  --dry-run        says what would be done\n"                                                                 \
	"  --jobs N         so many at once; else by the processors\n"                                                 \
	"  --part-size MIB  parts of large files; else 8, and more where 10,000 are not enough\n"                      \
	"  --keep           an upload by parts that does not come to its end stays, and is gone on with next time\n"   \
	"  --content-type TYPE, --storage-class CLASS, --metadata NAME=VALUE\n"                                        \
	"  --no-verify      checksums of what comes down are not looked at\n"                                          \
	"  --quiet          only what failed is told"

static const struct verb subs[] = {
	{ "mb", "make a bucket", "aerostat s3 mb s3://BUCKET... [--json]" WHERE, s3_mb },
	{ "rb", "remove a bucket",
	  "aerostat s3 rb s3://BUCKET [--force] [--versions] [--json]\n"
	  "  --force     with the objects that are in it\n"
	  "  --versions  and with their earlier versions" WHERE,
	  s3_rb },
	{ "ls", "list buckets or objects",
	  "aerostat s3 ls [s3://BUCKET[/PREFIX]] [--recursive] [--human] [--summarize] [--json]\n"
	  "  The prefix may be a pattern: s3://bucket/models/*.pth. Times are UTC." WHERE,
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
	{ "versions", "all versions of objects", "aerostat s3 versions s3://BUCKET[/PREFIX] [--json]" WHERE,
	  s3_versions },
	{ "stat", "all that is known about an object or a bucket", "aerostat s3 stat s3://BUCKET[/KEY] [--json]" WHERE,
	  s3_stat },
	{ "tag", "show or set tags",
	  "aerostat s3 tag s3://BUCKET[/KEY] [NAME=VALUE...] [--remove NAME]... [--json]\n"
	  "  The tags that are not named stay." WHERE,
	  s3_tag },
	{ "versioning", "show, enable or suspend it",
	  "aerostat s3 versioning s3://BUCKET [enable | suspend] [--json]" WHERE, s3_versioning },
	{ "lifecycle", "rules: show, set, see what they will do",
	  "aerostat s3 lifecycle s3://BUCKET\n"
	  "aerostat s3 lifecycle set s3://BUCKET FILE\n"
	  "aerostat s3 lifecycle remove s3://BUCKET\n"
	  "aerostat s3 lifecycle preview s3://BUCKET[/PREFIX] [--rules FILE] [--until DAYS] [--json]\n"
	  "  preview: which object would move or go on which day, by the bucket's rules or by those of a file that is\n"
	  "  not set yet." WHERE,
	  s3_lifecycle },
	{ 0 },
};

static const struct verb *find(const char *name) {
	for (const struct verb *v = subs; v->name; v++) {
		if (strcmp(v->name, name) == 0) {
			return v;
		}
	}
	return NULL;
}

int s3_usage(const char *name) {
	return cli_usage(find(name));
}

static int list(void) {
	puts("aerostat s3: buckets and objects, here and at AWS\n");
	for (const struct verb *v = subs; v->name; v++) {
		printf("  %-11s %s\n", v->name, v->summary);
	}
	puts("\n`aerostat s3 SUB-VERB --help` says how each is used.");
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
		const struct verb *about = cli->argc > 1 ? find(cli->argv[1]) : NULL;
		return about ? help(about) : list();
	}
	const struct verb *v = find(cli->argv[0]);
	if (!v) {
		return cli_fail(EXIT_USAGE, "There is no verb 's3 %s'. `aerostat s3` lists them.", cli->argv[0]);
	}
	if (wants_help(cli)) {
		return help(v);
	}
	cli->argc--;
	cli->argv++;
	return v->run(cli);
}

const struct verb verb_s3 = {
	"s3", "buckets and objects: copy, sync, list, versions, lifecycle",
	"aerostat s3 mb | rb | ls | cp | mv | rm | sync | cat | presign | versions | stat | tag |\n"
	"            versioning | lifecycle\n"
	"  `aerostat s3` says what each does, `aerostat s3 SUB-VERB --help` how it is used.",
	s3
};

/* --- what the sub-verbs share --- */

static void tell(const struct where *w) {
	const struct place *p = &w->client.place;
	struct buf b = { .arena = w->cli->arena };
	if (p->local) {
		return;
	}
	putz(&b, p->aws ? "on AWS" : "");
	put(&b, p->aws && p->endpoint.n ? S(" ") : S(""));
	putf(&b, "%s" STR_FMT ", region " STR_FMT, p->endpoint.n ? "at " : "", STR_ARG(p->endpoint),
	     STR_ARG(p->region));
	if (p->profile.n) {
		putf(&b, ", profile " STR_FMT, STR_ARG(p->profile));
	}
	fprintf(stderr, STR_FMT "\n", STR_ARG(buf_str(&b)));
}

bool s3_open(struct where *w, struct cli *cli, const struct wish *wish, bool changes) {
	if (wish_is_local(wish) && server_ensure(cli)) {
		return false;
	}
	if (!where_open(w, cli, wish)) {
		return false;
	}
	if (changes) {
		tell(w);
	}
	return true;
}

bool s3_bucket_of(const char *word, str *bucket) {
	struct spot spot;
	str text = str_from(word);
	bool named = text.n && !memchr(text.p, '/', text.n);
	if (named) {
		*bucket = text;
		return true;
	}
	if (spot_read(text, &spot) && spot.kind == SPOT_S3 && !spot.key.n) {
		*bucket = spot.bucket;
		return true;
	}
	cli_fail(EXIT_USAGE, "%s is no bucket: one is written like s3://my-bucket.", word);
	return false;
}

bool s3_object_of(const char *word, struct spot *out) {
	if (spot_read(str_from(word), out) && out->kind == SPOT_S3 && out->key.n) {
		return true;
	}
	cli_fail(EXIT_USAGE, "%s is no object: one is written like s3://my-bucket/its/key.", word);
	return false;
}

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
