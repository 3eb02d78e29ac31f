/* --bootstrap FILE: accounts, what IAM has in them, and buckets that shall be there at start (docs/bootstrap.md). */
#pragma once

#include "core/cloud.h"

/* Makes what the JSON names and is not there. False: *why says in a sentence what is wrong with it; what came
 * before it in the file has been made. */
bool bootstrap_run(struct cloud *cloud, struct arena *a, str json, str *why);
