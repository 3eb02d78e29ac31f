#include "client/profile.h"

#include "base/fd.h"
#include "client/ini.h"
#include "client/profiles.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

bool profile_name_is_plain(str name) {
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!is_alnum(c) && (!c || !strchr("_.@+=,-", c))) {
			return false;
		}
	}
	return name.n > 0 && name.n <= 128;
}

/* --- may it be written? --- */

static bool file_may_write(struct arena *a, str path, str *why) {
	struct stat st;
	const char *folder = str_z(a, path_folder(path));
	int rc = make_dirs(folder, 0700);
	if (rc || access(folder, W_OK) < 0) {
		return say_why(a, why, "%s cannot be written: %s.", folder, strerror(rc ? -rc : errno));
	}
	if (lstat(str_z(a, path), &st) < 0) {
		return errno == ENOENT || say_why(a, why, STR_FMT ": %s.", STR_ARG(path), strerror(errno));
	}
	if (S_ISLNK(st.st_mode)) {
		return say_why(a, why,
			       STR_FMT " is a symbolic link, and keys are not written through one: put a file in its "
				       "place, or name another by AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE.",
			       STR_ARG(path));
	}
	if (!S_ISREG(st.st_mode)) {
		return say_why(a, why, STR_FMT " is no file.", STR_ARG(path));
	}
	return (st.st_mode & S_IWUSR && access(str_z(a, path), W_OK) == 0) ||
	       say_why(a, why, STR_FMT " is read-only.", STR_ARG(path));
}

static str without_slash(str url) {
	return (str){ url.p, url.n - str_ends(url, S("/")) };
}

str profile_overridden(str endpoint) {
	str name, value;
	for (char **e = environ; *e; e++) {
		str_cut(str_from(*e), '=', &name, &value);
		bool ignored = str_is(name, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") && str_ieq(value, S("true"));
		bool other = str_starts(name, S("AWS_ENDPOINT_URL")) && value.n &&
			     !str_eq(without_slash(value), without_slash(endpoint));
		if (ignored || other) {
			return name;
		}
	}
	return (str){ 0 };
}

bool profile_may_write(struct arena *a, const struct profile *p, bool force, str *why) {
	struct profiles files;
	struct ini_section section = { .profile = p->name, .config = true };
	if (!file_may_write(a, credentials_path(a), why) || !file_may_write(a, config_path(a), why) ||
	    !profiles_read(a, &files, why)) {
		return false;
	}
	str note = ini_note(files.config, section);
	if (force || str_eq(note, p->note) || !profiles_has(&files, p->name)) {
		return true;
	}
	if (note.n) {
		return say_why(a, why,
			       "Profile " STR_FMT " is there already, for " STR_FMT
			       ". Say --profile NAME for another, or "
			       "--force to replace it.",
			       STR_ARG(p->name), STR_ARG(note));
	}
	return say_why(a, why,
		       "Profile " STR_FMT
		       " is there already, and aerostat did not make it. Say --profile NAME for another, "
		       "or --force to replace it.",
		       STR_ARG(p->name));
}

bool profile_read(struct arena *a, str name, struct profile *out, str *why) {
	struct profiles files;
	struct ini_section keys = { .profile = name }, rest = { .profile = name, .config = true };
	*out = (struct profile){ .name = name };
	if (!profiles_read(a, &files, why)) {
		return false;
	}
	out->note = ini_note(files.config, rest);
	out->endpoint = ini_get(files.config, rest, "endpoint_url");
	out->region = ini_get(files.config, rest, "region");
	out->keys.access_key = ini_get(files.credentials, keys, "aws_access_key_id");
	out->keys.secret = ini_get(files.credentials, keys, "aws_secret_access_key");
	return true;
}

/* --- writing --- */

static bool change_file(struct arena *a, str path, const struct ini_change *c, str *why) {
	str text;
	struct stat st;
	const char *p = str_z(a, path);
	bool config = c->section.config;
	mode_t mode = config && lstat(p, &st) == 0 ? st.st_mode & 0777 : 0600;
	/* One run of the toolkit at a time: the lock goes with the folder's descriptor. */
	AUTO_CLOSE folder = open(str_z(a, path_folder(path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || flock(folder, LOCK_EX) < 0) {
		return say_why(a, why, STR_FMT " cannot be written: %s.", STR_ARG(path), strerror(errno));
	}
	if (!file_may_write(a, path, why) || !profile_file_read(a, path, &text, why)) {
		return false;
	}
	unlink(str_printf(a, "%s.new", p).p); /* a leftover would keep its mode */
	int rc = file_write(p, ini_set(a, text, c), mode);
	return !rc || say_why(a, why, STR_FMT " cannot be written: %s.", STR_ARG(path), strerror(-rc));
}

bool profile_write(struct arena *a, const struct profile *p, str *why) {
	struct profile old;
	struct ini_setting rest[] = { { "region", p->region }, { "endpoint_url", p->endpoint } };
	struct ini_setting keys[] = { { "aws_access_key_id", p->keys.access_key },
				      { "aws_secret_access_key", p->keys.secret },
				      { "aws_session_token", p->keys.token } };
	if (!profile_read(a, p->name, &old, why)) {
		return false;
	}
	bool ours = old.note.n && str_eq(old.note, p->note);
	struct ini_change config = { { .profile = p->name, .config = true }, rest, 2, p->note, !ours };
	struct ini_change credentials = { { .profile = p->name }, keys, 3, { 0 }, !ours };
	return change_file(a, config_path(a), &config, why) && change_file(a, credentials_path(a), &credentials, why);
}
