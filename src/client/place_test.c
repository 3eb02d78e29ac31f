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
	"[profile itself]\nrole_arn = r\nsource_profile = itself\naws_access_key_id = AKIASELF\n"
	"aws_secret_access_key = s\n"
	"[profile loop]\nrole_arn = r\nsource_profile = loop2\n[profile loop2]\nrole_arn = r\nsource_profile = loop\n"
	"[profile both]\nrole_arn = r\nsource_profile = live\ncredential_source = Environment\n"
	"[profile moon]\nrole_arn = r\ncredential_source = Moon\n[profile nothing]\nrole_arn = r\n"
	"[profile short]\nrole_arn = r\nsource_profile = live\nduration_seconds = 60\n"
	"[profile half]\naws_access_key_id = A\n[profile web]\nrole_arn = r\nweb_identity_token_file = t\n"
	"[profile served]\nservices = mine\nendpoint_url = http://127.0.0.1:1\naws_access_key_id = A\n"
	"aws_secret_access_key = s\n[services mine]\ns3 =\n  endpoint_url = http://127.0.0.1:2\nsts =\n"
	"  other = x\n  endpoint_url = http://127.0.0.1:3\n"
	"[profile bare]\nregion = us-east-1\n"
	"[profile odd]\nregion = a.evil.example/\naws_access_key_id = A\naws_secret_access_key = s\n";

static const char *const variables[] = { "AWS_ACCESS_KEY_ID",
					 "AWS_SECRET_ACCESS_KEY",
					 "AWS_SESSION_TOKEN",
					 "AWS_PROFILE",
					 "AWS_ENDPOINT_URL",
					 "AWS_REGION",
					 "AWS_DEFAULT_REGION",
					 "AWS_ENDPOINT_URL_S3",
					 "AWS_ENDPOINT_URL_STS",
					 "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
					 "AWS_WEB_IDENTITY_TOKEN_FILE",
					 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
					 "AWS_CONTAINER_CREDENTIALS_FULL_URI",
					 "AWS_EC2_METADATA_SERVICE_ENDPOINT" };

static void forget(void) {
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		unsetenv(variables[i]);
	}
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
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
	CHECK(wish_is_local(&(struct wish){ 0 }) && !wish_is_local(&(struct wish){ .service = "s3" }));
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	CHECK(wish_is_local(&(struct wish){ .service = "s3" }));
	forget();
	setenv("AWS_ENDPOINT_URL_S3", "http://x", 1);
	CHECK(wish_is_local(&(struct wish){ 0 }) && wish_is_local(&(struct wish){ .service = "iam" }));
	CHECK(!wish_is_local(&(struct wish){ .service = "s3" }));
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
	CHECK_INT(p.source->kind, KEYS_OF_ROLE);
	CHECK_STR(p.source->role, S("arn:aws:iam::123456789012:role/r"));
	CHECK_STR(p.source->external_id, S("x"));
	CHECK_STR(p.source->by->keys.access_key, S("AKIALIVE"));
	CHECK_STR(p.account, S("123456789012"));
	CHECK(place_find(a, &(struct wish){ .profile = S("chain") }, &p, &why));
	CHECK_STR(p.source->by->by->keys.access_key, S("AKIALIVE"));
	CHECK(place_find(a, &(struct wish){ .profile = S("process") }, &p, &why));
	CHECK_STR(p.source->command, S("/bin/keys"));
	CHECK(place_find(a, &(struct wish){ .profile = S("itself") }, &p, &why));
	CHECK_STR(p.source->by->keys.access_key, S("AKIASELF"));
	CHECK(place_find(a, &(struct wish){ .aws = true }, &p, &why));
	CHECK_STR(p.profile, S("default"));
}

