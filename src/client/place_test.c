#include "base/fd.h"
#include "base/tap.h"
#include "client/place.h"

#include <stdlib.h>
#include <unistd.h>

static const char credentials[] =
	"[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = d\n"
	"[live]\naws_access_key_id = AKIALIVE\naws_secret_access_key = l\naws_session_token = t\n"
	"[local]\naws_access_key_id = AKIALOCAL\naws_secret_access_key = o\n";
static const char config[] =
	"[profile live]\nregion = eu-west-1\n"
	"[profile local]\nendpoint_url = http://127.0.0.1:4566/\nregion = us-west-2\n"
	"[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = live\n"
	"external_id = x\n"
	"[profile lost]\nrole_arn = r\nsource_profile = nobody\n"
	"[profile chain]\nrole_arn = r\nsource_profile = role\n"
	"[profile mfa]\nrole_arn = r\nsource_profile = live\nmfa_serial = m\n"
	"[profile sso]\nsso_session = corp\n"
	"[profile process]\ncredential_process = /bin/keys\n"
	"[profile bare]\nregion = us-east-1\n"
	"[profile odd]\nregion = a.evil.example/\naws_access_key_id = A\naws_secret_access_key = s\n";

static const char *const variables[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
					 "AWS_PROFILE",       "AWS_ENDPOINT_URL",      "AWS_REGION",
					 "AWS_DEFAULT_REGION" };

static void forget(void) {
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		unsetenv(variables[i]);
	}
}

static void have_keys(void) {
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "e", 1);
}

static void test_local(void) {
	forget();
	CHECK(wish_is_local(&(struct wish){ 0 }));
	CHECK(!wish_is_local(&(struct wish){ .aws = true }) && !wish_is_local(&(struct wish){ .profile = S("x") }));
	CHECK(!wish_is_local(&(struct wish){ .endpoint = S("x") }));
	CHECK(wish_is_local(&(struct wish){ .region = S("us-west-2") }));
	setenv("AWS_PROFILE", "live", 1);
	CHECK(wish_is_local(&(struct wish){ 0 }));
	have_keys();
	CHECK(wish_is_local(&(struct wish){ 0 }));
	setenv("AWS_ENDPOINT_URL", "http://x", 1);
	CHECK(!wish_is_local(&(struct wish){ 0 }));
	unsetenv("AWS_ACCESS_KEY_ID");
	CHECK(wish_is_local(&(struct wish){ 0 }));
}

static void test_home(struct arena *a) {
	str home = str_dup(a, str_from(getenv("HOME"))), own;
	str config_file = str_dup(a, str_from(getenv("AWS_CONFIG_FILE")));
	unsetenv("AWS_CONFIG_FILE");
	setenv("HOME", "/somewhere", 1);
	CHECK_STR(config_path(a), S("/somewhere/.aws/config"));
	unsetenv("HOME");
	own = home_folder(a); /* of this user, by the system: never the root of all folders */
	CHECK(own.n && !str_is(own, "/somewhere"));
	CHECK_STR(config_path(a), str_printf(a, STR_FMT "/.aws/config", STR_ARG(own)));
	setenv("HOME", str_z(a, home), 1);
	setenv("AWS_CONFIG_FILE", str_z(a, config_file), 1);
}

static void test_profiles(struct arena *a) {
	struct place p;
	str why;
	forget();
	CHECK(place_find(a, &(struct wish){ .profile = S("live") }, &p, &why) && p.aws && !p.endpoint.p);
	CHECK_STR(p.keys.access_key, S("AKIALIVE"));
	CHECK_STR(p.keys.token, S("t"));
	CHECK_STR(p.region, S("eu-west-1"));
	CHECK(place_find(a, &(struct wish){ .profile = S("local"), .region = S("eu-north-1") }, &p, &why) && !p.aws);
	CHECK_STR(p.endpoint, S("http://127.0.0.1:4566/"));
	CHECK_STR(p.region, S("eu-north-1"));
	CHECK(place_find(a, &(struct wish){ .profile = S("role") }, &p, &why));
	CHECK_STR(p.role, S("arn:aws:iam::123456789012:role/r"));
	CHECK_STR(p.external_id, S("x"));
	CHECK_STR(p.keys.access_key, S("AKIALIVE"));
	CHECK(place_find(a, &(struct wish){ .aws = true }, &p, &why));
	CHECK_STR(p.profile, S("default"));
}

