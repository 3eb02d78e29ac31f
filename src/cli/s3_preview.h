/* What lifecycle rules will do to what is in a bucket, and on which day. Source: Amazon S3 User Guide, "Lifecycle
 * configuration elements" (days count from the object's creation, or from when it was replaced, and end at the next
 * midnight UTC), "Expiring objects" (what remains of delete markers), "Constraints and considerations for transitions"
 * (128 KiB), "Conflicting lifecycle policies" (deleting comes before moving, the cheaper class before the dearer). */
#pragma once

#include "cli/s3.h"

struct s3_forecast {
	const struct val *rules; /* a list of LifecycleRule */
	int64_t days; /* nothing later; INT64_MAX: to the end */
	bool small_too; /* archives take objects under 128 KiB */
};

/* An exit code. */
int s3_preview(struct where *w, const struct spot *spot, const struct s3_forecast *f);
