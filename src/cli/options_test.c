#include "base/tap.h"
#include "cli/options.h"

#include <stdlib.h>

/* The toolkit's own is in its main. */
int cli_fail(int code, const char *fmt, ...) {
	(void)fmt;
	return code;
}

static struct cli cli_of(char **argv, int argc) {
	return (struct cli){ .argc = argc, .argv = argv };
}

int main(void) {
	bool force = false;
	str name = { 0 };
	struct option_values many = { .n = 0 };
	const struct option options[] = { { .name = "--force", .flag = &force },
					  { .name = "--name", .value = &name },
					  { .name = "--policy", .values = &many },
					  { 0 } };
	char words[][16] = { "one",      "--name", "-x", "--policy=a=b", "--force", "two",
			     "--policy", "c",      "--", "--name",       "-" };
	char *argv[11];
	for (int i = 0; i < 11; i++) {
		argv[i] = words[i];
	}
	struct cli cli = cli_of(argv, 11);
	CHECK(options_take(&cli, options) && force && many.n == 2 && cli.argc == 4);
	CHECK_STR(name, S("-x"));
	CHECK_STR(many.v[0], S("a=b"));
	CHECK_STR(str_from(cli.argv[2]), S("--name"));
	char last[] = "--name", odd[] = "--nam", joined[] = "--force=1";
	char *alone[] = { last };
	cli = cli_of(alone, 1);
	CHECK(!options_take(&cli, options));
	alone[0] = odd;
	CHECK(!options_take(&cli, options));
	alone[0] = joined;
	CHECK(!options_take(&cli, options));
	return tap_done();
}