static void test_services(struct arena *a) {
	struct place p;
	str why;
	forget();
	CHECK(place_find(a, &(struct wish){ .profile = S("served"), .service = "s3" }, &p, &why));
	CHECK_STR(place_endpoint(&p, "s3"), S("http://127.0.0.1:2"));
	CHECK_STR(place_endpoint(&p, "sts"), S("http://127.0.0.1:3"));
	CHECK(place_find(a, &(struct wish){ .profile = S("served"), .service = "iam" }, &p, &why));
	CHECK_STR(place_endpoint(&p, "iam"), S("http://127.0.0.1:1"));
	setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4", 1);
	CHECK(place_find(a, &(struct wish){ .profile = S("served"), .service = "s3" }, &p, &why));
	CHECK_STR(place_endpoint(&p, "s3"), S("http://127.0.0.1:4"));
	CHECK(!place_find(a, &(struct wish){ .profile = S("served"), .aws = true }, &p, &why));
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	CHECK(place_find(a, &(struct wish){ .profile = S("served"), .service = "s3" }, &p, &why) && p.aws);
}

/* What is not said by the user is the machine's. */
static void test_machine(struct arena *a) {
	struct place p;
	str why;
	forget();
	unsetenv("AWS_EC2_METADATA_DISABLED");
	CHECK(place_find(a, &(struct wish){ .profile = S("bare") }, &p, &why));
	CHECK_INT(p.source->kind, KEYS_OF_INSTANCE);
	CHECK_STR(p.source->url, S("http://169.254.169.254"));
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:5/", 1);
	CHECK(place_find(a, &(struct wish){ .profile = S("bare") }, &p, &why));
	CHECK_STR(p.source->url, S("http://127.0.0.1:5"));
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x", 1);
	CHECK(place_find(a, &(struct wish){ .profile = S("bare") }, &p, &why));
	CHECK_INT(p.source->kind, KEYS_OF_CONTAINER);
	CHECK_STR(p.source->url, S("http://169.254.170.2/v2/credentials/x"));
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/", 1);
	CHECK(!place_find(a, &(struct wish){ .profile = S("bare") }, &p, &why));
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ".evil.example/", 1);
	CHECK(!place_find(a, &(struct wish){ .profile = S("bare") }, &p, &why));
	forget();
	CHECK(container_url_is_good(S("http://169.254.170.2/x")) && container_url_is_good(S("http://127.0.0.2:80/x")));
	CHECK(container_url_is_good(S("http://[fd00:ec2::23]/x")) && container_url_is_good(S("https://a.example/x")));
	CHECK(container_url_is_good(S("http://[::1]:1/x")) && container_url_is_good(S("http://169.254.170.23:80/x")));
	CHECK(!container_url_is_good(S("http://169.254.170.2.evil.example/x")));
	CHECK(!container_url_is_good(S("http://127.0.0.1.evil.example/x")));
	CHECK(!container_url_is_good(S("http://10.0.0.1/x")) && !container_url_is_good(S("file:///etc/passwd")));
}

static void test_accounts(struct arena *a) {
	struct place p;
	str why;
	forget();
	setenv("AWS_ACCESS_KEY_ID", "ASIAQNZGKIQY56JQ7WML", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	CHECK(place_find(a, &(struct wish){ .aws = true }, &p, &why));
	CHECK_STR(p.account, S("029608264753"));
	setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", 1);
	CHECK(place_find(a, &(struct wish){ .aws = true }, &p, &why) && !p.account.n);
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
	{ { .profile = { "loop", 4 } }, "back to loop" },
	{ { .profile = { "both", 4 } }, "take one" },
	{ { .profile = { "moon", 4 } }, "credential_source Moon" },
	{ { .profile = { "nothing", 7 } }, "no source_profile" },
	{ { .profile = { "short", 5 } }, "from 900 to 43200" },
	{ { .profile = { "half", 4 } }, "no aws_secret_access_key" },
	{ { .profile = { "web", 3 } }, "web_identity_token_file" },
	{ { .profile = { "mfa", 3 } }, "MFA" },
	{ { .profile = { "sso", 3 } }, "sso_session" },
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
	setenv("AWS_ACCESS_KEY_ID", "A", 1);
	CHECK(!place_find(a, &(struct wish){ .aws = true }, &p, &why) &&
	      str_find(why, S("AWS_SECRET_ACCESS_KEY"), &at));
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
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/t", 1);
	CHECK(!place_find(a, &(struct wish){ .aws = true }, &p, &why) && str_find(why, S("web identity"), &at));
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
	test_services(&a);
	test_machine(&a);
	test_accounts(&a);
	test_environment(&a);
	test_refusals(&a);
	unlink(one);
	unlink(two);
	rmdir(folder);
	return tap_done();
}
