#include "transfer/compare.h"

/* LastModified has whole seconds. */
static int64_t seconds(int64_t ms) {
	return ms / 1000;
}

bool is_to_send(enum way way, const struct compare_rules *rules, const struct facts *from, const struct facts *to) {
	int64_t newer = seconds(from->mtime) - seconds(to->mtime);
	if (from->size != to->size) {
		return true;
	}
	if (rules->size_only) {
		return false;
	}
	if (way == WAY_DOWN) {
		return rules->exact_times ? newer != 0 : newer < 0;
	}
	return newer > 0;
}
