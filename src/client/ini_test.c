#include "base/tap.h"
#include "client/ini.h"

static const struct ini_section dev = { .profile = { "dev", 3 } },
				dev_config = { .profile = { "dev", 3 }, .config = true };

static const char credentials[] = "# keys of the whole team\n"
				  "[default]\naws_access_key_id=AKIAD\naws_secret_access_key = se/c+ret=\n\n"
				  "; mine\n[ dev ]\naws_access_key_id = AKIA1 # old\nAWS_SECRET_ACCESS_KEY= x\n"
				  "aws_session_token = t\n\n[other]\n  nested = 1\nregion : eu-west-1";

static void test_get(void) {
	str t = S(credentials);
	CHECK(ini_has(t, dev) && !ini_has(t, dev_config) && !ini_has(t, (struct ini_section){ .profile = S("none") }));
	CHECK_STR(ini_get(t, dev, "aws_access_key_id"), S("AKIA1"));
	CHECK_STR(ini_get(t, dev, "aws_secret_access_key"), S("x"));
	CHECK_STR(ini_get(t, (struct ini_section){ .profile = S("default"), .config = true }, "aws_secret_access_key"),
		  S("se/c+ret="));
	CHECK_STR(ini_get(t, (struct ini_section){ .profile = S("other") }, "region"), S("eu-west-1"));
	CHECK(!ini_get(t, (struct ini_section){ .profile = S("other") }, "nested").p);
	CHECK(!ini_get(t, dev, "region").p);
}

static void test_names(void) {
	str t = S("[profile   dev]\nregion=a\n[profile \"two "
		  "words\"]\nregion=b\n[profiledev]\nregion=c\n[dev]\nregion=d\n");
	CHECK_STR(ini_get(t, dev_config, "region"), S("a"));
	CHECK_STR(ini_get(t, (struct ini_section){ .profile = S("two words"), .config = true }, "region"), S("b"));
	CHECK_STR(ini_get(t, dev, "region"), S("d"));
}

static void test_odd_text(void) {
	static const char *const odd[] = { "",
					   "\n",
					   "[",
					   "]",
					   "[]",
					   "=",
					   "[dev",
					   "[dev]",
					   "\xff\xfe[\n=\n",
					   "region=x",
					   "\r\n[dev]\r\n",
					   " \t\n#\n;",
					   "[x]\n[y\r",
					   "\r" };
	AUTO_ARENA a = { 0 };
	struct ini_setting s = { "region", S("here") };
	struct ini_change c = { .section = dev, .settings = &s, .n = 1 };
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		str out = ini_set(&a, str_from(odd[i]), &c);
		CHECK_STR(ini_get(out, dev, "region"), S("here"));
		CHECK(str_starts(out, str_from(odd[i])));
		CHECK_STR(ini_set(&a, out, &c), out);
	}
}

static void test_change(void) {
	AUTO_ARENA a = { 0 };
	struct ini_setting s[] = { { "aws_access_key_id", S("AKIA2") },
				   { "aws_session_token", { 0 } },
				   { "new", S("n") } };
	struct ini_change c = { .section = dev, .settings = s, .n = 3 };
	CHECK_STR(ini_set(&a, S(credentials), &c),
		  S("# keys of the whole team\n"
		    "[default]\naws_access_key_id=AKIAD\naws_secret_access_key = se/c+ret=\n\n"
		    "; mine\n[ dev ]\naws_access_key_id = AKIA2\nAWS_SECRET_ACCESS_KEY= x\nnew = n\n\n"
		    "[other]\n  nested = 1\nregion : eu-west-1"));
}

static void test_append(void) {
	AUTO_ARENA a = { 0 };
	struct ini_setting s[] = { { "region", S("us-east-1") } };
	struct ini_change c = { .section = dev_config, .settings = s, .n = 1, .note = S("user dev") };
	CHECK_STR(ini_set(&a, S(""), &c), S("[profile dev]\n# made by aerostat: user dev\nregion = us-east-1\n"));
	str once = ini_set(&a, S("[default]\r\noutput = json"), &c);
	CHECK_STR(once, S("[default]\r\noutput = json\r\n\r\n[profile dev]\r\n# made by aerostat: user dev\r\n"
			  "region = us-east-1\r\n"));
	CHECK_STR(ini_note(once, dev_config), S("user dev"));
	CHECK_STR(ini_set(&a, once, &c), once);
}

static void test_only(void) {
	AUTO_ARENA a = { 0 };
	struct ini_setting s[] = { { "region", S("r") } };
	struct ini_change c = { .section = dev_config, .settings = s, .n = 1, .note = S("new"), .only = true };
	str text = S("[profile dev]\n# made by aerostat: old\n# mine\nrole_arn = x\ns3 =\n  nested = 1\nregion=q\n\n"
		     "# next\n[profile z]\nrole_arn = y\ns3 =\n  nested = 2\n");
	CHECK_STR(ini_set(&a, text, &c), S("[profile dev]\n# made by aerostat: new\n# mine\nregion = r\n\n"
					   "# next\n[profile z]\nrole_arn = y\ns3 =\n  nested = 2\n"));
}

int main(void) {
	test_get();
	test_names();
	test_odd_text();
	test_change();
	test_append();
	test_only();
	return tap_done();
}
