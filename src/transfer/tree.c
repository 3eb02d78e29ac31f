#include "transfer/tree.h"

#include "transfer/name.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LEVELS_MAX = 512 };

struct node {
	str name; /* of a folder with a slash at its end, which is how it sorts */
	int64_t size, mtime;
};

struct level {
	struct arena_mark mark;
	str path, name; /* of the folder: to open it, and below where the walk began */
	struct node *nodes;
	size_t n, at;
	dev_t dev;
	ino_t ino;
};

struct tree_walk {
	struct walk walk;
	void (*notice)(void *arg, str sentence);
	struct arena arena; /* of the levels */
	struct level levels[LEVELS_MAX];
	size_t depth;
	struct arena scratch; /* of one entry */
};

static void tell(struct tree_walk *w, str path, const char *what) {
	w->walk.trouble(w->walk.arg, str_printf(&w->scratch, STR_FMT " %s.", STR_ARG(path), what));
}

static void pass_over(struct tree_walk *w, str path, const char *what) {
	w->notice(w->walk.arg, str_printf(&w->scratch, STR_FMT " %s, and is passed over.", STR_ARG(path), what));
}

static void tell_errno(struct tree_walk *w, str path, int e) {
	tell(w, path, str_printf(&w->scratch, "cannot be read: %s", strerror(e)).p);
}

static bool is_temporary(str name) {
	return str_starts(name, S(TEMPORARY_HEAD)) && str_ends(name, S(TEMPORARY_TAIL));
}

static int by_name(const void *x, const void *y) {
	return str_cmp(((const struct node *)x)->name, ((const struct node *)y)->name);
}

static bool is_above(const struct tree_walk *w, const struct stat *st) {
	for (size_t i = 0; i < w->depth; i++) {
		if (w->levels[i].dev == st->st_dev && w->levels[i].ino == st->st_ino) {
			return true;
		}
	}
	return false;
}

/* Is this name of the folder one to walk? Fills the node. */
static bool look_at(struct tree_walk *w, DIR *dir, const char *name, struct node *out) {
	struct stat st;
	str path = path_join(&w->scratch, w->levels[w->depth].path, str_from(name));
	if (is_temporary(str_from(name))) {
		return false;
	}
	if (fstatat(dirfd(dir), name, &st, 0) < 0) {
		tell_errno(w, path, errno);
		return false;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		pass_over(w, path, "is neither a file nor a folder");
		return false;
	}
	if (!str_utf8(str_from(name))) {
		tell(w, path, "has a name that is not UTF-8, which no key can be");
		return false;
	}
	out->name = str_printf(&w->arena, "%s%s", name, S_ISDIR(st.st_mode) ? "/" : "");
	out->size = st.st_size;
	out->mtime = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	return true;
}

static void read_names(struct tree_walk *w, DIR *dir, struct level *l) {
	size_t room = 64;
	l->nodes = heap_alloc(room * sizeof(*l->nodes));
	for (struct dirent *d; errno = 0, (d = readdir(dir));) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0) {
			continue;
		}
		if (l->n == room) {
			room *= 2;
			l->nodes = heap_grow(l->nodes, room * sizeof(*l->nodes));
		}
		l->n += look_at(w, dir, d->d_name, &l->nodes[l->n]);
	}
	if (errno) {
		tell_errno(w, l->path, errno);
		w->walk.failed = true;
	}
	qsort(l->nodes, l->n, sizeof(*l->nodes), by_name);
}

static void free_names(void *p) {
	struct level *l = p;
	heap_free(l->nodes);
	*l = (struct level){ 0 };
}

static void push(struct tree_walk *w, const struct level *level, DIR *dir) {
	struct level *l = &w->levels[w->depth];
	*l = *level;
	arena_defer(&w->arena, free_names, l);
	read_names(w, dir, l);
	w->depth++;
}

/* Goes down into a folder, or tells why not. */
static void enter(struct tree_walk *w, str path, str name) {
	struct stat st;
	struct level l = { .mark = arena_mark(&w->arena) };
	l.path = str_dup(&w->arena, path);
	l.name = str_dup(&w->arena, name);
	DIR *dir = opendir(str_z(&w->arena, l.path));
	if (!dir || fstat(dirfd(dir), &st) < 0) {
		tell_errno(w, path, errno);
		w->walk.failed = true;
	} else if (is_above(w, &st)) {
		pass_over(w, path, "leads back to a folder that it is in");
	} else if (w->depth == LEVELS_MAX) {
		tell(w, path, "is too deep in folders");
		w->walk.failed = true;
	} else {
		l.dev = st.st_dev;
		l.ino = st.st_ino;
		push(w, &l, dir);
	}
	if (dir) {
		closedir(dir);
	}
}

static void finish(void *p) {
	struct tree_walk *w = p;
	arena_free(&w->arena);
	arena_free(&w->scratch);
}

static void leave(struct tree_walk *w) {
	struct arena_mark mark = w->levels[--w->depth].mark;
	arena_reset(&w->arena, mark);
}

static bool next(struct walk *walk, struct entry *out) {
	struct tree_walk *w = (struct tree_walk *)walk;
	while (w->depth) {
		struct level *l = &w->levels[w->depth - 1];
		if (l->at == l->n) {
			leave(w);
			continue;
		}
		const struct node *node = &l->nodes[l->at++];
		arena_free(&w->scratch);
		str name = str_printf(&w->scratch, STR_FMT STR_FMT, STR_ARG(l->name), STR_ARG(node->name));
		str path = path_join(&w->scratch, l->path, node->name);
		if (str_ends(name, S("/"))) {
			enter(w, path, name);
			continue;
		}
		*out = (struct entry){ name, path, node->size, node->mtime, .prefix = false };
		return true;
	}
	return false;
}

struct walk *tree_open(struct arena *a, str folder, void (*trouble)(void *arg, str sentence),
		       void (*notice)(void *arg, str sentence), void *arg) {
	struct tree_walk *w = NEW(a, struct tree_walk);
	w->notice = notice;
	arena_defer(a, finish, w);
	w->walk = (struct walk){ .next = next, .trouble = trouble, .arg = arg };
	enter(w, folder, S(""));
	return &w->walk;
}
