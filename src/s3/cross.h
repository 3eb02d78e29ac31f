/* CORS applied (docs: Amazon S3 User Guide, "Using cross-origin resource sharing"; the Fetch standard): which rule of a
 * bucket lets pages of another origin do what. */
#pragma once

#include "s3/rows.h"

/* The answer to OPTIONS: the rule that fits, or AccessForbidden. Nobody needs to say who he is. */
bool cross_preflight(struct call *c);
/* Access-Control-... and Vary for an answer to a request that names its Origin; face.dress. */
void cross_dress(struct call *c);
