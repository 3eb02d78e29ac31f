/* Into which parts an object is cut. Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits": 10,000 parts of
 * 5 MiB to 5 GiB, of which the last may be smaller. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PARTS_MAX = 10000 };
#define MIB INT64_C(1048576)
#define PART_SIZE (8 * MIB) /* where nothing calls for larger ones, and from where on there are parts at all */
#define PART_MIN (5 * MIB)
#define PART_MAX (5120 * MIB)
#define OBJECT_MAX (PART_MAX * PARTS_MAX)
#define COPY_MAX PART_MAX /* what CopyObject takes in one piece */
#define COPY_PART (512 * MIB)

struct plan {
	int64_t size, part_size;
	int64_t n; /* parts; 0 for an object that is sent whole */
};

/* part_size: the smallest that is wanted; grows until 10,000 are enough. False: too large for any object. */
bool plan_make(int64_t size, int64_t part_size, struct plan *out);
/* Part i, from 0. */
int64_t plan_at(const struct plan *p, int64_t i);
int64_t plan_length(const struct plan *p, int64_t i);
/* A size that somebody claims, as it goes into a sum: within what an object can have, whatever was claimed. */
int64_t size_to_count(int64_t size);
