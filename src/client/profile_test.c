#include "base/fd.h"
#include "base/tap.h"
#include "client/profile.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *credentials, *config;

static const char team[] = "# of the team\n[default]\naws_access_key_id = AKIAD\naws_secret_access_key = d\n";

static str text_of(struct arena *a, const char *path) {
	str text = { 0 };
	file_read(a, path, 65536, &text);
	return text;
}

static mode_t mode_of(const char *path) {
	struct stat st;
	return lstat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static struct profile dev(void) {
	return (struct profile){ S("dev"),
				 S("user dev, account 1"),
				 { S("AKIA1"), S("s/1"), { 0 } },
				 S("http://127.0.0.1:4566"),
				 S("us-east-1") };
}

static void test_new(struct arena *a) {
	struct profile p = dev(), back;
	str why;
	CHECK(profile_may_write(a, &p, false, &why) && profile_write(a, &p, &why));
	CHECK_INT(mode_of(credentials), 0600);
	CHECK_STR(text_of(a, config), S("[profile dev]\n# made by aerostat: user dev, account 1\nregion = us-east-1\n"
					"endpoint_url = http://127.0.0.1:4566\n"));
	CHECK(profile_read(a, S("dev"), &back, &why));
	CHECK_STR(back.keys.secret, S("s/1"));
	CHECK_STR(back.note, p.note);
}

static void test_among_others(struct arena *a) {
	struct profile p = dev();
	str why;
	CHECK_INT(file_write(credentials, S(team), 0644), 0);
	CHECK_INT(file_write(config, S("[default]\nregion=eu-west-1"), 0644), 0);
	CHECK(profile_may_write(a, &p, false, &why) && profile_write(a, &p, &why));
	CHECK_INT(mode_of(credentials), 0600);
	CHECK_INT(mode_of(config), 0644);
	CHECK(str_starts(text_of(a, credentials), S(team)));
	CHECK(str_starts(text_of(a, config), S("[default]\nregion=eu-west-1\n")));
	p.keys.access_key = S("AKIA2");
	p.endpoint = S("http://127.0.0.1:5000");
	CHECK(profile_may_write(a, &p, false, &why) && profile_write(a, &p, &why));
	CHECK_STR(text_of(a, credentials), str_printf(a,
						      "%s\n[dev]\naws_access_key_id = AKIA2\n"
						      "aws_secret_access_key = s/1\n",
						      team));
	CHECK(access(str_printf(a, "%s.new", credentials).p, F_OK) < 0);
}

static void test_of_somebody_else(struct arena *a) {
	struct profile p = dev();
	size_t at;
	str why;
	p.note = S("user other, account 1");
	CHECK(!profile_may_write(a, &p, false, &why) && str_find(why, S("for user dev, account 1"), &at));
	CHECK_INT(file_write(config, S("[profile dev]\nsso_session = x\nregion = r\n"), 0600), 0);
	CHECK(!profile_may_write(a, &p, false, &why) && str_find(why, S("did not make it"), &at));
	CHECK(profile_may_write(a, &p, true, &why) && profile_write(a, &p, &why));
	CHECK(!str_find(text_of(a, config), S("sso_session"), &at));
}

static void test_files_that_are_none(struct arena *a) {
	struct profile p = dev();
	const char *real = str_printf(a, "%s.real", credentials).p;
	size_t at;
	str why;
	CHECK_INT(rename(credentials, real), 0);
	CHECK_INT(symlink(real, credentials), 0);
	CHECK(!profile_may_write(a, &p, true, &why) && str_find(why, S("symbolic link"), &at));
	str before = text_of(a, real);
	CHECK(!profile_write(a, &p, &why));
	CHECK_STR(text_of(a, real), before);
	unlink(credentials);
	CHECK_INT(rename(real, credentials), 0);
	chmod(credentials, 0400);
	CHECK(!profile_may_write(a, &p, true, &why) && str_find(why, S("read-only"), &at));
	unlink(credentials);
	CHECK_INT(mkdir(credentials, 0700), 0);
	CHECK(!profile_may_write(a, &p, true, &why));
	rmdir(credentials);
}

static void test_names(void) {
	CHECK(profile_name_is_plain(S("ml-engineer@home")));
	CHECK(!profile_name_is_plain(S("")) && !profile_name_is_plain(S("a]\n[b")) && !profile_name_is_plain(S("a b")));
	CHECK(!profile_name_is_plain((str){ "a\0b", 3 }));
}

/* Beside where the program runs, and nothing else is made there. */
static void test_relative(struct arena *a) {
	struct profile p = dev();
	str why;
	struct stat st;
	setenv("AWS_SHARED_CREDENTIALS_FILE", "keys", 1);
	setenv("AWS_CONFIG_FILE", "rest", 1);
	CHECK(profile_may_write(a, &p, false, &why) && profile_write(a, &p, &why));
	CHECK_INT(mode_of("keys"), 0600);
	CHECK(stat("k", &st) < 0 && stat("r", &st) < 0);
	unlink("keys");
	unlink("rest");
}

int main(void) {
	AUTO_ARENA a = { 0 };
	char folder[] = "/tmp/aerostat-profile-XXXXXX";
	if (!mkdtemp(folder)) {
		return 1;
	}
	credentials = str_printf(&a, "%s/.aws/credentials", folder).p;
	config = str_printf(&a, "%s/.aws/config", folder).p;
	setenv("AWS_SHARED_CREDENTIALS_FILE", credentials, 1);
	setenv("AWS_CONFIG_FILE", config, 1);
	test_new(&a);
	test_among_others(&a);
	test_of_somebody_else(&a);
	test_files_that_are_none(&a);
	test_names();
	CHECK_INT(chdir(folder), 0);
	test_relative(&a);
	unlink(config);
	rmdir(str_printf(&a, "%s/.aws", folder).p);
	rmdir(folder);
	return tap_done();
}
