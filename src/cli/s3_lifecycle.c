#include "base/fd.h"
#include "cli/s3_preview.h"
#include "wire/tree.h"

#include <stdio.h>

enum { RULES_MAX_BYTES = 1024 * 1024 };

/* The rules of a file, as the AWS CLI takes them, and as the exercise has them. NULL: said on stderr. */
static bool read_rules(struct arena *a, const char *path, struct val *configuration) {
	str text, why;
	const char *at = NULL;
	size_t line, column;
	int rc = file_read(a, path, RULES_MAX_BYTES, &text);
	if (rc) {
		cli_fail(EXIT_REFUSED, "%s cannot be read: %s.", path, strerror(-rc));
		return false;
	}
	const struct tree *tree = tree_read_at(a, text, &at);
	if (!tree) {
		text_place(text, at, &line, &column);
		cli_fail(EXIT_REFUSED, "%s is no JSON: line %zu, column %zu.", path, line, column);
		return false;
	}
	if (!s3_read_val(a, configuration, tree, &why)) {
		cli_fail(EXIT_REFUSED, "%s: " STR_FMT, path, STR_ARG(why));
		return false;
	}
	return true;
}

static int set_rules(struct where *w, str bucket, const char *path) {
	struct answer a;
	struct ask q = s3_ask(w, "PutBucketLifecycleConfiguration", bucket);
	struct val *configuration = set(w->cli->arena, q.in, "LifecycleConfiguration");
	if (!read_rules(w->cli->arena, path, configuration) || !where_call(w, &q, &a)) {
		return EXIT_REFUSED;
	}
	size_t n = val_count(get(configuration, "Rules"));
	if (w->cli->json) {
		printf("{\"bucket\":\"" STR_FMT "\",\"rules\":%zu}\n", STR_ARG(bucket), n);
	} else {
		printf("%zu rules of %s are set on s3://" STR_FMT "\n", n, path, STR_ARG(bucket));
	}
	return EXIT_DONE;
}

static int remove_rules(struct where *w, str bucket) {
	struct answer a;
	struct ask q = s3_ask(w, "DeleteBucketLifecycle", bucket);
	if (!where_call(w, &q, &a)) {
		return EXIT_REFUSED;
	}
	printf(w->cli->json ? "{\"bucket\":\"" STR_FMT "\",\"rules\":0}\n" : "s3://" STR_FMT " has no rules now\n",
	       STR_ARG(bucket));
	return EXIT_DONE;
}

static bool get_rules(struct where *w, str bucket, struct answer *a) {
	struct ask q = s3_ask(w, "GetBucketLifecycleConfiguration", bucket);
	q.expected = "NoSuchLifecycleConfiguration";
	return where_call(w, &q, a);
}

static int show_rules(struct where *w, str bucket) {
	struct answer a;
	struct buf b = { .arena = w->cli->arena };
	if (!get_rules(w, bucket, &a)) {
		return EXIT_REFUSED;
	}
	if (a.out) {
		s3_put_val(&b, a.out);
	} else {
		putz(&b, "{\"Rules\":[]}");
	}
	printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
	return EXIT_DONE;
}

static int preview(struct where *w, const struct spot *spot, const char *path, str until) {
	struct answer a = { 0 };
	int64_t days = INT64_MAX;
	struct val *in = client_input(&w->client, "s3", "PutBucketLifecycleConfiguration");
	struct val *configuration = set(w->cli->arena, in, "LifecycleConfiguration");
	if (until.p && !str_uint(until, &days)) {
		return cli_fail(EXIT_USAGE, "--until wants a number of days.");
	}
	if (path ? !read_rules(w->cli->arena, path, configuration) : !get_rules(w, spot->bucket, &a)) {
		return EXIT_REFUSED;
	}
	const struct val *rules = get(path ? configuration : a.out, "Rules");
	if (!rules || !rules->first) {
		return cli_fail(EXIT_REFUSED, "s3://" STR_FMT " has no rules.", STR_ARG(spot->bucket));
	}
	return s3_preview(w, spot, rules, days);
}

struct wanted {
	str rules, until;
	const char *verb, *file;
	struct spot spot;
};

/* [set | remove | preview] s3://BUCKET[/PREFIX] [FILE] */
static bool read_words(struct wanted *l, const struct cli *cli) {
	static const char *const verbs[] = { "set", "remove", "preview", NULL };
	int i = 0;
	l->verb = "";
	for (const char *const *v = verbs; cli->argc && *v; v++) {
		if (strcmp(cli->argv[0], *v) == 0) {
			l->verb = *v;
			i = 1;
		}
	}
	bool file = strcmp(l->verb, "set") == 0, prefix = strcmp(l->verb, "preview") == 0;
	if (cli->argc != i + 1 + file) {
		return false;
	}
	l->file = file ? cli->argv[i + 1] : NULL;
	return prefix ? spot_read(str_from(cli->argv[i]), &l->spot) && l->spot.kind == SPOT_S3
		      : s3_bucket_of(cli->argv[i], &l->spot.bucket);
}

int s3_lifecycle(struct cli *cli) {
	struct where w;
	struct wanted l = { 0 };
	struct wish wish = { 0 };
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--rules", .value = &l.rules },
					  { .name = "--until", .value = &l.until },
					  { 0 } };
	if (!options_take(cli, options) || !read_words(&l, cli)) {
		return s3_usage("lifecycle");
	}
	bool changes = l.verb[0] == 's' || l.verb[0] == 'r';
	if (!s3_open(&w, cli, &wish, changes)) {
		return EXIT_REFUSED;
	}
	switch (l.verb[0]) {
	case 's': return set_rules(&w, l.spot.bucket, l.file);
	case 'r': return remove_rules(&w, l.spot.bucket);
	case 'p': return preview(&w, &l.spot, l.rules.p ? l.rules.p : NULL, l.until);
	default: return show_rules(&w, l.spot.bucket);
	}
}
