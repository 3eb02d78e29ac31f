/* aerostat iam: one function a sub-verb; cli->argv is what follows the sub-verb. */
#pragma once

#include "cli/cli.h"

struct where;

int iam_setup_user(struct cli *cli);
int iam_setup_role(struct cli *cli);
int iam_show(struct cli *cli);
int iam_check(struct cli *cli);
int iam_explain(struct cli *cli);
int iam_who_can(struct cli *cli);
int iam_suggest(struct cli *cli);

/* Wrong usage of a sub-verb: says how it is used. */
int iam_usage(const char *name);

/* The exercise's S3 policy for one bucket, as statements of a document: objects and bucket each on their own. */
void iam_put_bucket_statements(struct buf *b, str bucket);
str iam_bucket_policy_name(struct arena *a, str bucket);
/* False: it is not, or could not be asked; said on stderr. */
bool iam_bucket_is_there(struct where *w, str bucket);
