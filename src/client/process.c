/* credential_process: a program that prints keys. */
#include "base/fd.h"
#include "client/credentials.h"
#include "wire/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

enum { PRINTED_MAX = 64 * 1024, WORDS_MAX = 256 };

/* --- words --- */

struct words {
	str rest;
	struct buf word;
	char *list[WORDS_MAX + 1];
	size_t n;
};

static char next(struct words *w) {
	char c = w->rest.p[0];
	w->rest = str_skip(w->rest, 1);
	return c;
}

/* Up to the quote's end. In double quotes a backslash keeps only what it guards there. */
static bool read_quoted(struct words *w, char quote) {
	while (w->rest.n) {
		char c = next(w);
		if (c == quote) {
			return true;
		}
		if (c == '\\' && quote == '"' && w->rest.n && strchr("\"\\$`", w->rest.p[0])) {
			c = next(w);
		}
		put_byte(&w->word, c);
	}
	return false;
}

static bool read_word(struct words *w) {
	while (w->rest.n && !strchr(" \t", w->rest.p[0])) {
		char c = next(w);
		bool quote = c == '"' || c == '\'';
		if (quote && !read_quoted(w, c)) {
			return false;
		}
		if (c == '\\' && w->rest.n) {
			c = next(w);
		}
		if (!quote) {
			put_byte(&w->word, c);
		}
	}
	return true;
}

char **command_words(struct arena *a, str line) {
	struct words *w = NEW(a, struct words);
	w->rest = str_trim(line);
	while (w->rest.n && w->n < WORDS_MAX) {
		w->word = (struct buf){ .arena = a };
		if (memchr(w->rest.p, '\0', w->rest.n) || !read_word(w)) {
			return NULL;
		}
		w->list[w->n++] = str_z(a, buf_str(&w->word));
		w->rest = str_trim(w->rest);
	}
	return w->n && !w->rest.n ? w->list : NULL;
}

/* --- running --- */

static void drop_actions(posix_spawn_file_actions_t *actions) {
	posix_spawn_file_actions_destroy(actions);
}

/* Its stdout is the read end *out. */
static int start(char **argv, pid_t *pid, int *out) {
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	__attribute__((cleanup(drop_actions))) posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	int rc = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	close(ends[1]);
	*out = ends[0];
	return -rc;
}

static bool read_all(int fd, struct buf *b) {
	for (;;) {
		ssize_t n = read(fd, buf_room(b, 4096), 4096);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n == 0;
		}
		b->n += (size_t)n;
		if (b->n > PRINTED_MAX) {
			return false;
		}
	}
}

static bool no(struct arena *a, const struct credential_provider *s, str what, str *why) {
	return say_why(a, why, "The credential_process of profile " STR_FMT " " STR_FMT ".", STR_ARG(s->profile),
		       STR_ARG(what));
}

static bool read_printed(struct arena *a, const struct credential_provider *s, str text, struct grant *out, str *why) {
	str what;
	const struct tree *version = tree_get(tree_read(a, text), "Version");
	if (!grant_read(a, text, "SessionToken", out, &what)) {
		return no(a, s, what, why);
	}
	return (version && str_is(version->s, "1")) || no(a, s, S("does not give Version 1"), why);
}

bool grant_of_process(struct arena *a, const struct credential_provider *s, struct grant *out, str *why) {
	int fd = -1, status = 0;
	pid_t pid = 0;
	struct buf printed = { .arena = a };
	char **argv = command_words(a, s->command);
	if (!argv) {
		return no(a, s, S("is no command line: a quote has no end, or there are too many words"), why);
	}
	int rc = start(argv, &pid, &fd);
	AUTO_CLOSE out_end = fd;
	if (rc) {
		return no(a, s, str_printf(a, "cannot be run: %s: %s", argv[0], strerror(-rc)), why);
	}
	bool whole = read_all(fd, &printed);
	close_fd(&out_end);
	out_end = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	if (!whole) {
		return no(a, s, S("prints more than keys"), why);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		return no(a, s,
			  WIFEXITED(status) ? str_printf(a, "has failed with %d", WEXITSTATUS(status))
					    : str_printf(a, "was ended by signal %d", WTERMSIG(status)),
			  why);
	}
	return read_printed(a, s, buf_str(&printed), out, why);
}
