/* cp and mv. */
#include "cli/s3_moving.h"
#include "transfer/objects.h"
#include "transfer/plan.h"
#include "transfer/tree.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* All that a walk finds; top: what the names are below. */
static void send_walk(struct moving *m, struct walk *walk, const struct spot *top) {
	struct entry e;
	while (!s3_run_is_stopped() && walk->next(walk, &e)) {
		AUTO_ARENA a = { 0 };
		struct spot from = moving_spot(&a, top, &e);
		bool skip = top->kind == SPOT_S3 && m->to.kind == SPOT_LOCAL && moving_is_marker(&e);
		if (!skip && filters_let(&m->run.filters, e.name) && !moving_send(m, &from, &e)) {
			break;
		}
	}
}

/* --- sources of cp and mv --- */

static void send_file(struct moving *m, const struct spot *from) {
	struct stat st;
	struct arena *a = m->run.where.cli->arena;
	if (stat(str_z(a, from->path), &st) < 0) {
		s3_run_trouble(&m->run,
			       str_printf(a, STR_FMT " cannot be read: %s.", STR_ARG(from->path), strerror(errno)));
	} else if (S_ISDIR(st.st_mode) && !m->recursive) {
		s3_run_trouble(&m->run, str_printf(a, STR_FMT " is a folder: --recursive takes all that is in it.",
						   STR_ARG(from->path)));
	} else if (S_ISDIR(st.st_mode)) {
		m->to_folder = true;
		send_walk(m, tree_open(a, from->path, moving_trouble, s3_run_notice, m), from);
	} else if (!str_utf8(from->path) && m->to_folder) {
		s3_run_trouble(&m->run, str_printf(a, STR_FMT " has a name that is not UTF-8, which no key can be.",
						   STR_ARG(from->path)));
	} else {
		struct entry e = { .name = name_last(from->path), .size = st.st_size };
		moving_send(m, from, &e);
	}
}

static void send_object(struct moving *m, const struct spot *from) {
	struct answer a;
	struct where *w = &m->run.where;
	struct arena *arena = w->cli->arena;
	struct ask q = s3_ask_object(w, "HeadObject", from);
	if (client_call(&w->client, "s3", "HeadObject", q.in, &a)) {
		struct entry e = { .name = name_last(from->key), .size = get_int(a.out, "ContentLength", 0) };
		e.etag = get_str(a.out, "ETag");
		moving_send(m, from, &e);
		return;
	}
	str text = spot_text(arena, from);
	s3_run_trouble(&m->run, a.status == 404 ? str_printf(arena, "There is no object " STR_FMT ".", STR_ARG(text))
						: str_printf(arena, STR_FMT ": " STR_FMT, STR_ARG(text),
							     STR_ARG(answer_sentence(arena, &a))));
}

static void send_objects(struct moving *m, const struct spot *from, str pattern) {
	struct arena *a = m->run.where.cli->arena;
	struct objects_of of = { .bucket = from->bucket, .pattern = pattern };
	struct spot top = { .kind = SPOT_S3, .bucket = from->bucket };
	of.prefix = pattern.n ? wild_prefix(a, pattern) : prefix_of_folder(a, from->key);
	of.skip = pattern.n ? of.prefix.n - name_last(of.prefix).n : of.prefix.n;
	top.key = (str){ of.prefix.p, of.skip };
	m->to_folder = m->ranged = true;
	m->range = (struct spot){ .kind = SPOT_S3, .bucket = from->bucket, .key = of.prefix };
	struct walk *walk = objects_open(a, &m->run.where.client, &of, moving_trouble, m);
	int64_t before = m->run.found;
	send_walk(m, walk, &top);
	m->ranged = false;
	if (m->run.found == before && !walk->failed && !s3_run_is_stopped()) {
		s3_run_trouble(&m->run, str_printf(a, "There is nothing at " STR_FMT ".", STR_ARG(spot_text(a, from))));
	}
}

static void send_source(struct moving *m, const struct spot *from) {
	if (from->kind == SPOT_LOCAL) {
		send_file(m, from);
	} else if (m->recursive) {
		send_objects(m, from, (str){ 0 });
	} else if (wild_is(from->key)) {
		send_objects(m, from, from->key);
	} else if (!from->key.n) {
		cli_fail(EXIT_REFUSED, "s3://" STR_FMT " is a bucket: --recursive takes all that is in it.",
			 STR_ARG(from->bucket));
		m->run.failed++;
	} else {
		struct spot object = *from;
		object.key = wild_prefix(m->run.where.cli->arena, from->key);
		send_object(m, &object);
	}
}

/* --- what the words mean --- */

static bool is_folder(struct arena *a, const struct spot *s) {
	struct stat st;
	str text = s->kind == SPOT_S3 ? s->key : s->path;
	return !text.n || text.p[text.n - 1] == '/' ||
	       (s->kind == SPOT_LOCAL && stat(str_z(a, text), &st) == 0 && S_ISDIR(st.st_mode));
}

/* --- streams --- */

static int pass_stream(struct moving *m, const struct spot *from) {
	struct s3_run *r = &m->run;
	struct stream stream = { .setup = &m->setup, .client = &r->where.client };
	str why;
	s3_run_interruptible(r);
	m->setup.client = &r->where.client;
	bool up = from->kind == SPOT_STREAM;
	stream.fd = up ? STDIN_FILENO : STDOUT_FILENO;
	if (up && is_folder(r->where.cli->arena, &m->to)) {
		return cli_fail(EXIT_USAGE, "What comes from standard input needs a key of its own.");
	}
	r->quiet = true;
	if (!(up ? stream_up(&stream, &m->to, &why) : stream_down(&stream, from, &why)) && !s3_run_is_stopped()) {
		const struct spot *s = up ? &m->to : from;
		s3_run_trouble(r, str_printf(r->where.cli->arena, STR_FMT ": " STR_FMT ".",
					     STR_ARG(spot_text(r->where.cli->arena, s)), STR_ARG(why)));
	}
	return s3_run_end(r, "sent");
}

/* --- cp and mv --- */

static int copy(struct cli *cli, const char *verb, bool move) {
	struct moving *m = NEW(cli->arena, struct moving);
	struct wish wish = { 0 };
	struct spot from;
	m->move = move;
	m->run.where.cli = cli;
	if (!moving_options(m, cli, &wish) || cli->argc < 2 || !spot_read(str_from(cli->argv[cli->argc - 1]), &m->to)) {
		return s3_usage(verb);
	}
	if (!moving_words(m, cli)) {
		return EXIT_USAGE;
	}
	m->several = cli->argc > 2;
	m->to_folder = m->several || is_folder(cli->arena, &m->to);
	if (!s3_open(&m->run.where, cli, &wish, !m->run.dry && (move || m->to.kind == SPOT_S3))) {
		return EXIT_REFUSED;
	}
	spot_read(str_from(cli->argv[0]), &from);
	if (from.kind == SPOT_STREAM || m->to.kind == SPOT_STREAM) {
		return pass_stream(m, &from);
	}
	bool folder = m->to_folder;
	moving_begin(m);
	for (int i = 0; i + 1 < cli->argc && !s3_run_is_stopped(); i++) {
		m->to_folder = folder;
		spot_read(str_from(cli->argv[i]), &from);
		send_source(m, &from);
	}
	moving_end(m);
	return s3_run_end(&m->run, move ? "moved" : "copied");
}

int s3_cp(struct cli *cli) {
	return copy(cli, "cp", false);
}

int s3_mv(struct cli *cli) {
	return copy(cli, "mv", true);
}
