/* aerostat: the toolkit's main: finds the verb, takes out what all verbs have in common. */
#include "base/fd.h"
#include "base/version.h"
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

static const struct verb *const verbs[] = { &verb_up,   &verb_down, &verb_status, &verb_env, &verb_logs,  &verb_clock,
					    &verb_fsck, &verb_iam,  &verb_s3,     &verb_run, &verb_shell, NULL };

static void put_line(FILE *to, const char *lead, str text) {
	AUTO_ARENA a = { 0 };
	struct buf line = { .arena = &a };
	putz(&line, lead);
	put_visible(&line, text);
	put_byte(&line, '\n');
	fwrite(line.p, 1, line.n, to);
}

void cli_say(const char *fmt, ...) {
	AUTO_ARENA a = { 0 };
	va_list ap;
	va_start(ap, fmt);
	put_line(stdout, "", str_vprintf(&a, fmt, ap));
	va_end(ap);
}

int cli_fail(int code, const char *fmt, ...) {
	AUTO_ARENA a = { 0 };
	va_list ap;
	va_start(ap, fmt);
	fflush(stdout);
	put_line(stderr, "aerostat: ", str_vprintf(&a, fmt, ap));
	va_end(ap);
	return code;
}

int cli_usage(const struct verb *verb) {
	fprintf(stderr, "usage: %s\n", verb->usage);
	return EXIT_USAGE;
}

static const struct verb *find(const char *name) {
	for (size_t i = 0; verbs[i]; i++) {
		if (strcmp(verbs[i]->name, name) == 0) {
			return verbs[i];
		}
	}
	return NULL;
}

static int help(const char *topic) {
	const struct verb *verb = topic ? find(topic) : NULL;
	if (verb) {
		printf("%s: %s\n\n%s\n", verb->name, verb->summary, verb->usage);
		return EXIT_DONE;
	}
	if (topic) {
		return cli_fail(EXIT_USAGE, "There is no verb '%s'. `aerostat help` lists them.", topic);
	}
	puts("aerostat: AWS for machine learning, on your own machine\n");
	for (size_t i = 0; verbs[i]; i++) {
		printf("  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
	}
	puts("  version  which version this is\n  help     this, or `aerostat help VERB`\n");
	puts("Every verb takes --data DIR (the folder that the cloud lives in) and --json.");
	return EXIT_DONE;
}

static str default_data(struct arena *a) {
	str xdg = str_from(getenv("XDG_DATA_HOME")), home = home_folder(a);
	if (xdg.n && xdg.p[0] == '/') {
		return str_printf(a, STR_FMT "/aerostat", STR_ARG(xdg));
	}
	return str_printf(a, STR_FMT "/.local/share/aerostat", STR_ARG(home));
}

/* What is another program's is left as it is. */
static bool ends_options(const struct verb *verb, str arg) {
	return str_is(arg, "--") || (verb == &verb_run && !str_starts(arg, S("-")));
}

/* s3 and iam have verbs of their own to speak of. */
static bool wants_help(const struct verb *verb, int argc, char **argv) {
	bool asked = argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
	return asked && verb != &verb_s3 && verb != &verb_iam;
}

/* Takes --data and --json out of the arguments; false: --data without a folder. */
static bool take_common(struct cli *cli, const struct verb *verb, int argc, char **argv) {
	bool ended = false;
	cli->argv = NEWS(cli->arena, char *, argc + 1);
	for (int i = 0; i < argc; i++) {
		str arg = str_from(argv[i]);
		ended = ended || ends_options(verb, arg);
		if (ended) {
			cli->argv[cli->argc++] = argv[i];
		} else if (str_is(arg, "--json")) {
			cli->json = true;
		} else if (str_starts(arg, S("--data="))) {
			cli->data = str_skip(arg, 7);
			cli->default_data = false;
		} else if (str_is(arg, "--data") && i + 1 < argc) {
			cli->data = str_from(argv[++i]);
			cli->default_data = false;
		} else if (str_is(arg, "--data")) {
			return false;
		} else {
			cli->argv[cli->argc++] = argv[i];
		}
	}
	return cli->data.n > 0;
}

int main(int argc, char **argv) {
	AUTO_ARENA a = { 0 };
	struct cli cli = { .arena = &a, .data = default_data(&a), .default_data = true };
	const char *name = argc > 1 ? argv[1] : "help";
	hold_streams();
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		return help(argc > 2 ? argv[2] : NULL);
	}
	if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
		puts("aerostat " AEROSTAT_VERSION);
		return EXIT_DONE;
	}
	const struct verb *verb = find(name);
	if (!verb) {
		return cli_fail(EXIT_USAGE, "There is no verb '%s'. `aerostat help` lists them.", name);
	}
	if (wants_help(verb, argc, argv)) {
		return help(name);
	}
	if (!take_common(&cli, verb, argc - 2, argv + 2)) {
		return cli_fail(EXIT_USAGE, "--data wants a folder.");
	}
	return verb->run(&cli);
}
