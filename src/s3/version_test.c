#include "s3/object_rows.h"

#include "base/tap.h"

static void check_round_trip(struct arena *a, int64_t seq) {
	int64_t got = 1;
	str v = version_make(a, seq);
	CHECK_INT(v.n, 32);
	CHECK(version_seq(v, &got));
	CHECK_INT(got, seq);
	CHECK(version_plausible(v));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	int64_t seq;
	static const int64_t seqs[] = { -1, 0, 1, -1000000, INT64_MIN, INT64_MAX };
	for (size_t i = 0; i < sizeof(seqs) / sizeof(*seqs); i++) {
		check_round_trip(&a, seqs[i]);
	}
	CHECK(!str_eq(version_make(&a, -1), version_make(&a, -1)));
	CHECK(version_plausible(S("null")));
	CHECK(!version_plausible(S("")));
	CHECK(!version_plausible(S("NULL")));
	CHECK(!version_seq(S("null"), &seq));
	CHECK(!version_seq(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &seq)); /* 31 */
	CHECK(!version_seq(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-"), &seq));
	CHECK(!version_seq(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0"), &seq));
	CHECK(!version_seq(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xff"), &seq));
	return tap_done();
}
