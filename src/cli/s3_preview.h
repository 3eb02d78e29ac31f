/* What lifecycle rules will do to the objects that are there, and on which day. Source: Amazon S3 User Guide,
 * "Lifecycle configuration elements" (days count from the object's creation and end at the next midnight UTC),
 * "Constraints and considerations for transitions" (128 KiB), "Conflicting lifecycle policies" (deleting comes before
 * moving, the cheaper class before the dearer). */
#pragma once

#include "cli/s3_run.h"

/* rules: LifecycleRules. days: nothing that comes later than so many from now. The exit code. */
int s3_preview(struct where *w, const struct spot *spot, const struct val *rules, int64_t days);
