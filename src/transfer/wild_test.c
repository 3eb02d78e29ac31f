#include "transfer/wild.h"

#include "base/tap.h"

static const struct {
	const char *pattern, *text;
	bool path, flat;
} cases[] = {
	{ "", "", true, true },
	{ "", "a", false, false },
	{ "a", "", false, false },
	{ "a*", "a", true, true },
	{ "*", "", true, true },
	{ "*.pth", "model.pth", true, true },
	{ "*.pth", "a/model.pth", false, true },
	{ "**.pth", "a/b/model.pth", true, true },
	{ "models/*.pth", "models/a.pth", true, true },
	{ "models/*.pth", "models/x/a.pth", false, true },
	{ "models/**/a.pth", "models/x/y/a.pth", true, true },
	{ "**/v*/a", "x/v1/y/v2/a", true, true },
	{ "**/v*/a", "x/v1/y/w2/a", false, true },
	{ "?.txt", "a.txt", true, true },
	{ "?.txt", ".txt", false, false },
	{ "a?b", "a/b", false, true },
	{ "[a-c]1", "b1", true, true },
	{ "[!a-c]1", "b1", false, false },
	{ "[^a-c]1", "d1", true, true },
	{ "[]x]", "]", true, true },
	{ "[ab", "[ab", true, true },
	{ "a\\*b", "a*b", true, true },
	{ "a\\*b", "axb", false, false },
	{ "a\\b", "a\\b", true, true },
	{ "a\\\\*", "a\\b", true, true },
	{ "a\\", "a\\", true, true },
	{ "*a*b*c*", "xxaxxbxxcxx", true, true },
	{ "*a*b*c*", "xxaxxcxxbxx", false, false },
	{ "a[/]b", "a/b", false, true },
	{ "*\xc3\xa4*", "b\xc3\xa4r", true, true },
};

static void test_cases(void) {
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		str p = str_from(cases[i].pattern), t = str_from(cases[i].text);
		bool good =
			wild_match(p, t, WILD_PATH) == cases[i].path && wild_match(p, t, WILD_FLAT) == cases[i].flat;
		if (!good) {
			printf("# %s on %s\n", cases[i].pattern, cases[i].text);
		}
		CHECK(good);
	}
}

/* Stars one behind the other must not cost a time that grows with their number's power. */
static void test_hostile(void) {
	char text[4096];
	memset(text, 'a', sizeof(text));
	CHECK(!wild_match(S("*a*a*a*a*a*a*a*a*a*a*a*a*b"), (str){ text, sizeof(text) }, WILD_FLAT));
	CHECK(!wild_match(S("**a*a**a*a**a*a**a*b"), (str){ text, sizeof(text) }, WILD_PATH));
}

static void test_parts(void) {
	AUTO_ARENA a = { 0 };
	CHECK(wild_is(S("a*")) && wild_is(S("a[b]")) && !wild_is(S("a\\*b")) && !wild_is(S("a")) && !wild_is(S("a\\")));
	CHECK_STR(wild_prefix(&a, S("models/v\\*1/*.pth")), S("models/v*1/"));
	CHECK_STR(wild_prefix(&a, S("plain\\x\\[1\\]")), S("plain\\x[1]"));
}

static void test_filters(void) {
	struct filters f = { .v = { { false, S("*") }, { true, S("*.txt") }, { false, S("a/*") } }, .n = 3 };
	CHECK(filters_let(&f, S("b.txt")));
	CHECK(!filters_let(&f, S("b.bin")));
	CHECK(!filters_let(&f, S("a/b.txt")));
	f.n = 0;
	CHECK(filters_let(&f, S("anything")));
}

int main(void) {
	test_cases();
	test_hostile();
	test_parts();
	test_filters();
	return tap_done();
}
