/* tag: of an object or a bucket. */
#include "cli/s3.h"

#include <stdio.h>

struct tagging {
	struct where w;
	struct spot spot;
	struct option_values gone;
	str *set; /* NAME=VALUE */
	int n;
	bool all; /* go */
};

static struct ask ask_tags(struct tagging *t, const char *verb) {
	bool object = t->spot.key.n > 0;
	const char *op = str_printf(t->w.cli->arena, "%s%sTagging", verb, object ? "Object" : "Bucket").p;
	return object ? s3_ask_object(&t->w, op, &t->spot) : s3_ask(&t->w, op, t->spot.bucket);
}

static bool is_named(const struct tagging *t, str name) {
	str head, tail;
	for (size_t i = 0; i < t->gone.n; i++) {
		if (str_eq(t->gone.v[i], name)) {
			return true;
		}
	}
	for (int i = 0; i < t->n; i++) {
		str_cut(t->set[i], '=', &head, &tail);
		if (str_eq(head, name)) {
			return true;
		}
	}
	return t->all;
}

static void put_tag(struct arena *a, struct val *list, str name, str value) {
	struct val *tag = append(a, list);
	set_str(a, tag, "Key", name);
	set_str(a, tag, "Value", value.p ? value : S(""));
}

static bool change_tags(struct tagging *t, const struct val *old) {
	struct answer a;
	struct arena *arena = t->w.cli->arena;
	struct ask q = ask_tags(t, "Put");
	struct val *list = set(arena, set(arena, q.in, "Tagging"), "TagSet");
	for (const struct val *v = old ? old->first : NULL; v; v = v->next) {
		if (!is_named(t, get_str(v, "Key"))) {
			put_tag(arena, list, get_str(v, "Key"), get_str(v, "Value"));
		}
	}
	for (int i = 0; i < t->n; i++) {
		str name, value;
		str_cut(t->set[i], '=', &name, &value);
		put_tag(arena, list, name, value);
	}
	if (!list->first) {
		q = ask_tags(t, "Delete");
	}
	return s3_call(&t->w, &q, &a);
}

static bool get_tags(struct tagging *t, const struct val **out) {
	struct answer a;
	struct ask q = ask_tags(t, "Get");
	q.expected = "NoSuchTagSet";
	*out = NULL;
	if (!s3_call(&t->w, &q, &a)) {
		return false;
	}
	*out = get(a.out, "TagSet");
	return true;
}

static void show_tags(const struct tagging *t, const struct val *tags) {
	struct buf b = { .arena = t->w.cli->arena };
	bool json = t->w.cli->json;
	for (const struct val *v = tags ? tags->first : NULL; v; v = v->next) {
		str name = get_str(v, "Key"), value = get_str(v, "Value");
		if (json) {
			putz(&b, b.n ? "," : "");
			put_json(&b, name);
			put_byte(&b, ':');
			put_json(&b, value);
		} else {
			cli_say(STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));
		}
	}
	if (json) {
		printf("{" STR_FMT "}\n", STR_ARG(buf_str(&b)));
	}
}

enum tag_words { TAG_GET, TAG_SET, TAG_RM, TAG_PLAIN };

static bool read_tag(struct tagging *t, enum tag_words verb, const char *word) {
	str text = str_from(word), name, value;
	bool pair = str_cut(text, '=', &name, &value) && name.n;
	if (verb == TAG_RM) {
		if (t->gone.n == OPTION_VALUES_MAX) {
			return false;
		}
		t->gone.v[t->gone.n++] = text;
		return true;
	}
	t->set[t->n++] = text;
	if (!pair || verb == TAG_GET) {
		cli_fail(EXIT_USAGE, "%s is no tag: one is set by `aerostat s3 tag set s3://... NAME=VALUE`.", word);
	}
	return pair && verb != TAG_GET;
}

/* [get | set | rm] PLACE [WORD...]; an exit code. */
static int read_words(struct tagging *t, const struct cli *cli) {
	static const char *const verbs[] = { "get", "set", "rm" };
	enum tag_words verb = TAG_PLAIN;
	int at = 0;
	for (int i = 0; i < 3 && cli->argc > 1; i++) {
		if (strcmp(cli->argv[0], verbs[i]) == 0) {
			verb = (enum tag_words)i;
			at = 1;
		}
	}
	if (cli->argc <= at) {
		return s3_usage("tag");
	}
	if (!s3_spot_of(cli->argv[at], &t->spot)) {
		return EXIT_USAGE;
	}
	t->set = NEWS(cli->arena, str, cli->argc);
	for (int i = at + 1; i < cli->argc; i++) {
		if (!read_tag(t, verb, cli->argv[i])) {
			return EXIT_USAGE;
		}
	}
	t->all = verb == TAG_RM && t->gone.n == 0;
	return verb == TAG_SET && !t->n && !t->gone.n ? s3_usage("tag") : EXIT_DONE;
}

int s3_tag(struct cli *cli) {
	struct tagging *t = NEW(cli->arena, struct tagging);
	struct wish wish = { 0 };
	const struct val *tags;
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--remove", .values = &t->gone },
					  { 0 } };
	if (!options_take(cli, options)) {
		return s3_usage("tag");
	}
	int rc = read_words(t, cli);
	if (rc) {
		return rc;
	}
	bool changes = t->n || t->gone.n || t->all;
	if (!s3_open(&t->w, cli, &wish, changes) || !get_tags(t, &tags) ||
	    (changes && (!change_tags(t, tags) || !get_tags(t, &tags)))) {
		return EXIT_REFUSED;
	}
	show_tags(t, tags);
	return EXIT_DONE;
}
