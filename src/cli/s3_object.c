#include "base/clock.h"
#include "cli/s3.h"
#include "transfer/transfer.h"

#include <stdio.h>
#include <unistd.h>

/* --- cat --- */

int s3_cat(struct cli *cli) {
	struct where w;
	struct wish wish = { 0 };
	struct spot spot;
	int rc = EXIT_DONE;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options) || cli->argc == 0) {
		return s3_usage("cat");
	}
	for (int i = 0; i < cli->argc; i++) {
		if (!s3_object_of(cli->argv[i], &spot)) {
			return EXIT_USAGE;
		}
	}
	if (!s3_open(&w, cli, &wish, false)) {
		return EXIT_REFUSED;
	}
	struct transfer_setup setup = { .client = &w.client, .trouble = s3_say_trouble };
	for (int i = 0; i < cli->argc; i++) {
		str why;
		struct stream stream = { .setup = &setup, .client = &w.client, .fd = STDOUT_FILENO };
		s3_object_of(cli->argv[i], &spot);
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
