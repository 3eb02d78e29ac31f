#include "cli/iam.h"

static int not_yet(void) {
	return cli_fail(EXIT_REFUSED, "This verb is not served yet.");
}

int iam_explain(struct cli *cli) {
	(void)cli;
	return not_yet();
}

int iam_who_can(struct cli *cli) {
	(void)cli;
	return not_yet();
}

int iam_suggest(struct cli *cli) {
	(void)cli;
	return not_yet();
}
