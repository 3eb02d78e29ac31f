#include "policy/room.h"

#include "base/tap.h"

static struct arena arena;

static const struct {
	const char *pattern, *text;
	bool matches;
} rows[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "*", "abc", true },
	{ "?", "", false },
	{ "?", "a", true },
	{ "?", "ab", false },
	{ "**", "", true },
	{ "a*", "a", true },
	{ "a*", "b", false },
	{ "*a", "ba", true },
	{ "*a", "ab", false },
	{ "a*a", "a", false },
	{ "a*a", "aa", true },
	{ "a*b*c", "abc", true },
	{ "a*b*c", "axxbxxc", true },
	{ "a*b*c", "axxcxxb", false },
	{ "*ab*", "aab", true },
	{ "*ab*ab*", "abab", true },
	{ "*ab*ab*", "aba", false },
	{ "*?*?*", "a", false },
	{ "*?*?*", "ab", true },
	{ "?*?", "a", false },
	{ "?*?", "ab", true },
	{ "*a?c*", "xxabcxx", true },
	{ "*a?c*", "xxacxx", false },
	{ "*?a", "a", false },
	{ "*?a", "ba", true },
	{ "*a?b*a?b*", "axbayb", true },
	{ "*a?b*a?b*", "axbab", false },
	{ "a?*", "a", false },
	{ "*a?a*", "aaa", true },
	{ "\xc3\xa9*", "\xc3\xa9", true },
	{ "?", "\xc3\xa9", true },
	{ "??", "\xc3\xa9", false },
	{ "*x?y*", "ax\xf0\x9f\x98\x80yb", true },
	{ "*?", "\xe2\x82\xac", true },
	{ "a?", "a\xe2\x82\xac", true },
};

/* The matcher that everybody knows, as slow as it likes. */
static bool slow(str p, str t) {
	if (p.n == 0) {
		return t.n == 0;
	}
	if (p.p[0] == '*') {
		return slow(str_skip(p, 1), t) || (t.n && slow(p, str_skip(t, 1)));
	}
	return t.n && (p.p[0] == '?' || p.p[0] == t.p[0]) && slow(str_skip(p, 1), str_skip(t, 1));
}

/* Every pattern of up to five of "ab*?" against every text of up to five of "ab". */
static void test_all_small(void) {
	size_t wrong = 0;
	for (unsigned i = 0; i < 5 * 5 * 5 * 5 * 5; i++) {
		char pattern[6] = "", text[6] = "";
		for (unsigned k = 0, n = i; k < 5; k++, n /= 5) {
			strncat(pattern, &"\0\0a\0b\0*\0?"[2 * (n % 5)], 1);
		}
		for (unsigned j = 0; j < 3 * 3 * 3 * 3 * 3; j++) {
			text[0] = 0;
			for (unsigned k = 0, n = j; k < 5; k++, n /= 3) {
				strncat(text, &"\0\0a\0b"[2 * (n % 3)], 1);
			}
			wrong += glob_match(str_from(pattern), str_from(text)) !=
				 slow(str_from(pattern), str_from(text));
		}
	}
	CHECK_INT(wrong, 0);
}

static str repeat(const char *unit, size_t n, const char *last) {
	struct buf b = { .arena = &arena };
	for (size_t i = 0; i < n; i++) {
		putz(&b, unit);
	}
	putz(&b, last);
	return buf_str(&b);
}

/* Work that grows with pattern and text, not with their product. */
static void test_hostile(void) {
	static const struct {
		const char *unit, *last;
	} hostile[] = { { "*?", "" },     { "*a", "b" }, { "*", "b" },  { "?*", "b" },  { "*a?", "b" },
			{ "*a?a", "*b" }, { "a*", "b" }, { "a", "*b" }, { "*aa", "*" }, { "??*", "*" } };
	for (size_t n = 1000; n <= 16000; n *= 4) {
		str text = repeat("a", n, "");
		for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
			struct glob g = { .star = '*', .any = '?' };
			str pattern = repeat(hostile[i].unit, n, hostile[i].last);
			glob_run(&g, pattern, text);
			str what = str_printf(&arena, "%zu of \"%s\": %zu steps", n, hostile[i].unit, g.steps);
			tap_check(g.steps < 64 * (pattern.n + text.n), __FILE__, __LINE__, what.p);
		}
	}
}

/* One long piece with a '?' in it, that nearly matches everywhere: a 64th of the product. */
static void test_long_piece(void) {
	struct glob g = { .star = '*', .any = '?' };
	str pattern = str_printf(&arena, "*" STR_FMT "?" STR_FMT "b*", STR_ARG(repeat("a", 500, "")),
				 STR_ARG(repeat("a", 499, "")));
	CHECK(!glob_run(&g, pattern, repeat("a", 2000, "")));
	CHECK(g.steps < 2000 * 1000 / 64 + 64 * 3000);
	CHECK(glob_match(pattern, repeat("a", 1500, "b")));
}

static void test_resource_fields(void) {
	struct glob g = { .star = '*', .any = '?' };
	str arn = str_printf(&arena, "arn:aws:s3:::" STR_FMT, STR_ARG(repeat(":a", 500, "")));
	CHECK(!glob_resource(&g, S("arn:*:*:*:*:b"), arn));
	CHECK(g.steps < 64 * arn.n);
	CHECK(glob_resource(&g, S("arn:*:*:*:*:a"), arn));
	CHECK(glob_resource(&g, S("arn:*:a"), arn));
	CHECK(!glob_resource(&g, S("arn:a*s:s3:::*b"), arn));
}

static void test_arn(void) {
	CHECK(arn_match(S("*"), S("arn:aws:s3:::b/k")));
	CHECK(arn_match(S("arn:aws:s3:::b/*"), S("arn:aws:s3:::b/k:l")));
	CHECK(arn_match(S("arn:*:s3:::b/k"), S("arn:aws:s3:::b/k")));
	CHECK(!arn_match(S("arn:*:b/k"), S("arn:aws:s3:::b/k")));
	CHECK(arn_match(S("arn:aws:s3:*"), S("arn:aws:s3:::b/k")));
	CHECK(!arn_match(S("arn:aws:s3"), S("arn:aws:s3:::b/k")));
	CHECK(arn_match(S("arn:aws:s?"), S("arn:aws:s3")));
	CHECK(arn_match(S("role"), S("role")) && !arn_match(S("role"), S("")) && !arn_match(S(""), S("role")));
	CHECK(!arn_match(S("arn:aws:s3:::b"), S("arn:aws:s3")));
	CHECK(glob_match_case(S("S3:get*"), S("s3:GetObject")));
	CHECK(glob_match_case(S("*G?T*"), S("s3:getObject")));
	CHECK(!glob_match(S("S3:get*"), S("s3:GetObject")));
}

int main(void) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		str what = str_printf(&arena, "\"%s\" on \"%s\"", rows[i].pattern, rows[i].text);
		tap_check(glob_match(str_from(rows[i].pattern), str_from(rows[i].text)) == rows[i].matches, __FILE__,
			  __LINE__, what.p);
	}
	test_all_small();
	test_hostile();
	test_long_piece();
	test_resource_fields();
	test_arn();
	arena_free(&arena);
	return tap_done();
}
