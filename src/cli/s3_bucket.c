#include "cli/s3.h"

#include <stdio.h>

/* --- mb --- */

struct making {
	struct where w;
	bool versioning, lock;
};

static bool set_state(struct where *w, str bucket, const char *status);

static bool make(struct making *m, str bucket) {
	struct answer a;
	struct ask q = s3_ask(&m->w, "CreateBucket", bucket);
	struct arena *arena = m->w.cli->arena;
	str region = m->w.client.place.region;
	if (!str_is(region, "us-east-1")) {
		set_str(arena, set(arena, q.in, "CreateBucketConfiguration"), "LocationConstraint", region);
	}
	if (m->lock) {
		set_int(arena, q.in, "ObjectLockEnabledForBucket", 1);
	}
	return s3_call(&m->w, &q, &a) && (!m->versioning || m->lock || set_state(&m->w, bucket, "Enabled"));
}

static int make_all(struct making *m, struct cli *cli) {
	struct s3_items made = { .head = S("\"made\":") };
	int rc = EXIT_DONE;
	for (int i = 0; i < cli->argc; i++) {
		struct buf b = { .arena = cli->arena };
		str bucket;
		s3_bucket_of(cli->argv[i], &bucket);
		if (!make(m, bucket)) {
			rc = EXIT_REFUSED;
		} else if (cli->json) {
			put_json(&b, bucket);
			s3_item(&made, buf_str(&b));
		} else {
			cli_say("s3://" STR_FMT " made", STR_ARG(bucket));
		}
	}
	if (cli->json) {
		s3_items_end(&made, S(""));
	}
	return rc;
}

int s3_mb(struct cli *cli) {
	struct making m = { 0 };
	struct wish wish = { 0 };
	str bucket;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--versioning", .flag = &m.versioning },
					  { .name = "--lock", .flag = &m.lock },
					  { 0 } };
	if (!options_take(cli, options) || cli->argc == 0) {
		return s3_usage("mb");
	}
	for (int i = 0; i < cli->argc; i++) {
		if (!s3_bucket_of(cli->argv[i], &bucket)) {
			return EXIT_USAGE;
		}
	}
	return s3_open(&m.w, cli, &wish, true) ? make_all(&m, cli) : EXIT_REFUSED;
}

/* --- rb --- */

static bool empty(struct where *w, str bucket, bool versions) {
	struct s3_remover r;
	s3_remover_open(&r, w, bucket);
	r.trouble = s3_say_trouble;
	bool good = s3_remove_all(&r, S(""), versions);
	s3_remover_close(&r);
	return good && !r.failed;
}

int s3_rb(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	struct answer a;
	str bucket;
	bool force = false, versions = false;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--force", .flag = &force },
					  { .name = "--versions", .flag = &versions },
					  { 0 } };
	if (!options_take(cli, options) || cli->argc != 1) {
		return s3_usage("rb");
	}
	if (!s3_bucket_of(cli->argv[0], &bucket)) {
		return EXIT_USAGE;
	}
	if (!s3_open(&w, cli, &wish, true) || ((force || versions) && !empty(&w, bucket, versions))) {
		return EXIT_REFUSED;
	}
	struct ask q = s3_ask(&w, "DeleteBucket", bucket);
	if (!s3_call(&w, &q, &a)) {
		if (str_is(a.code, "BucketNotEmpty")) {
			fputs(force ? "Earlier versions are still in it: --force --versions removes them too.\n"
				    : "--force removes what is in it, --force --versions earlier versions too.\n",
			      stderr);
		}
		return EXIT_REFUSED;
	}
	if (cli->json) {
		printf("{\"bucket\":\"" STR_FMT "\",\"removed\":true}\n", STR_ARG(bucket));
	} else {
		cli_say("s3://" STR_FMT " removed", STR_ARG(bucket));
	}
	return EXIT_DONE;
}

/* --- versioning --- */

static const char *state_of(const struct answer *a) {
	str status = get_str(a->out, "Status");
	return str_is(status, "Enabled") ? "enabled" : str_is(status, "Suspended") ? "suspended" : "off";
}

static bool set_state(struct where *w, str bucket, const char *status) {
	struct answer a;
	struct ask q = s3_ask(w, "PutBucketVersioning", bucket);
	struct val *configuration = set(w->cli->arena, q.in, "VersioningConfiguration");
	set_str(w->cli->arena, configuration, "Status", str_from(status));
	return s3_call(w, &q, &a);
}

/* NULL: there is no such word; "": as it is. */
static const char *status_of(const char *word) {
	static const char *const words[][2] = { { "on", "Enabled" },        { "enable", "Enabled" },
						{ "enabled", "Enabled" },   { "off", "Suspended" },
						{ "suspend", "Suspended" }, { "suspended", "Suspended" },
						{ "status", "" },           { "get", "" } };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(word, words[i][0]) == 0) {
			return words[i][1];
		}
	}
	return NULL;
}

int s3_versioning(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	struct answer a;
	str bucket;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options) || cli->argc < 1 || cli->argc > 2) {
		return s3_usage("versioning");
	}
	/* The word may come first, as it does with other verbs. */
	bool first = cli->argc > 1 && status_of(cli->argv[0]);
	const char *status = cli->argc > 1 ? status_of(cli->argv[first ? 0 : 1]) : "";
	if (!status) {
		return cli_fail(EXIT_USAGE, "Versioning goes on or off, not %s.", cli->argv[1]);
	}
	if (!s3_bucket_of(cli->argv[first ? 1 : 0], &bucket)) {
		return EXIT_USAGE;
	}
	if (!s3_open(&w, cli, &wish, *status != '\0') || (*status && !set_state(&w, bucket, status))) {
		return EXIT_REFUSED;
	}
	struct ask q = s3_ask(&w, "GetBucketVersioning", bucket);
	if (!s3_call(&w, &q, &a)) {
		return EXIT_REFUSED;
	}
	if (cli->json) {
		printf("{\"bucket\":\"" STR_FMT "\",\"versioning\":\"%s\"}\n", STR_ARG(bucket), state_of(&a));
	} else {
		cli_say("versioning of s3://" STR_FMT " is %s", STR_ARG(bucket), state_of(&a));
	}
	return EXIT_DONE;
}
