#include "cli/s3_run.h"
#include "cli/s3_versions.h"
#include "transfer/objects.h"

#include <stdio.h>

enum { BATCH = 1000 };

void s3_remover_open(struct s3_remover *r, struct where *w, str bucket) {
	*r = (struct s3_remover){ .w = w, .bucket = bucket };
}

static void begin(struct s3_remover *r) {
	r->in = client_input(&r->w->client, "s3", "DeleteObjects");
	set_str(&r->arena, r->in, "Bucket", r->bucket);
	struct val *what = set(&r->arena, r->in, "Delete");
	r->list = set(&r->arena, what, "Objects");
}

static void tell(struct s3_remover *r, str key, str why) {
	str sentence = str_printf(&r->arena, "s3://" STR_FMT "/" STR_FMT " is not removed: " STR_FMT,
				  STR_ARG(r->bucket), STR_ARG(key), STR_ARG(why));
	r->trouble(r->arg, sentence);
}

static bool is_among(const struct val *errors, const struct val *object) {
	for (const struct val *e = errors ? errors->first : NULL; e; e = e->next) {
		if (str_eq(get_str(e, "Key"), get_str(object, "Key")) &&
		    str_eq(get_str(e, "VersionId"), get_str(object, "VersionId"))) {
			return true;
		}
	}
	return false;
}

/* What the answer says nothing of may be there still. */
static void count_gone(struct s3_remover *r, const struct val *deleted, const struct val *errors) {
	int64_t unsaid = 0;
	for (const struct val *o = r->list->first; o; o = o->next) {
		bool gone = is_among(deleted, o);
		if (gone && r->gone) {
			r->gone(r->arg, get_str(o, "Key"), get_str(o, "VersionId"));
		}
		r->removed += gone;
		unsaid += !gone && !is_among(errors, o);
	}
	if (unsaid) {
		r->failed += unsaid;
		r->trouble(r->arg,
			   str_printf(&r->arena,
				      "Of %lld objects of s3://" STR_FMT " S3 does not say that they are removed.",
				      (long long)unsaid, STR_ARG(r->bucket)));
	}
}

static void tell_errors(struct s3_remover *r, const struct answer *a) {
	const struct val *errors = get(a->out, "Errors");
	count_gone(r, get(a->out, "Deleted"), errors);
	for (const struct val *e = errors ? errors->first : NULL; e; e = e->next) {
		tell(r, get_str(e, "Key"),
		     str_printf(&r->arena, STR_FMT ": " STR_FMT, STR_ARG(get_str(e, "Code")),
				STR_ARG(get_str(e, "Message"))));
		r->failed++;
	}
}

/* DeleteObjects wants a checksum of its body. */
static void flush(struct s3_remover *r) {
	struct answer a;
	struct client *c = &r->w->client;
	struct arena *keep = c->arena;
	if (r->n) {
		c->arena = &r->arena;
		if (client_call(c, "s3", "DeleteObjects", r->in, &a)) {
			tell_errors(r, &a);
		} else {
			r->failed += (int64_t)r->n;
			r->trouble(r->arg,
				   str_printf(&r->arena, "%zu object%s of s3://" STR_FMT " not removed: " STR_FMT, r->n,
					      r->n == 1 ? "" : "s", STR_ARG(r->bucket),
					      STR_ARG(answer_sentence(&r->arena, &a))));
		}
		c->arena = keep;
	}
	arena_free(&r->arena);
	r->n = 0;
	r->in = NULL;
}

/* No XML has most control characters, nor U+FFFE and U+FFFF, however they are written; and of line ends not all come
 * back as they were. */
static bool fits_xml(str key) {
	for (size_t i = 0; i < key.n; i++) {
		unsigned char c = (unsigned char)key.p[i];
		bool last = c == 0xef && i + 2 < key.n && (unsigned char)key.p[i + 1] == 0xbf;
		if (c < 0x20 || (last && (unsigned char)key.p[i + 2] >= 0xbe)) {
			return false;
		}
	}
	return true;
}

static void remove_alone(struct s3_remover *r, str key, str version) {
	AUTO_ARENA arena = { 0 };
	struct answer a;
	struct client *c = &r->w->client;
	struct arena *keep = c->arena;
	c->arena = &arena;
	struct val *in = client_input(c, "s3", "DeleteObject");
	set_str(&arena, in, "Bucket", r->bucket);
	set_str(&arena, in, "Key", key);
	set_str(&arena, in, "VersionId", version.n ? version : (str){ 0 });
	bool good = client_call(c, "s3", "DeleteObject", in, &a);
	if (!good) {
		tell(r, key, answer_sentence(&arena, &a));
	} else if (r->gone) {
		r->gone(r->arg, key, version);
	}
	r->removed += good;
	r->failed += !good;
	c->arena = keep;
}

void s3_remove(struct s3_remover *r, str key, str version) {
	if (!fits_xml(key)) {
		remove_alone(r, key, version);
		return;
	}
	if (!r->in) {
		begin(r);
	}
	struct val *object = append(&r->arena, r->list);
	set_str(&r->arena, object, "Key", str_dup(&r->arena, key));
	set_str(&r->arena, object, "VersionId", version.n ? str_dup(&r->arena, version) : (str){ 0 });
	if (++r->n == BATCH) {
		flush(r);
	}
}

void s3_remover_close(struct s3_remover *r) {
	flush(r);
}

static bool remove_objects(struct s3_remover *r, str prefix) {
	AUTO_ARENA a = { 0 };
	struct objects_of of = { .bucket = r->bucket, .prefix = prefix };
	struct walk *walk = objects_open(&a, &r->w->client, &of, r->trouble, r->arg);
	struct entry e;
	while (walk->next(walk, &e)) {
		s3_remove(r, e.name, (str){ 0 });
	}
	return !walk->failed;
}

