/* A verb that does many things: what it says while it does them, what failed, and how it ends. */
#pragma once

#include "base/lock.h"
#include "cli/s3.h"
#include "transfer/transfer.h"

enum { ERRORS_KEPT = 100 };

struct s3_run {
	struct where where;
	struct filters filters;
	bool dry, quiet, no_progress;
	int64_t found, deleted, failed;
	/* of a transfer */
	struct transfer *transfer; /* NULL: none */
	bool drawn; /* a progress line stands on the terminal */
	bool listed; /* all that there is to do is known */
	int64_t begun, bytes_then, at_then; /* us; for the rate */
	double rate;
	pthread_mutex_t said; /* one speaks at a time */
	str errors[ERRORS_KEPT]; /* in kept, like which it is under said: the cli's arena is the main thread's */
	size_t n_errors;
	struct arena kept;
};

/* Takes --exclude and --include out of the arguments, in their order. False: one without its pattern, or too many. */
bool s3_run_filters(struct s3_run *r, struct cli *cli);

/* One line on stdout about what was done; not when quiet or with --json. */
void s3_run_say(struct s3_run *r, str line);
/* Something (of a struct s3_run) that is no failure, on stderr. */
void s3_run_notice(void *run, str sentence);
/* Something failed: on stderr, counted. Not after Ctrl-C, when much does. */
void s3_run_trouble(void *run, str sentence);
/* The progress line on stderr, if that is a terminal. */
void s3_run_tick(void *run);

/* From here on Ctrl-C asks for an end; the second one ends at once. */
void s3_run_interruptible(struct s3_run *r);
bool s3_run_is_stopped(void);
/* Sums up, and the exit code. done: what happened to what was found. Ends the process by the signal if there was one,
 * as shells expect. */
int s3_run_end(struct s3_run *r, const char *done);
