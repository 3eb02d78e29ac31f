#include "base/buf.h"
#include "base/rand.h"
#include "base/tap.h"

static void numbers(void) {
	int64_t i;
	double d;
	CHECK(str_int(S("-42"), &i) && i == -42);
	CHECK(str_int(S("+7"), &i) && i == 7);
	CHECK(str_int(S("-9223372036854775808"), &i) && i == INT64_MIN);
	CHECK(str_uint(S("9223372036854775807"), &i) && i == INT64_MAX);
	CHECK(!str_uint(S("9223372036854775808"), &i));
	CHECK(!str_uint(S("-1"), &i) && !str_uint(S(""), &i) && !str_uint(S("1 "), &i) && !str_int(S("--1"), &i));
	CHECK(str_dbl(S("1.5e3"), &d) && d > 1499 && d < 1501);
	CHECK(!str_dbl(S(" 1"), &d) && !str_dbl(S("0x10"), &d) && !str_dbl(S("1z"), &d) && !str_dbl(S(""), &d));
}

static void utf8(void) {
	CHECK(str_utf8(S("")) && str_utf8(S("a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80")) && str_utf8((str){ "a\0b", 3 }));
	CHECK(!str_utf8(S("\xc0\x80")) && !str_utf8(S("\xed\xa0\x80")) && !str_utf8(S("\xf4\x90\x80\x80")));
	CHECK(!str_utf8(S("\xe6\xbc")) && !str_utf8(S("\xff")) && !str_utf8(S("\x80")) && !str_utf8(S("\xe0\x80\xaf")));
}

static void cuts(void) {
	str head, tail;
	size_t at;
	CHECK(str_cut(S("a=b=c"), '=', &head, &tail));
	CHECK_STR(head, S("a"));
	CHECK_STR(tail, S("b=c"));
	CHECK(!str_cut(S("abc"), '=', &head, &tail) && tail.p == NULL);
	CHECK(str_find(S("hello"), S("ll"), &at) && at == 2);
	CHECK(!str_find(S("hello"), S("lx"), &at));
	CHECK_STR(str_trim(S(" \ta b\t ")), S("a b"));
	CHECK(str_cmp(S("a"), S("ab")) < 0 && str_cmp(S("b"), S("ab")) > 0 && str_cmp(S("\xff"), S("a")) > 0);
	CHECK(str_ieq(S("Content-MD5"), S("content-md5")) && !str_ieq(S("a"), S("b")));
}

static void codes(struct arena *a) {
	str out;
	struct buf b = { .arena = a };
	for (size_t n = 0; n < 40; n++) {
		uint8_t bytes[40];
		rand_bytes(bytes, sizeof(bytes));
		str s = { (const char *)bytes, n };
		struct buf text = { .arena = a }, hex = { .arena = a };
		put_base64(&text, s);
		put_hex(&hex, s);
		CHECK(base64_decode(a, buf_str(&text), &out) && str_eq(out, s));
		CHECK(hex_decode(a, buf_str(&hex), &out) && str_eq(out, s));
	}
	CHECK(!base64_decode(a, S("abc"), &out) && !base64_decode(a, S("ab=c"), &out) &&
	      !base64_decode(a, S("a b="), &out));
	CHECK(base64_decode(a, S("QQ=="), &out) && !base64_decode(a, S("QR=="), &out) &&
	      base64_decode(a, S("QUE="), &out) && !base64_decode(a, S("QUF="), &out));
	CHECK(!base64_decode(a, S("===="), &out) && !base64_decode(a, S("a==="), &out));
	CHECK(!hex_decode(a, S("abc"), &out) && !hex_decode(a, S("zz"), &out));
	uint64_t n;
	CHECK(str_hex(S("00fF"), &n) && n == 255 && str_hex(S("ffffffffffffffff"), &n) && n == UINT64_MAX);
	CHECK(!str_hex(S(""), &n) && !str_hex(S("10000000000000000"), &n) && !str_hex(S("1g"), &n) &&
	      !str_hex(S("-1"), &n));
	put_url(&b, S("a b/c~%\xc3\xa9"), true);
	CHECK_STR(buf_str(&b), S("a%20b/c~%25%C3%A9"));
	CHECK_STR(url_decode(a, S("a%20b+%zz%4")), S("a b+%zz%4"));
	CHECK_STR(url_decode_form(a, S("a+b")), S("a b"));
}

static void texts(struct arena *a) {
	struct buf x = { .arena = a }, j = { .arena = a }, i = { .arena = a };
	put_xml(&x, S("<a & \"b\">\x01\r\n"));
	CHECK_STR(buf_str(&x), S("&lt;a &amp; &quot;b&quot;&gt;&#1;&#13;\n"));
	put_json(&j, S("a\"\\\n\x02"));
	CHECK_STR(buf_str(&j), S("\"a\\\"\\\\\\n\\u0002\""));
	put_int(&i, INT64_MIN);
	put_int(&i, 0);
	CHECK_STR(buf_str(&i), S("-92233720368547758080"));
}

static int ran;

static void count(void *p) {
	ran += *(int *)p;
}

static void arenas(void) {
	struct arena a = { 0 };
	int one = 1, ten = 10;
	arena_defer(&a, count, &one);
	char *before = arena_alloc(&a, 100);
	struct arena_mark m = arena_mark(&a);
	for (int i = 0; i < 100; i++) {
		memset(arena_alloc(&a, 1000), 'x', 1000);
	}
	arena_defer(&a, count, &ten);
	arena_reset(&a, m);
	CHECK_INT(ran, 10);
	char *again = arena_alloc(&a, 1000);
	CHECK(again[0] == 0 && again[999] == 0);
	before[99] = 'y';
	arena_free(&a);
	CHECK_INT(ran, 11);
	CHECK(a.blocks == NULL);
}

int main(void) {
	AUTO_ARENA a = { 0 };
	numbers();
	utf8();
	cuts();
	codes(&a);
	texts(&a);
	arenas();
	return tap_done();
}