static void take_version(const struct s3_version *v, void *arg) {
	s3_remove(arg, v->key, v->id);
}

bool s3_remove_all(struct s3_remover *r, str prefix, bool versions) {
	return versions ? s3_each_version(r->w, r->bucket, prefix, take_version, r) : remove_objects(r, prefix);
}

/* --- rm --- */

struct removing {
	struct s3_run run; /* first: what is told of a run is told of it */
	struct s3_remover remover;
	bool recursive, versions;
	str prefix; /* what filters do not look at */
	str pattern; /* absent: all */
};

static bool is_meant(struct removing *r, str key) {
	return (!r->pattern.n || wild_match(r->pattern, key, WILD_PATH)) &&
	       filters_let(&r->run.filters, str_skip(key, r->prefix.n));
}

static void tell_one(struct removing *r, str key, str version) {
	struct spot spot = { .kind = SPOT_S3, .bucket = r->remover.bucket, .key = key };
	AUTO_ARENA a = { 0 };
	str text = spot_text(&a, &spot);
	if (version.n) {
		text = str_printf(&a, STR_FMT " version " STR_FMT, STR_ARG(text), STR_ARG(version));
	}
	s3_run_say(&r->run, str_printf(&a, STR_FMT " %s", STR_ARG(text), r->run.dry ? "would go" : "removed"));
}

static void is_gone(void *arg, str key, str version) {
	tell_one((struct removing *)arg, key, version);
}

static void take_one(struct removing *r, str key, str version) {
	r->run.found++;
	if (r->run.dry) {
		tell_one(r, key, version);
	} else {
		s3_remove(&r->remover, key, version);
	}
}

static void take_meant_version(const struct s3_version *v, void *arg) {
	struct removing *r = arg;
	bool one = !r->recursive && !r->pattern.n;
	if (one ? str_eq(v->key, r->prefix) : is_meant(r, v->key)) {
		take_one(r, v->key, v->id);
	}
}

static void remove_many(struct removing *r, str prefix) {
	AUTO_ARENA a = { 0 };
	struct objects_of of = { .bucket = r->remover.bucket, .prefix = prefix, .pattern = r->pattern };
	struct walk *walk = objects_open(&a, &r->run.where.client, &of, s3_run_trouble, &r->run);
	struct entry e;
	while (walk->next(walk, &e)) {
		if (filters_let(&r->run.filters, str_skip(e.name, r->prefix.n))) {
			take_one(r, e.name, (str){ 0 });
		}
	}
}

/* Without its s3:// a word may be meant for a file: nothing is removed on a guess. */
static bool is_good_word(const struct removing *r, const char *word) {
	struct spot spot;
	if (!spot_read(str_from(word), &spot) || spot.kind != SPOT_S3) {
		cli_fail(EXIT_USAGE, "%s is no object: one is written like s3://my-bucket/its/key.", word);
		return false;
	}
	if (!spot.key.n && !r->recursive) {
		cli_fail(EXIT_USAGE, "%s is a bucket: --recursive takes all that is in it.", word);
		return false;
	}
	return true;
}

static void remove_word(struct removing *r, const char *word) {
	struct spot spot;
	struct arena *a = r->run.where.cli->arena;
	spot_read(str_from(word), &spot);
	bool pattern = !r->recursive && wild_is(spot.key);
	r->pattern = pattern ? spot.key : (str){ 0 };
	r->prefix = r->recursive ? prefix_of_folder(a, spot.key) : wild_prefix(a, spot.key);
	s3_remover_open(&r->remover, &r->run.where, spot.bucket);
	r->remover.trouble = s3_run_trouble;
	r->remover.gone = is_gone;
	r->remover.arg = r;
	int64_t before = r->run.found;
	if (r->versions) {
		r->run.failed += !s3_each_version(&r->run.where, spot.bucket, r->prefix, take_meant_version, r);
	} else if (pattern || r->recursive) {
		remove_many(r, r->prefix);
	} else {
		take_one(r, r->prefix, (str){ 0 });
	}
	s3_remover_close(&r->remover);
	r->run.deleted += r->remover.removed;
	if (pattern && r->run.found == before) {
		s3_run_trouble(&r->run, str_printf(a, "Nothing matches %s.", word));
	}
}

int s3_rm(struct cli *cli) {
	struct removing *r = NEW(cli->arena, struct removing);
	struct wish wish = { 0 };
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--recursive", .flag = &r->recursive },
					  { .name = "-r", .flag = &r->recursive },
					  { .name = "--versions", .flag = &r->versions },
					  { .name = "--dry-run", .flag = &r->run.dry },
					  { .name = "--dryrun", .flag = &r->run.dry },
					  { .name = "--quiet", .flag = &r->run.quiet },
					  { .name = "--only-show-errors", .flag = &r->run.quiet },
					  { 0 } };
	if (!s3_run_filters(&r->run, cli) || !options_take(cli, options) || cli->argc == 0) {
		return s3_usage("rm");
	}
	for (int i = 0; i < cli->argc; i++) {
		if (!is_good_word(r, cli->argv[i])) {
			return EXIT_USAGE;
		}
	}
	if (!s3_open(&r->run.where, cli, &wish, !r->run.dry)) {
		return EXIT_REFUSED;
	}
	for (int i = 0; i < cli->argc; i++) {
		remove_word(r, cli->argv[i]);
	}
	return s3_run_end(&r->run, "removed");
}
