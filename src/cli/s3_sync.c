#include "cli/s3_moving.h"
#include "transfer/compare.h"
#include "transfer/objects.h"
#include "transfer/tree.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* One side of it. */
struct side {
	struct spot top;
	struct walk *walk; /* NULL: there is nothing */
	struct entry entry;
	bool there; /* an entry */
	bool any; /* something has been there at all */
};

static void step(struct moving *m, struct side *s) {
	do {
		s->there = s->walk && s->walk->next(s->walk, &s->entry);
		s->any = s->any || s->there;
	} while (s->there && (!filters_let(&m->run.filters, s->entry.name) ||
			      (s->top.kind == SPOT_S3 && moving_is_marker(&s->entry))));
}

static void open_side(struct moving *m, struct side *s) {
	struct stat st;
	struct arena *a = m->run.where.cli->arena;
	if (s->top.kind == SPOT_S3) {
		s->top.key = prefix_of_folder(a, s->top.key);
		struct objects_of of = { .bucket = s->top.bucket, .prefix = s->top.key, .skip = s->top.key.n };
		s->walk = objects_open(a, &m->run.where.client, &of, moving_trouble, m);
	} else if (stat(str_z(a, s->top.path), &st) == 0 || s->top.path.p != m->to.path.p) {
		s->walk = tree_open(a, s->top.path, moving_trouble, s3_run_notice, m);
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

/* Does a link, below the folder, lead there? */
static bool is_behind_link(struct arena *a, str folder, str name) {
	struct stat st;
	char *path = str_z(a, path_join(a, folder, name));
	for (char *at = path + strlen(path) - name.n; (at = strchr(at, '/')); at++) {
		*at = '\0';
		bool link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
		*at = '/';
		if (link) {
			return true;
		}
	}
	return false;
}

/* Nothing goes that is not below the target, nor what the source consists of: what is below a target that is itself
 * below the source is left out of that. */
static bool is_to_go(struct moving *m, const struct side *to) {
	AUTO_ARENA a = { 0 };
	struct spot spot = moving_spot(&a, &to->top, &to->entry);
	if (spot.kind == SPOT_S3) {
		return moving_is_in_range(m, &m->to) || !moving_is_in_range(m, &spot);
	}
	bool behind = is_behind_link(&a, m->to.path, to->entry.name);
	if (behind) {
		s3_run_notice(&m->run, str_printf(&a, STR_FMT " stays, since it is a link that leads there.",
						  STR_ARG(spot.path)));
	}
	return !behind;
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
		if (order < 0 ||
		    (order == 0 && is_to_send(moving_way(&from->top, &to->top), &m->rules, &here, &there))) {
			struct spot source = moving_spot(&a, &from->top, &from->entry);
			more = moving_send(m, &source, &from->entry);
			m->troubled = m->troubled || !more;
		} else if (order > 0 && m->delete &&is_to_go(m, to)) {
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
		struct spot spot = moving_spot(&a, &m->to, &e);
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

static bool all_went_well(const struct moving *m) {
	return !m->run.failed && (!m->run.transfer || !transfer_totals(m->run.transfer).untried);
}

static void sync_sides(struct moving *m, const struct spot *source) {
	struct side from = { .top = *source }, to = { .top = m->to };
	struct extras x = { 0 };
	open_side(m, &from);
	m->ranged = from.top.kind == SPOT_S3;
	m->range = from.top;
	if (from.there || !from.walk->failed) {
		open_side(m, &to);
		m->to = to.top;
		compare(m, &from, &to, &x);
	}
	moving_end(m);
	if (m->troubled && m->delete) {
		s3_run_notice(&m->run, S("Nothing was removed, since not all could be seen."));
	} else if (x.n && from.top.kind == SPOT_S3 && !from.any) {
		AUTO_ARENA a = { 0 };
		s3_run_trouble(&m->run, str_printf(&a, "There is nothing at " STR_FMT ", so nothing was removed.",
						   STR_ARG(spot_text(&a, &from.top))));
	} else if (x.n && !all_went_well(m)) {
		s3_run_notice(&m->run, S("Nothing was removed, since not all was sent."));
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
	if (!moving_options(m, cli, &wish) || cli->argc != 2 || !spot_read(str_from(cli->argv[1]), &m->to)) {
		return s3_usage("sync");
	}
	if (!moving_words(m, cli)) {
		return EXIT_USAGE;
	}
	if (!s3_open(&m->run.where, cli, &wish, !m->run.dry && m->to.kind == SPOT_S3)) {
		return EXIT_REFUSED;
	}
	spot_read(str_from(cli->argv[0]), &from);
	moving_begin(m);
	sync_sides(m, &from);
	return s3_run_end(&m->run, "sent");
}
