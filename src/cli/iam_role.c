#include "cli/iam.h"

int iam_setup_role(struct cli *cli) {
	(void)cli;
	return cli_fail(EXIT_REFUSED, "This verb is not served yet.");
}
