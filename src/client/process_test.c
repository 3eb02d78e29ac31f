#include "base/tap.h"
#include "client/credentials.h"

static void test_words(struct arena *a) {
	char **w = command_words(a, S("  /bin/x  'a b'\t\"c\\\"d\" e\\ f g'h'\"i\" '' \"$X\\n\" "));
	CHECK(w && w[6] && !w[7]);
	if (w) {
		CHECK_STR(str_from(w[0]), S("/bin/x"));
		CHECK_STR(str_from(w[1]), S("a b"));
		CHECK_STR(str_from(w[2]), S("c\"d"));
		CHECK_STR(str_from(w[3]), S("e f"));
		CHECK_STR(str_from(w[4]), S("ghi"));
		CHECK(w[5] && !*w[5]);
		CHECK_STR(str_from(w[6]), S("$X\\n"));
	}
	CHECK(!command_words(a, S("")) && !command_words(a, S("   ")));
	CHECK(!command_words(a, S("a 'b")) && !command_words(a, S("a \"b\\\"")));
	CHECK(!command_words(a, (str){ "a\0b", 3 }));
	struct buf many = { .arena = a };
	for (int i = 0; i < 300; i++) {
		putz(&many, "x ");
	}
	CHECK(!command_words(a, buf_str(&many)));
}

static void test_grants(struct arena *a) {
	struct grant g;
	str why;
	CHECK(grant_read(a, S("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}"), "Token", &g, &why));
	CHECK(g.expires == INT64_MAX && !g.keys.token.p && !g.account.p);
	CHECK(grant_read(a,
			 S("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Code\":\"Success\","
			   "\"Expiration\":\"1970-01-01T00:00:01Z\",\"AccountId\":\"123456789012\"}"),
			 "Token", &g, &why));
	CHECK_INT(g.expires, 1000);
	CHECK_STR(g.keys.token, S("t"));
	CHECK_STR(g.account, S("123456789012"));
	CHECK(!grant_read(a, S(""), "Token", &g, &why) && !grant_read(a, S("[]"), "Token", &g, &why));
	CHECK(!grant_read(a, S("{\"AccessKeyId\":1,\"SecretAccessKey\":\"s\"}"), "Token", &g, &why));
	CHECK(!grant_read(a, S("{\"Code\":\"Failed\",\"AccessKeyId\":\"A\"}"), "Token", &g, &why));
	CHECK_STR(why, S("says Failed: "));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	test_words(&a);
	test_grants(&a);
	return tap_done();
}
