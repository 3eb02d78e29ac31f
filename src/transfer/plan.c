#include "transfer/plan.h"

#define COUNTED_MAX (1LL << 47) /* 128 TiB */

bool plan_make(int64_t size, int64_t part_size, struct plan *out) {
	if (size > OBJECT_MAX) {
		return false;
	}
	int64_t need = (size + PARTS_MAX - 1) / PARTS_MAX;
	need = (need + MIB - 1) / MIB * MIB;
	*out = (struct plan){ .size = size, .part_size = part_size > need ? part_size : need };
	out->n = size > out->part_size ? (size + out->part_size - 1) / out->part_size : 0;
	return true;
}

int64_t size_to_count(int64_t size) {
	return size < 0 ? 0 : size < COUNTED_MAX ? size : COUNTED_MAX;
}

int64_t plan_at(const struct plan *p, int64_t i) {
	return i * p->part_size;
}

int64_t plan_length(const struct plan *p, int64_t i) {
	int64_t left = p->size - plan_at(p, i);
	return left < p->part_size ? left : p->part_size;
}
