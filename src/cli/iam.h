/* aerostat iam: one function a sub-verb; cli->argv is what follows the sub-verb. */
#pragma once

#include "cli/cli.h"

int iam_setup_user(struct cli *cli);
int iam_setup_role(struct cli *cli);
int iam_show(struct cli *cli);
int iam_check(struct cli *cli);
int iam_explain(struct cli *cli);
int iam_who_can(struct cli *cli);
int iam_suggest(struct cli *cli);

/* Wrong usage of a sub-verb: says how it is used. */
int iam_usage(const char *name);
