/* cp, mv and sync. */
#include "cli/s3_properties.h"
#include "cli/s3_run.h"
#include "transfer/objects.h"
#include "transfer/plan.h"
#include "transfer/tree.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct moving {
	struct s3_run run;
	struct transfer_setup setup;
	bool recursive, sync, delete, move;
	struct compare_rules rules;
	str jobs, part_size;
	struct s3_properties properties;
	struct spot to;
	bool to_folder; /* names go below it */
	bool troubled; /* a walk could not see all */
};

/* --- one file after the other --- */

static void arrived(void *arg, const struct item *item) {
	AUTO_ARENA a = { 0 };
	struct moving *m = arg;
	s3_run_say(&m->run, str_printf(&a, STR_FMT " -> " STR_FMT, STR_ARG(spot_text(&a, &item->from)),
				       STR_ARG(spot_text(&a, &item->to))));
}

static bool is_same(const struct spot *a, const struct spot *b) {
	return a->kind == SPOT_S3 && b->kind == SPOT_S3 && str_eq(a->bucket, b->bucket) && str_eq(a->key, b->key);
}

static enum way way_of(const struct spot *from, const struct spot *to) {
	return from->kind == SPOT_LOCAL ? WAY_UP : to->kind == SPOT_LOCAL ? WAY_DOWN : WAY_COPY;
}

/* False: it is time to stop. */
static bool send_one(struct moving *m, const struct spot *from, const struct spot *to, int64_t size) {
	AUTO_ARENA a = { 0 };
	struct item item = { .from = *from, .to = *to, .size = size };
	item.way = way_of(from, to);
	m->run.found++;
	if (is_same(from, to)) {
		s3_run_trouble(&m->run, str_printf(&a, STR_FMT " cannot go to itself.", STR_ARG(spot_text(&a, from))));
		return true;
	}
	if (m->run.dry) {
		s3_run_say(&m->run, str_printf(&a, STR_FMT " would go to " STR_FMT, STR_ARG(spot_text(&a, from)),
					       STR_ARG(spot_text(&a, to))));
		return true;
	}
	return transfer_add(m->run.transfer, &item);
}

/* Where a thing of this name goes; false: it cannot, and that has been told. */
static bool target_of(struct moving *m, struct arena *a, const struct spot *from, str name, struct spot *out) {
	const char *why;
	*out = m->to;
	if (m->to.kind == SPOT_S3) {
		out->key = m->to_folder ? key_join(a, m->to.key, name) : m->to.key;
		return true;
	}
	if (m->to_folder && !name_is_safe(name, &why)) {
		s3_run_trouble(&m->run, str_printf(a, STR_FMT " cannot be a file below " STR_FMT ": it %s.",
						   STR_ARG(spot_text(a, from)), STR_ARG(m->to.path), why));
		return false;
	}
	out->path = m->to_folder ? path_join(a, m->to.path, name) : m->to.path;
	return true;
}

static bool send_named(struct moving *m, const struct spot *from, str name, int64_t size) {
	AUTO_ARENA a = { 0 };
	struct spot to;
	return !target_of(m, &a, from, name, &to) || send_one(m, from, &to, size);
}

/* Some tools keep empty folders as objects of no bytes with a slash at the end: no file is meant. */
static bool is_marker(const struct entry *e) {
	return e->size == 0 && (!e->name.n || e->name.p[e->name.n - 1] == '/');
}

static void walk_trouble(void *arg, str sentence) {
	struct moving *m = arg;
	m->troubled = true;
	s3_run_trouble(&m->run, sentence);
}

static struct spot spot_of(struct arena *a, const struct spot *top, const struct entry *e) {
	struct spot s = *top;
	if (top->kind == SPOT_S3) {
		s.key = str_printf(a, STR_FMT STR_FMT, STR_ARG(top->key), STR_ARG(e->name));
	} else {
		s.path = e->path;
	}
	return s;
}

