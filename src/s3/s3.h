/* S3: buckets, objects, versions, uploads. This is the face for the other services and the daemon. */
#pragma once

#include "core/call.h"

extern const struct face s3_face;
