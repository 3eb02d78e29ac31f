#include "cli/s3.h"

#include <stdio.h>

/* --- mb --- */

static bool make(struct where *w, str bucket) {
	struct answer a;
	struct ask q = s3_ask(w, "CreateBucket", bucket);
	str region = w->client.place.region;
	if (!str_is(region, "us-east-1")) {
		set_str(w->cli->arena, set(w->cli->arena, q.in, "CreateBucketConfiguration"), "LocationConstraint",
			region);
	}
	return where_call(w, &q, &a);
}

static void tell_bucket(const struct cli *cli, str bucket, const char *what) {
	struct buf b = { .arena = cli->arena };
	if (cli->json) {
		putz(&b, "{\"bucket\":");
		put_json(&b, bucket);
		putf(&b, ",\"%s\":true}", what);
		printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
	} else {
		printf("s3://" STR_FMT " %s\n", STR_ARG(bucket), what);
	}
}

int s3_mb(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	int rc = EXIT_DONE;
	if (!options_take(cli, options) || cli->argc == 0) {
		return s3_usage("mb");
	}
	if (!s3_open(&w, cli, &wish, true)) {
		return EXIT_REFUSED;
	}
	for (int i = 0; i < cli->argc; i++) {
		str bucket;
		if (!s3_bucket_of(cli->argv[i], &bucket)) {
			return EXIT_USAGE;
		}
		if (make(&w, bucket)) {
			tell_bucket(cli, bucket, "made");
		} else {
			rc = EXIT_REFUSED;
		}
	}
	return rc;
}

/* --- rb --- */

static void trouble(void *arg, str sentence) {
	(void)arg;
	cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(sentence));
}

static bool empty(struct where *w, str bucket, bool versions) {
	struct s3_remover r;
	s3_remover_open(&r, w, bucket);
	r.trouble = trouble;
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
	if (!options_take(cli, options) || cli->argc != 1 || !s3_bucket_of(cli->argv[0], &bucket)) {
		return s3_usage("rb");
	}
	if (!s3_open(&w, cli, &wish, true) || ((force || versions) && !empty(&w, bucket, versions))) {
		return EXIT_REFUSED;
	}
	struct ask q = s3_ask(&w, "DeleteBucket", bucket);
	if (!where_call(&w, &q, &a)) {
		if (str_is(a.code, "BucketNotEmpty")) {
			fputs(force ? "Earlier versions are still in it: --force --versions removes them too.\n"
				    : "--force removes what is in it, --force --versions earlier versions too.\n",
			      stderr);
		}
		return EXIT_REFUSED;
	}
	tell_bucket(cli, bucket, "removed");
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
	return where_call(w, &q, &a);
}

int s3_versioning(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	struct answer a;
	str bucket;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options) || cli->argc < 1 || cli->argc > 2 || !s3_bucket_of(cli->argv[0], &bucket)) {
		return s3_usage("versioning");
	}
	const char *word = cli->argc > 1 ? cli->argv[1] : "";
	const char *status = strcmp(word, "enable") == 0    ? "Enabled"
			     : strcmp(word, "suspend") == 0 ? "Suspended"
							    : NULL;
	if (*word && !status) {
		return s3_usage("versioning");
	}
	if (!s3_open(&w, cli, &wish, status != NULL) || (status && !set_state(&w, bucket, status))) {
		return EXIT_REFUSED;
	}
	struct ask q = s3_ask(&w, "GetBucketVersioning", bucket);
	if (!where_call(&w, &q, &a)) {
		return EXIT_REFUSED;
	}
	if (cli->json) {
		printf("{\"bucket\":\"" STR_FMT "\",\"versioning\":\"%s\"}\n", STR_ARG(bucket), state_of(&a));
	} else {
		printf("versioning of s3://" STR_FMT " is %s\n", STR_ARG(bucket), state_of(&a));
	}
	return EXIT_DONE;
}