/* All that a walk finds; top: what the names are below. */
static void send_walk(struct moving *m, struct walk *walk, const struct spot *top) {
	struct entry e;
	while (!s3_run_is_stopped() && walk->next(walk, &e)) {
		AUTO_ARENA a = { 0 };
		struct spot from = spot_of(&a, top, &e);
		bool skip = top->kind == SPOT_S3 && m->to.kind == SPOT_LOCAL && is_marker(&e);
		if (!skip && filters_let(&m->run.filters, e.name) && !send_named(m, &from, e.name, e.size)) {
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
		send_walk(m, tree_open(a, from->path, walk_trouble, s3_run_notice, m), from);
	} else if (!str_utf8(from->path) && m->to_folder) {
		s3_run_trouble(&m->run, str_printf(a, STR_FMT " has a name that is not UTF-8, which no key can be.",
						   STR_ARG(from->path)));
	} else {
		send_named(m, from, name_last(from->path), st.st_size);
	}
}

static void send_object(struct moving *m, const struct spot *from) {
	struct answer a;
	struct where *w = &m->run.where;
	struct arena *arena = w->cli->arena;
	struct ask q = s3_ask_object(w, "HeadObject", from);
	if (client_call(&w->client, "s3", "HeadObject", q.in, &a)) {
		send_named(m, from, name_last(from->key), get_int(a.out, "ContentLength", 0));
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
	m->to_folder = true;
	struct walk *walk = objects_open(a, &m->run.where.client, &of, walk_trouble, m);
	int64_t before = m->run.found;
	send_walk(m, walk, &top);
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

static bool read_numbers(struct moving *m) {
	int64_t jobs = 0, part = 0;
	if (m->jobs.p && (!str_uint(m->jobs, &jobs) || jobs < 1 || jobs > 256)) {
		cli_fail(EXIT_USAGE, "--jobs wants a number from 1 to 256.");
		return false;
	}
	if (m->part_size.p && (!str_uint(m->part_size, &part) || part * MIB < PART_MIN || part > PART_MAX / MIB)) {
		cli_fail(EXIT_USAGE, "--part-size wants a number of MiB from 5 to 5120.");
		return false;
	}
	m->setup.jobs = (int)jobs;
	m->setup.part_size = part * MIB;
	return true;
}

static bool take_options(struct moving *m, struct cli *cli, struct wish *wish) {
	struct transfer_setup *s = &m->setup;
	const struct option options[] = { WHERE_OPTIONS(wish, "--profile"),
					  PROPERTY_OPTIONS(&m->properties),
					  { .name = "--recursive", .flag = &m->recursive },
					  { .name = "-r", .flag = &m->recursive },
					  { .name = "--dry-run", .flag = &m->run.dry },
					  { .name = "--dryrun", .flag = &m->run.dry },
					  { .name = "--quiet", .flag = &m->run.quiet },
					  { .name = "--only-show-errors", .flag = &m->run.quiet },
					  { .name = "--no-progress", .flag = &m->run.no_progress },
					  { .name = "--keep", .flag = &s->keep },
					  { .name = "--no-verify", .flag = &s->unverified },
					  { .name = "--jobs", .value = &m->jobs },
					  { .name = "--part-size", .value = &m->part_size },
					  { .name = m->sync ? "--delete" : "", .flag = &m->delete },
					  { .name = m->sync ? "--size-only" : "", .flag = &m->rules.size_only },
					  { .name = m->sync ? "--exact-timestamps" : "",
					    .flag = &m->rules.exact_times },
					  { 0 } };
	s3_complete_sse(cli);
	return s3_run_filters(&m->run, cli) && options_take(cli, options) && read_numbers(m) &&
	       s3_read_properties(cli, &m->properties, s);
}

/* One side at least is S3, and what flows is one thing. */
static bool words_are_good(struct moving *m, const struct cli *cli) {
	for (int i = 0; i < cli->argc; i++) {
		struct spot spot;
		bool last = i + 1 == cli->argc;
		if (!spot_read(str_from(cli->argv[i]), &spot)) {
			cli_fail(EXIT_USAGE,
				 "'%s' is no place: one is written like s3://my-bucket/key, or like a file.",
				 cli->argv[i]);
			return false;
		}
		if (spot.kind == SPOT_STREAM && (cli->argc != 2 || m->move || m->sync || m->recursive)) {
			cli_fail(EXIT_USAGE, "- goes with cp of one object only.");
			return false;
		}
		if (!last && spot.kind != SPOT_S3 && m->to.kind != SPOT_S3) {
			cli_fail(EXIT_USAGE, "Neither %s nor %s is s3://...", cli->argv[i], cli->argv[cli->argc - 1]);
			return false;
		}
	}
	return true;
}

static void start(struct moving *m) {
	struct s3_run *r = &m->run;
	s3_run_interruptible(r);
	m->setup.client = &r->where.client;
	m->setup.move = m->move;
	m->setup.done = arrived;
	m->setup.trouble = s3_run_trouble;
	m->setup.tick = s3_run_tick;
	m->setup.arg = m;
	if (!r->dry) {
		r->transfer = transfer_create(r->where.cli->arena, &m->setup);
	}
}

static void finish(struct moving *m) {
	m->run.listed = true;
	if (m->run.transfer) {
		transfer_end(m->run.transfer);
	}
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
	if (!take_options(m, cli, &wish) || cli->argc < 2 || !spot_read(str_from(cli->argv[cli->argc - 1]), &m->to)) {
		return s3_usage(verb);
	}
	if (!words_are_good(m, cli)) {
		return EXIT_USAGE;
	}
	m->to_folder = cli->argc > 2 || is_folder(cli->arena, &m->to);
	if (!s3_open(&m->run.where, cli, &wish, !m->run.dry && (move || m->to.kind == SPOT_S3))) {
		return EXIT_REFUSED;
	}
	spot_read(str_from(cli->argv[0]), &from);
	if (from.kind == SPOT_STREAM || m->to.kind == SPOT_STREAM) {
		return pass_stream(m, &from);
	}
	bool folder = m->to_folder;
	start(m);
	for (int i = 0; i + 1 < cli->argc && !s3_run_is_stopped(); i++) {
		m->to_folder = folder;
		spot_read(str_from(cli->argv[i]), &from);
		send_source(m, &from);
	}
	finish(m);
	return s3_run_end(&m->run, move ? "moved" : "copied");
}

int s3_cp(struct cli *cli) {
	return copy(cli, "cp", false);
}

int s3_mv(struct cli *cli) {
	return copy(cli, "mv", true);
}

/* --- sync --- */

/* One side of it. */
struct side {
	struct spot top;
	struct walk *walk; /* NULL: there is nothing */
	struct entry entry;
	bool there; /* an entry */
};

static void step(struct moving *m, struct side *s) {
	do {
		s->there = s->walk && s->walk->next(s->walk, &s->entry);
	} while (s->there &&
		 (!filters_let(&m->run.filters, s->entry.name) || (s->top.kind == SPOT_S3 && is_marker(&s->entry))));
}

static void open_side(struct moving *m, struct side *s) {
	struct stat st;
	struct arena *a = m->run.where.cli->arena;
	if (s->top.kind == SPOT_S3) {
		s->top.key = prefix_of_folder(a, s->top.key);
		struct objects_of of = { .bucket = s->top.bucket, .prefix = s->top.key, .skip = s->top.key.n };
		s->walk = objects_open(a, &m->run.where.client, &of, walk_trouble, m);
	} else if (stat(str_z(a, s->top.path), &st) == 0 || s->top.path.p != m->to.path.p) {
		s->walk = tree_open(a, s->top.path, walk_trouble, s3_run_notice, m);
	}
	step(m, s);
}

/* What goes away goes at the end, when it is certain that all of the source has been seen. */
struct extras {
	str *names;
	size_t n, room;
	struct arena arena;
};

static void add_extra(struct extras *x, str name) {
	if (x->n == x->room) {
		x->room = x->room ? x->room * 2 : 256;
		x->names = heap_grow(x->names, x->room * sizeof(*x->names));
	}
	x->names[x->n++] = str_dup(&x->arena, name);
}

/* What of the target has not been seen would be sent again, all of it. */
static bool is_blind(const struct side *to) {
	return to->top.kind == SPOT_S3 && to->walk->failed;
}

static void compare(struct moving *m, struct side *from, struct side *to, struct extras *x) {
	bool more = true;
	while (more && !is_blind(to) && (from->there || to->there) && !s3_run_is_stopped()) {
		AUTO_ARENA a = { 0 };
		int order = !from->there ? 1 : !to->there ? -1 : str_cmp(from->entry.name, to->entry.name);
		struct facts here = { from->entry.size, from->entry.mtime },
			     there = { to->entry.size, to->entry.mtime };
		if (order < 0 || (order == 0 && is_to_send(way_of(&from->top, &to->top), &m->rules, &here, &there))) {
			struct spot source = spot_of(&a, &from->top, &from->entry);
			more = send_named(m, &source, from->entry.name, from->entry.size);
			m->troubled = m->troubled || !more;
		} else if (order > 0 && m->delete) {
			add_extra(x, to->entry.name);
		}
		if (order <= 0) {
			step(m, from);
		}
		if (order >= 0) {
			step(m, to);
		}
	}
}

static void remove_file(struct moving *m, str name) {
	AUTO_ARENA a = { 0 };
	str path = path_join(&a, m->to.path, name);
	if (unlink(str_z(&a, path)) < 0 && errno != ENOENT) {
		s3_run_trouble(&m->run, str_printf(&a, STR_FMT " is not removed: %s.", STR_ARG(path), strerror(errno)));
		return;
	}
	m->run.deleted++;
}

static void remove_extras(struct moving *m, const struct extras *x) {
	struct s3_remover r;
	s3_remover_open(&r, &m->run.where, m->to.bucket);
	r.trouble = s3_run_trouble;
	r.arg = &m->run;
	for (size_t i = 0; i < x->n && !s3_run_is_stopped(); i++) {
		AUTO_ARENA a = { 0 };
		struct entry e = { .name = x->names[i] };
		struct spot spot = spot_of(&a, &m->to, &e);
		spot.path = m->to.kind == SPOT_LOCAL ? path_join(&a, m->to.path, x->names[i]) : (str){ 0 };
		s3_run_say(&m->run, str_printf(&a, STR_FMT " %s", STR_ARG(spot_text(&a, &spot)),
					       m->run.dry ? "would go" : "removed"));
		if (m->run.dry) {
			continue;
		}
		if (m->to.kind == SPOT_LOCAL) {
			remove_file(m, x->names[i]);
		} else {
			s3_remove(&r, spot.key, (str){ 0 });
		}
	}
	s3_remover_close(&r);
	m->run.deleted += r.removed;
}

static void sync_sides(struct moving *m, const struct spot *source) {
	struct side from = { .top = *source }, to = { .top = m->to };
	struct extras x = { 0 };
	open_side(m, &from);
	if (from.there || !from.walk->failed) {
		open_side(m, &to);
		m->to = to.top;
		compare(m, &from, &to, &x);
	}
	finish(m);
	if (m->troubled && m->delete) {
		s3_run_notice(&m->run, S("Nothing was removed, since not all could be seen."));
	} else if (!s3_run_is_stopped()) {
		remove_extras(m, &x);
	}
	arena_free(&x.arena);
	heap_free(x.names);
}

int s3_sync(struct cli *cli) {
	struct moving *m = NEW(cli->arena, struct moving);
	struct wish wish = { 0 };
	struct spot from;
	m->sync = m->to_folder = true;
	m->run.where.cli = cli;
	if (!take_options(m, cli, &wish) || cli->argc != 2 || !spot_read(str_from(cli->argv[1]), &m->to)) {
		return s3_usage("sync");
	}
	if (!words_are_good(m, cli)) {
		return EXIT_USAGE;
	}
	if (!s3_open(&m->run.where, cli, &wish, !m->run.dry && m->to.kind == SPOT_S3)) {
		return EXIT_REFUSED;
	}
	spot_read(str_from(cli->argv[0]), &from);
	start(m);
	sync_sides(m, &from);
	return s3_run_end(&m->run, "sent");
}
