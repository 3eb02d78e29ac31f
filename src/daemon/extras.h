/* Files for clients that need more than an environment; `aerostat env` and `aerostat run` name them to those. */
#pragma once

#include "core/cloud.h"

/* Writes those that are not there as they should be, below the data folder: botocore/ (AWS_DATA_PATH) lets the CLI take
 * a lifecycle rule's "Id" for "ID"; node/proxy.cjs (NODE_OPTIONS) leads Node's connections for AWS's hosts to
 * HTTPS_PROXY, which it does not do by itself, and refuses all that NO_PROXY does not have. 0 or -errno; then path is
 * the file that could not be written. */
int extras_write(const struct cloud *cloud, str *path);
