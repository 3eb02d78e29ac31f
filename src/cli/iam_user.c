#include "cli/iam.h"

int iam_setup_user(struct cli *cli) {
	(void)cli;
	return cli_fail(EXIT_REFUSED, "This verb is not served yet.");
}
