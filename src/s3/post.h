/* Form uploads: POST to a bucket with multipart/form-data (docs: Amazon S3 API Reference, "POST Object"). The form's
 * fields become the head of a PutObject, whose call it is from then on: rights, conditions and all. */
#pragma once

#include "core/call.h"

/* face.before's part of it: the call is a form upload to a bucket, and is made ready. Fails as AWS does. */
bool post_is(const struct call *c);
bool post_begin(struct call *c);