static void test_environment(struct arena *a) {
	struct place p;
	str why;
	forget();
	have_keys();
	setenv("AWS_REGION", "ap-south-1", 1);
	CHECK(place_find(a, &(struct wish){ .aws = true }, &p, &why) && !p.profile.n && p.aws);
	CHECK_STR(p.keys.access_key, S("AKIAENV"));
	CHECK(!p.keys.token.p);
	CHECK_STR(p.region, S("ap-south-1"));
	CHECK(place_find(a, &(struct wish){ .profile = S("live") }, &p, &why));
	CHECK_STR(p.keys.access_key, S("AKIALIVE"));
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
	CHECK(place_find(a, &(struct wish){ 0 }, &p, &why) && !p.aws);
	CHECK_STR(p.endpoint, S("http://127.0.0.1:1"));
	CHECK(place_find(a, &(struct wish){ .aws = true, .endpoint = S("http://127.0.0.1:2") }, &p, &why) && p.aws);
	CHECK_STR(p.endpoint, S("http://127.0.0.1:2"));
	CHECK(place_find(a, &(struct wish){ .aws = true, .profile = S("live") }, &p, &why) && p.aws && !p.endpoint.p);
}

/* What is refused, and a word of the sentence. */
static const struct {
	struct wish wish;
	const char *word;
} refusals[] = {
	{ { .profile = { "none", 4 } }, "no profile none" },
	{ { .profile = { "lost", 4 } }, "nobody" },
	{ { .profile = { "chain", 5 } }, "by way of a role" },
	{ { .profile = { "mfa", 3 } }, "MFA" },
	{ { .profile = { "sso", 3 } }, "sso_session" },
	{ { .profile = { "process", 7 } }, "credential_process" },
	{ { .profile = { "bare", 4 } }, "no keys" },
	{ { .profile = { "odd", 3 } }, "no region" },
	{ { .aws = true, .profile = { "local", 5 } }, "belongs to http://127.0.0.1:4566" },
	{ { .profile = { "live", 4 }, .endpoint = { "127.0.0.1:1", 11 } }, "no endpoint" },
};

static void test_refusals(struct arena *a) {
	struct place p;
	size_t at;
	str why;
	forget();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		CHECK(!place_find(a, &refusals[i].wish, &p, &why));
		CHECK(str_find(why, str_from(refusals[i].word), &at) && str_ends(why, S(".")));
	}
	have_keys();
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
	CHECK(!place_find(a, &(struct wish){ .aws = true }, &p, &why) && str_find(why, S("AWS_ENDPOINT_URL"), &at));
	setenv("AWS_CONFIG_FILE", "/", 1);
	CHECK(!place_find(a, &(struct wish){ .profile = S("live") }, &p, &why) &&
	      str_find(why, S("cannot be read"), &at));
	setenv("AWS_CONFIG_FILE", "/dev/null/none", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/at/all", 1);
	forget();
	CHECK(!place_find(a, &(struct wish){ .aws = true }, &p, &why) && str_find(why, S("no keys"), &at));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	char folder[] = "/tmp/aerostat-place-XXXXXX";
	if (!mkdtemp(folder)) {
		return 1;
	}
	const char *one = str_printf(&a, "%s/credentials", folder).p, *two = str_printf(&a, "%s/config", folder).p;
	setenv("AWS_SHARED_CREDENTIALS_FILE", one, 1);
	setenv("AWS_CONFIG_FILE", two, 1);
	CHECK_INT(file_write(one, S(credentials), 0600), 0);
	CHECK_INT(file_write(two, S(config), 0600), 0);
	test_local();
	test_home(&a);
	test_profiles(&a);
	test_environment(&a);
	test_refusals(&a);
	unlink(one);
	unlink(two);
	rmdir(folder);
	return tap_done();
}
