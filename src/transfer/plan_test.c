#include "transfer/plan.h"

#include "base/tap.h"

/* The parts lie one behind the other, cover all, and keep S3's limits. */
static bool is_good(int64_t size, int64_t wanted) {
	struct plan p;
	if (!plan_make(size, wanted, &p)) {
		return false;
	}
	int64_t at = 0;
	for (int64_t i = 0; i < p.n; i++) {
		int64_t n = plan_length(&p, i);
		if (plan_at(&p, i) != at || n <= 0 || n > PART_MAX || (i + 1 < p.n && n < PART_MIN)) {
			return false;
		}
		at += n;
	}
	return p.n <= PARTS_MAX && (p.n == 0 || at == size);
}

int main(void) {
	struct plan p;
	static const int64_t sizes[] = { 0,
					 1,
					 PART_SIZE - 1,
					 PART_SIZE,
					 PART_SIZE + 1,
					 1024 * MIB,
					 PART_SIZE * PARTS_MAX,
					 PART_SIZE * PARTS_MAX + 1,
					 1000 * 1000 * MIB,
					 OBJECT_MAX };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		CHECK(is_good(sizes[i], PART_SIZE));
		CHECK(is_good(sizes[i], PART_MIN));
	}
	CHECK(plan_make(PART_SIZE, PART_SIZE, &p) && p.n == 0);
	CHECK(plan_make(PART_SIZE + 1, PART_SIZE, &p) && p.n == 2 && plan_length(&p, 1) == 1);
	CHECK(plan_make(PART_SIZE * PARTS_MAX, PART_SIZE, &p) && p.n == PARTS_MAX && p.part_size == PART_SIZE);
	CHECK(plan_make(PART_SIZE * PARTS_MAX + 1, PART_SIZE, &p) && p.part_size == 9 * MIB);
	CHECK(!plan_make(OBJECT_MAX + 1, PART_SIZE, &p));
	CHECK(size_to_count(5) == 5 && size_to_count(-5) == 0 && size_to_count(INT64_MAX) >= OBJECT_MAX);
	CHECK(size_to_count(INT64_MAX) < INT64_MAX / 10000);
	return tap_done();
}
