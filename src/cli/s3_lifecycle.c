#include "base/fd.h"
#include "cli/s3_preview.h"
#include "wire/tree.h"

#include <stdio.h>

enum { RULES_MAX_BYTES = 1024 * 1024 };

/* What `get` prints beside the rules is another member of the call. */
static void take_size(struct arena *a, struct tree *tree, struct val *in) {
	static const char name[] = "TransitionDefaultMinimumObjectSize";
	for (struct tree **t = &tree->first; tree->kind == TREE_OBJECT && *t; t = &(*t)->next) {
		if (str_is((*t)->name, name)) {
			set_str(a, in, name, (*t)->s);
			*t = (*t)->next;
			return;
		}
	}
}

/* The rules of a file, as the AWS CLI takes them, and as the exercise has them. False: said on stderr. */
static bool read_rules(struct arena *a, const char *path, struct val *in) {
	str text, why;
	const char *at = NULL;
	size_t line, column;
	int rc = file_read(a, strcmp(path, "-") == 0 ? "/dev/stdin" : path, RULES_MAX_BYTES, &text);
	if (rc) {
		cli_fail(EXIT_REFUSED, "%s cannot be read: %s.", path, strerror(-rc));
		return false;
	}
	struct tree *tree = tree_read_at(a, text, &at);
	if (!tree) {
		text_place(text, at, &line, &column);
		cli_fail(EXIT_REFUSED, "%s is no JSON: line %zu, column %zu.", path, line, column);
		return false;
	}
	take_size(a, tree, in);
	if (!s3_read_val(a, set(a, in, "LifecycleConfiguration"), tree, &why)) {
		cli_fail(EXIT_REFUSED, "%s: " STR_FMT, path, STR_ARG(why));
		return false;
	}
	return true;
}

static int set_rules(struct where *w, str bucket, const char *path) {
	struct answer a;
	struct ask q = s3_ask(w, "PutBucketLifecycleConfiguration", bucket);
	if (!read_rules(w->cli->arena, path, q.in) || !s3_call(w, &q, &a)) {
		return EXIT_REFUSED;
	}
	size_t n = val_count(get(get(q.in, "LifecycleConfiguration"), "Rules"));
	if (w->cli->json) {
		printf("{\"bucket\":\"" STR_FMT "\",\"rules\":%zu}\n", STR_ARG(bucket), n);
	} else {
		cli_say("%zu rule%s of %s %s set on s3://" STR_FMT, n, n == 1 ? "" : "s", path, n == 1 ? "is" : "are",
			STR_ARG(bucket));
	}
	return EXIT_DONE;
}

static int remove_rules(struct where *w, str bucket) {
	struct answer a;
	struct ask q = s3_ask(w, "DeleteBucketLifecycle", bucket);
	if (!s3_call(w, &q, &a)) {
		return EXIT_REFUSED;
	}
	printf(w->cli->json ? "{\"bucket\":\"" STR_FMT "\",\"rules\":0}\n" : "s3://" STR_FMT " has no rules now\n",
	       STR_ARG(bucket));
	return EXIT_DONE;
}

static bool get_rules(struct where *w, str bucket, struct answer *a) {
	struct ask q = s3_ask(w, "GetBucketLifecycleConfiguration", bucket);
	q.expected = "NoSuchLifecycleConfiguration";
	return s3_call(w, &q, a);
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
	if (until.p && !str_uint(until, &days)) {
		return cli_fail(EXIT_USAGE, "--until wants a number of days, like 90.");
	}
	if (path ? !read_rules(w->cli->arena, path, in) : !get_rules(w, spot->bucket, &a)) {
		return EXIT_REFUSED;
	}
	const struct val *configuration = path ? get(in, "LifecycleConfiguration") : a.out;
	struct s3_forecast f = { .rules = configuration ? get(configuration, "Rules") : NULL, .days = days };
	f.small_too = (path || a.out) && str_is(get_str(path ? in : a.out, "TransitionDefaultMinimumObjectSize"),
						"varies_by_storage_class");
	if (!f.rules || !f.rules->first) {
		return cli_fail(EXIT_REFUSED, "s3://" STR_FMT " has no rules: --rules FILE tries those of a file.",
				STR_ARG(spot->bucket));
	}
	return s3_preview(w, spot, &f);
}

struct wanted {
	str rules, until;
	enum lifecycle_verb { GET, SET, REMOVE, PREVIEW } verb;
	const char *file;
	struct spot spot;
};

/* [get | set | rm | preview] s3://BUCKET[/PREFIX] [FILE]; an exit code. */
static int read_words(struct wanted *l, const struct cli *cli) {
	static const struct {
		const char *word;
		enum lifecycle_verb verb;
	} verbs[] = { { "get", GET }, { "set", SET }, { "rm", REMOVE }, { "remove", REMOVE }, { "preview", PREVIEW } };
	int i = 0;
	for (size_t v = 0; v < sizeof(verbs) / sizeof(*verbs) && cli->argc; v++) {
		if (strcmp(cli->argv[0], verbs[v].word) == 0) {
			l->verb = verbs[v].verb;
			i = 1;
		}
	}
	if (cli->argc != i + 1 + (l->verb == SET)) {
		return l->verb == SET && cli->argc == 2
			       ? cli_fail(EXIT_USAGE, "Set what? aerostat s3 lifecycle set %s FILE", cli->argv[1])
			       : s3_usage("lifecycle");
	}
	l->file = l->verb == SET ? cli->argv[i + 1] : NULL;
	bool good =
		l->verb == PREVIEW ? s3_spot_of(cli->argv[i], &l->spot) : s3_bucket_of(cli->argv[i], &l->spot.bucket);
	return good ? EXIT_DONE : EXIT_USAGE;
}

int s3_lifecycle(struct cli *cli) {
	struct where w;
	struct wanted l = { 0 };
	struct wish wish = { 0 };
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--rules", .value = &l.rules },
					  { .name = "--until", .value = &l.until },
					  { 0 } };
	if (!options_take(cli, options)) {
		return s3_usage("lifecycle");
	}
	int rc = read_words(&l, cli);
	if (rc) {
		return rc;
	}
	if (!s3_open(&w, cli, &wish, l.verb == SET || l.verb == REMOVE)) {
		return EXIT_REFUSED;
	}
	switch (l.verb) {
	case SET: return set_rules(&w, l.spot.bucket, l.file);
	case REMOVE: return remove_rules(&w, l.spot.bucket);
	case PREVIEW: return preview(&w, &l.spot, l.rules.p, l.until);
	default: return show_rules(&w, l.spot.bucket);
	}
}
