#include "cli/s3_run.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { RATE_US = 1000000 };

static _Atomic bool stopped;
static volatile sig_atomic_t by;

/* --- filters --- */

static bool add_filter(struct s3_run *r, bool include, str pattern) {
	if (r->filters.n == FILTERS_MAX) {
		cli_fail(EXIT_USAGE, "More than %d of --exclude and --include.", FILTERS_MAX);
		return false;
	}
	r->filters.v[r->filters.n++] = (struct filter){ include, pattern };
	return true;
}

bool s3_run_filters(struct s3_run *r, struct cli *cli) {
	int n = 0, i = 0;
	for (; i < cli->argc && strcmp(cli->argv[i], "--") != 0; i++) {
		str name, value;
		bool joined = str_cut(str_from(cli->argv[i]), '=', &name, &value), include = str_is(name, "--include");
		if (!include && !str_is(name, "--exclude")) {
			cli->argv[n++] = cli->argv[i];
			continue;
		}
		if (!joined && i + 1 >= cli->argc) {
			cli_fail(EXIT_USAGE, "A value is missing behind %s.", cli->argv[i]);
			return false;
		}
		if (!add_filter(r, include, joined ? value : str_from(cli->argv[++i]))) {
			return false;
		}
	}
	for (; i < cli->argc; i++) {
		cli->argv[n++] = cli->argv[i];
	}
	cli->argc = n;
	return true;
}

/* --- what is said --- */

static void wipe(struct s3_run *r) {
	if (r->drawn) {
		fputs("\r\033[K", stderr);
		r->drawn = false;
	}
}

void s3_run_say(struct s3_run *r, str line) {
	if (r->quiet || r->where.cli->json) {
		return;
	}
	AUTO_LOCK(&r->said);
	wipe(r);
	cli_say(STR_FMT, STR_ARG(line));
}

void s3_run_notice(void *run, str sentence) {
	struct s3_run *r = run;
	AUTO_LOCK(&r->said);
	wipe(r);
	fflush(stdout);
	cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(sentence));
}

void s3_run_trouble(void *run, str sentence) {
	struct s3_run *r = run;
	if (stopped) {
		return; /* that is why, and is said at the end */
	}
	s3_run_notice(run, sentence);
	AUTO_LOCK(&r->said);
	if (r->n_errors < ERRORS_KEPT) {
		r->errors[r->n_errors++] = str_dup(&r->kept, sentence);
	}
	r->failed++;
}

static str span(struct arena *a, int64_t s) {
	return s >= 3600 ? str_printf(a, "%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60))
			 : str_printf(a, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* Bytes a second over the last seconds. */
static void measure(struct s3_run *r, const struct totals *t, int64_t now) {
	if (now - r->at_then < RATE_US) {
		return;
	}
	double last = (double)(t->bytes_gone - r->bytes_then) * 1e6 / (double)(now - r->at_then);
	r->rate = r->at_then == r->begun ? last : 0.7 * r->rate + 0.3 * last;
	r->at_then = now;
	r->bytes_then = t->bytes_gone;
}

/* A line that goes on in the next one could not be wiped. */
static int columns(int wanted) {
	struct winsize w;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1;
	return known && w.ws_col <= wanted ? w.ws_col - 1 : wanted;
}

void s3_run_tick(void *run) {
	AUTO_ARENA a = { 0 };
	struct s3_run *r = run;
	if (r->quiet || r->no_progress || !isatty(STDERR_FILENO)) {
		return;
	}
	struct totals t = transfer_totals(r->transfer);
	struct buf b = { .arena = &a };
	measure(r, &t, clock_monotonic());
	putf(&b, STR_FMT " of " STR_FMT "%s, %lld of %lld files", STR_ARG(s3_human(&a, t.bytes_gone)),
	     STR_ARG(s3_human(&a, t.bytes)), r->listed ? "" : " so far", (long long)t.files_done, (long long)t.files);
	if (r->rate >= 1) {
		int64_t left = (int64_t)((double)(t.bytes - t.bytes_gone) / r->rate);
		putf(&b, ", " STR_FMT "/s", STR_ARG(s3_human(&a, (int64_t)r->rate)));
		if (r->listed && left >= 0) {
			putf(&b, ", " STR_FMT " left", STR_ARG(span(&a, left)));
		}
	}
	AUTO_LOCK(&r->said);
	fprintf(stderr, "\r%.*s\033[K", columns((int)b.n), b.p);
	fflush(stderr);
	r->drawn = true;
}

/* --- its end --- */

static void stop(int signal) {
	by = signal;
	stopped = true;
}

/* Unless it is ignored from the beginning, as nohup has it. */
static void heed(int signal) {
	struct sigaction before, action = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };
	if (sigaction(signal, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
		sigaction(signal, &action, NULL);
	}
}

void s3_run_interruptible(struct s3_run *r) {
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	heed(SIGINT);
	heed(SIGTERM);
	heed(SIGHUP);
	sigaction(SIGPIPE, &ignore, NULL);
	client_heed(&r->where.client, &stopped);
	r->begun = r->at_then = clock_monotonic();
}

bool s3_run_is_stopped(void) {
	return stopped;
}

static void put_errors(struct buf *b, const struct s3_run *r) {
	putz(b, ",\"errors\":[");
	for (size_t i = 0; i < r->n_errors; i++) {
		putz(b, i ? "," : "");
		put_json(b, r->errors[i]);
	}
	putz(b, "]}");
}

static void sum_up_json(const struct s3_run *r, const struct totals *t) {
	struct buf b = { .arena = r->where.cli->arena };
	putf(&b, "{\"files\":%lld,\"bytes\":%lld,\"found\":%lld", (long long)t->files_done, (long long)t->bytes_done,
	     (long long)r->found);
	putf(&b, ",\"deleted\":%lld,\"unverified\":%lld,\"kept\":%lld,\"failed\":%lld,\"dryRun\":%s,\"interrupted\":%s",
	     (long long)r->deleted, (long long)t->unverified, (long long)t->kept, (long long)r->failed,
	     r->dry ? "true" : "false", stopped ? "true" : "false");
	put_errors(&b, r);
	printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
}

static void sum_up(const struct s3_run *r, const struct totals *t, const char *done) {
	int64_t good = t->files_done + r->deleted;
	if (t->kept) {
		fprintf(stderr, "%lld uploads by parts are kept; the same command goes on with them.\n",
			(long long)t->kept);
	}
	if (t->unverified) {
		fprintf(stderr, "%lld had no checksum to compare with.\n", (long long)t->unverified);
	}
	if (stopped) {
		fprintf(stderr, "Interrupted: %lld of %lld files were %s.\n", (long long)t->files_done,
			(long long)t->files, done);
	} else if (r->failed && r->failed + good > 1) {
		fprintf(stderr, "%lld failed, %lld were %s.\n", (long long)r->failed, (long long)good, done);
	}
}

int s3_run_end(struct s3_run *r, const char *done) {
	struct totals t = { 0 };
	if (r->transfer) {
		t = transfer_totals(r->transfer);
		r->failed += t.untried;
		wipe(r);
	}
	if (r->where.cli->json) {
		sum_up_json(r, &t);
	} else {
		sum_up(r, &t, done);
	}
	arena_free(&r->kept);
	if (fflush(stdout) && errno != EPIPE) {
		return cli_fail(EXIT_REFUSED, "Standard output cannot be written: %s.", strerror(errno));
	}
	if (stopped) {
		signal(by, SIG_DFL);
		raise(by);
	}
	return r->failed ? EXIT_REFUSED : EXIT_DONE;
}
