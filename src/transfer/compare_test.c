#include "transfer/compare.h"

#include "base/tap.h"

/* By the difference of the source's time to the target's: older, the same (in seconds), newer. */
static const struct {
	enum way way;
	struct compare_rules rules;
	bool older, same, newer;
} cases[] = {
	{ WAY_UP, { false, false }, false, false, true },   { WAY_UP, { true, false }, false, false, false },
	{ WAY_UP, { false, true }, false, false, true },    { WAY_COPY, { false, false }, false, false, true },
	{ WAY_DOWN, { false, false }, true, false, false }, { WAY_DOWN, { false, true }, true, false, true },
	{ WAY_DOWN, { true, true }, false, false, false },
};

int main(void) {
	const int64_t now = 1700000000000;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct facts to = { 5, now }, older = { 5, now - 1000 }, same = { 5, now + 999 },
			     newer = { 5, now + 1000 };
		struct facts other = { 6, now };
		CHECK(is_to_send(cases[i].way, &cases[i].rules, &older, &to) == cases[i].older);
		CHECK(is_to_send(cases[i].way, &cases[i].rules, &same, &to) == cases[i].same);
		CHECK(is_to_send(cases[i].way, &cases[i].rules, &newer, &to) == cases[i].newer);
		CHECK(is_to_send(cases[i].way, &cases[i].rules, &other, &to));
	}
	return tap_done();
}
