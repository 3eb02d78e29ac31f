/* Is a file or an object to be sent again? The rules of `aws s3 sync` (AWS CLI Command Reference, "sync"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum way { WAY_UP, WAY_DOWN, WAY_COPY };

struct facts {
	int64_t size;
	int64_t mtime; /* ms; of an object its LastModified */
};

struct compare_rules {
	bool size_only; /* the time does not matter */
	bool exact_times; /* down: any other time matters, not only a newer file's */
};

bool is_to_send(enum way way, const struct compare_rules *rules, const struct facts *from, const struct facts *to);
