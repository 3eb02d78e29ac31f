#include "wire/tree.h"

#include "base/tap.h"

static const char *const good[] = {
	"{}",
	"[]",
	"\"\"",
	"0",
	"-0",
	"-1.5e+10",
	"1E5",
	"true",
	"false",
	"null",
	" [ 1 , 2 ] ",
	"{\"a\":{\"b\":[{}]}}",
	"\"\\u00e9\\ud83d\\ude00\\n\"",
};

static const char *const bad[] = {
	"",
	" ",
	"{",
	"}",
	"[1,]",
	"[,1]",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{a:1}",
	"01",
	"1.",
	".5",
	"-",
	"1e",
	"+1",
	"tru",
	"nul",
	"\"\\x\"",
	"\"\\ud800\"",
	"\"\\udc00\"",
	"\"\\u12\"",
	"\"\n\"",
	"\"a",
	"1 2",
	"{\"a\":1,\"a\":2}",
	"\"\xff\"",
	"[1}",
	"\"\\",
	"\"\\ud83d\\u0041\"",
};

static struct arena arena;

static void test_depth(void) {
	char text[200];
	memset(text, '[', 100);
	memset(text + 100, ']', 100);
	CHECK(tree_read(&arena, (str){ text + 40, 120 }) != NULL);
	CHECK(!tree_read(&arena, (str){ text, 200 }));
	CHECK(!tree_read(&arena, (str){ text, 100 }));
}

/* Where it goes wrong: line and column. */
static const struct {
	const char *text;
	size_t line, column;
} places[] = {
	{ "", 1, 1 },
	{ "{\n  \"a\": [1,\n 2,]\n}", 3, 4 },
	{ "{\"a\":1,\n \"b\":2,\"a\":3}", 2, 8 },
	{ "[\"\xc3\xa9\", tru]", 1, 7 },
	{ "{\"a\" 1}", 1, 6 },
	{ "{} {}", 1, 4 },
	{ "[1", 1, 3 },
};

static void test_places(void) {
	const char *at;
	size_t line, column;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		str text = str_from(places[i].text);
		CHECK(!tree_read_at(&arena, text, &at));
		text_place(text, at, &line, &column);
		CHECK_INT(line, places[i].line);
		CHECK_INT(column, places[i].column);
	}
	const struct tree *t = tree_read(&arena, S(" {\"a\" : [ 1 , {} ] }"));
	CHECK_STR(t->raw, S("{\"a\" : [ 1 , {} ] }"));
	CHECK_STR(t->first->raw, S("[ 1 , {} ]"));
	CHECK(t->first->at[0] == '"' && t->first->at[1] == 'a');
	CHECK_STR(t->first->first->next->raw, S("{}"));
}

/* Names are compared in n log n: a hundred thousand of them take no time that anybody would see. */
static void test_many_names(void) {
	struct buf b = { .arena = &arena };
	putz(&b, "{\"0\":0");
	for (int i = 1; i < 100000; i++) {
		putf(&b, ",\"%d\":0", i);
	}
	putz(&b, "}");
	CHECK(tree_read(&arena, buf_str(&b)) != NULL);
	b.n--;
	putz(&b, ",\"77\":0}");
	CHECK(!tree_read(&arena, buf_str(&b)));
}

int main(void) {
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		tap_check(tree_read(&arena, str_from(good[i])) != NULL, __FILE__, __LINE__,
			  str_printf(&arena, "good[%zu]", i).p);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		tap_check(!tree_read(&arena, str_from(bad[i])), __FILE__, __LINE__,
			  str_printf(&arena, "bad[%zu]", i).p);
	}
	const struct tree *t = tree_read(&arena, S("{\"a\":\"x\\u00e9\",\"b\":[1,true],\"\":null}"));
	CHECK_STR(tree_text(tree_get(t, "a")), S("x\xc3\xa9"));
	CHECK_INT(tree_get(t, "b")->first->kind, TREE_NUMBER);
	CHECK_STR(tree_get(t, "b")->first->next->s, S("true"));
	CHECK_INT(tree_get(t, "")->kind, TREE_NULL);
	CHECK(!tree_get(t, "c"));
	CHECK(!tree_text(tree_get(t, "b")).p);
	test_depth();
	test_places();
	test_many_names();
	arena_free(&arena);
	return tap_done();
}
