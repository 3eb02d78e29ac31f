/* The control channel: HTTP on a 0600 unix socket in the data folder, for the toolkit. Answers are JSON; a path that
 * ends in ".txt" gives plain lines for people, printed as they come. A refusal is 4xx with one plain sentence.
 *   GET  /status  /status.txt  /env.txt[?transparent]  /env[?transparent]  /clock  /clock.txt
 *        /decisions[.txt][?request=ID]
 *   POST /clock?advance=90d  /clock?set=2027-01-01T00:00:00Z  /clock?reset  /fsck  /down */
#pragma once

#include "core/cloud.h"

/* A command on its way; handlers write out (JSON, or lines when text is set). */
struct control {
	struct exchange *x;
	struct cloud *cloud;
	struct buf out;
	int status;
	bool text;
};

/* A room's own commands: face.commands. */
struct command {
	const char *method, *path; /* without ".txt" */
	void (*run)(struct control *c);
};

/* A refusal's plain sentence instead of an answer. */
void control_say_no(struct control *c, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void control_handle(struct exchange *x, void *arg); /* arg: the cloud */
void control_refuse(struct buf *message, enum head_result why, void *arg);
void put_endpoint(struct buf *b, const struct cloud *cloud); /* "http://127.0.0.1:4566" */
/* Takes the clock's offset up from the store; at start. */
void control_clock_load(struct cloud *cloud);

/* Checks every body against its row; what was found goes to out. True: nothing is wrong. */
bool control_fsck(struct store *store, struct buf *out, bool text);
