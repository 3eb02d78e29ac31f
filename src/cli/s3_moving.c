#include "cli/s3_moving.h"

#include "base/digest.h"
#include "transfer/plan.h"

#include <stdio.h>

/* --- one file after the other --- */

static void arrived(void *arg, const struct item *item) {
	AUTO_ARENA a = { 0 };
	struct moving *m = arg;
	s3_run_say(&m->run, str_printf(&a, STR_FMT " -> " STR_FMT, STR_ARG(spot_text(&a, &item->from)),
				       STR_ARG(spot_text(&a, &item->to))));
}

/* --- what must not be in each other's way --- */

static bool is_same(const struct spot *a, const struct spot *b) {
	return a->kind == SPOT_S3 && b->kind == SPOT_S3 && str_eq(a->bucket, b->bucket) && str_eq(a->key, b->key);
}

bool moving_is_in_range(const struct moving *m, const struct spot *s) {
	return m->ranged && s->kind == SPOT_S3 && str_eq(s->bucket, m->range.bucket) &&
	       str_starts(s->key, m->range.key);
}

/* Into a folder below its own: what is there is no source of more. Out of a folder to one above: what would fall onto
 * its own sources stays where it is. Both told; true: it is not sent. */
static bool is_in_its_own_way(struct moving *m, const struct spot *from, const struct spot *to) {
	AUTO_ARENA a = { 0 };
	struct spot folder = m->to;
	folder.key = prefix_of_folder(&a, m->to.key);
	if (!moving_is_in_range(m, to) || str_eq(folder.key, m->range.key)) {
		return false;
	}
	if (!moving_is_in_range(m, &folder)) {
		s3_run_trouble(&m->run,
			       str_printf(&a, STR_FMT " cannot go to " STR_FMT ", which is to go elsewhere itself.",
					  STR_ARG(spot_text(&a, from)), STR_ARG(spot_text(&a, to))));
		return true;
	}
	bool inside = str_starts(from->key, folder.key);
	if (inside && !m->told) {
		s3_run_notice(&m->run, str_printf(&a, "What is below " STR_FMT " stays there.",
						  STR_ARG(spot_text(&a, &folder))));
		m->told = true;
	}
	return inside;
}

/* Where the hash is, or would be. */
static uint64_t *seat_of(const struct taken *t, uint64_t hash) {
	size_t i = (size_t)hash & (t->room - 1);
	while (t->v[i] && t->v[i] != hash) {
		i = (i + 1) & (t->room - 1);
	}
	return &t->v[i];
}

static void make_room(struct taken *t) {
	struct taken more = { .n = t->n, .room = t->room ? t->room * 2 : 1024 };
	more.v = heap_alloc(more.room * sizeof(*more.v));
	for (size_t i = 0; i < t->room; i++) {
		if (t->v[i]) {
			*seat_of(&more, t->v[i]) = t->v[i];
		}
	}
	heap_free(t->v);
	*t = more;
}

/* False: something has it already. */
static bool take_name(struct taken *t, str name) {
	uint64_t hash = 0;
	struct digest_value v = digest_of(DIGEST_XXHASH64, name);
	memcpy(&hash, v.p, sizeof(hash));
	hash += !hash;
	if (t->n * 2 >= t->room) {
		make_room(t);
	}
	uint64_t *seat = seat_of(t, hash);
	bool is_free = !*seat;
	*seat = hash;
	t->n += is_free;
	return is_free;
}

static bool is_taken(struct moving *m, const struct spot *from, const struct spot *to) {
	AUTO_ARENA a = { 0 };
	str text = spot_text(&a, to);
	if (!m->several || take_name(&m->taken, text)) {
		return false;
	}
	s3_run_trouble(&m->run, str_printf(&a, STR_FMT " cannot go to " STR_FMT ", where another has just gone.",
					   STR_ARG(spot_text(&a, from)), STR_ARG(text)));
	return true;
}

/* --- one thing --- */

enum way moving_way(const struct spot *from, const struct spot *to) {
	return from->kind == SPOT_LOCAL ? WAY_UP : to->kind == SPOT_LOCAL ? WAY_DOWN : WAY_COPY;
}

/* False: it is time to stop. */
static bool send_one(struct moving *m, const struct spot *from, const struct spot *to, const struct entry *e) {
	AUTO_ARENA a = { 0 };
	struct item item = { .from = *from, .to = *to, .size = e->size, .etag = e->etag };
	item.way = moving_way(from, to);
	m->run.found++;
	if (is_same(from, to)) {
		s3_run_trouble(&m->run, str_printf(&a, STR_FMT " cannot go to itself.", STR_ARG(spot_text(&a, from))));
		return true;
	}
	if (is_in_its_own_way(m, from, to) || is_taken(m, from, to)) {
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

bool moving_send(struct moving *m, const struct spot *from, const struct entry *e) {
	AUTO_ARENA a = { 0 };
	struct spot to;
	return !target_of(m, &a, from, e->name, &to) || send_one(m, from, &to, e);
}

bool moving_is_marker(const struct entry *e) {
	return e->size == 0 && (!e->name.n || e->name.p[e->name.n - 1] == '/');
}

void moving_trouble(void *arg, str sentence) {
	struct moving *m = arg;
	m->troubled = true;
	s3_run_trouble(&m->run, sentence);
}

struct spot moving_spot(struct arena *a, const struct spot *top, const struct entry *e) {
	struct spot s = *top;
	if (top->kind == SPOT_S3) {
		s.key = str_printf(a, STR_FMT STR_FMT, STR_ARG(top->key), STR_ARG(e->name));
	} else {
		s.path = e->path;
	}
	return s;
}

/* --- options --- */

static bool read_numbers(struct moving *m) {
	int64_t jobs = 0, part = 0;
	if (m->jobs.p && (!str_uint(m->jobs, &jobs) || jobs < 1 || jobs > 256)) {
		cli_fail(EXIT_USAGE, "--jobs wants a number from 1 to 256.");
		return false;
	}
	if (m->part_size.p && (!str_uint(m->part_size, &part) || part > PART_MAX / MIB || part * MIB < PART_MIN)) {
		cli_fail(EXIT_USAGE, "--part-size wants a number of MiB from 5 to 5120.");
		return false;
	}
	m->setup.jobs = (int)jobs;
	m->setup.part_size = part * MIB;
	return true;
}

bool moving_options(struct moving *m, struct cli *cli, struct wish *wish) {
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
bool moving_words(struct moving *m, const struct cli *cli) {
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

/* --- from the beginning to the end --- */

void moving_begin(struct moving *m) {
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

void moving_end(struct moving *m) {
	m->run.listed = true;
	heap_free(m->taken.v);
	m->taken = (struct taken){ 0 };
	if (m->run.transfer) {
		transfer_end(m->run.transfer);
	}
}
