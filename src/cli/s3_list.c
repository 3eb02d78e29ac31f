#include "cli/s3.h"
#include "transfer/objects.h"
#include "transfer/plan.h"

#include <stdio.h>

/* --- ls --- */

struct listing {
	struct where w;
	struct s3_items items;
	bool recursive, human, sum;
	int64_t n, bytes;
};

static int list_buckets(struct listing *l) {
	struct answer a;
	struct ask q = ask_new(&l->w, "s3", "ListBuckets");
	bool json = l->w.cli->json;
	l->items.head = S("\"buckets\":");
	do {
		if (!s3_call(&l->w, &q, &a)) {
			return EXIT_REFUSED;
		}
		const struct val *buckets = get(a.out, "Buckets");
		for (const struct val *v = buckets ? buckets->first : NULL; v; v = v->next) {
			AUTO_ARENA arena = { 0 };
			str time = s3_time(&arena, get_int(v, "CreationDate", 0));
			struct buf b = { .arena = &arena };
			put_byte(&b, '{');
			s3_put_member(&b, "bucket", get_str(v, "Name"));
			s3_put_member(&b, "created", time);
			put_byte(&b, '}');
			if (json) {
				s3_item(&l->items, buf_str(&b));
			} else {
				cli_say(STR_FMT "  s3://" STR_FMT, STR_ARG(time), STR_ARG(get_str(v, "Name")));
			}
		}
		set_str(l->w.cli->arena, q.in, "ContinuationToken", get_str(a.out, "ContinuationToken"));
	} while (get_str(a.out, "ContinuationToken").n);
	if (json) {
		s3_items_end(&l->items, S(""));
	}
	return EXIT_DONE;
}

static void show_json(struct listing *l, const struct entry *e) {
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	put_byte(&b, '{');
	s3_put_member(&b, e->prefix ? "prefix" : "key", e->name);
	if (!e->prefix) {
		putf(&b, ",\"size\":%lld", (long long)e->size);
		s3_put_member(&b, "modified", s3_time(&a, e->mtime));
		s3_put_member(&b, "etag", e->etag);
		s3_put_member(&b, "storageClass", e->storage_class.n ? e->storage_class : S("STANDARD"));
	}
	put_byte(&b, '}');
	s3_item(&l->items, buf_str(&b));
}

/* skip: what of the key is the folder that was asked for, and need not be said again. */
static void show(struct listing *l, const struct entry *e, size_t skip) {
	AUTO_ARENA a = { 0 };
	str name = str_skip(e->name, skip);
	l->n += !e->prefix;
	l->bytes += size_to_count(e->size);
	if (l->w.cli->json) {
		show_json(l, e);
	} else if (e->prefix) {
		cli_say("%19s %12s %s" STR_FMT, "", "PRE", l->human ? "  " : "", STR_ARG(name));
	} else if (l->human) {
		cli_say(STR_FMT " %14s " STR_FMT, STR_ARG(s3_time(&a, e->mtime)), s3_human(&a, e->size).p,
			STR_ARG(name));
	} else {
		cli_say(STR_FMT " %12lld " STR_FMT, STR_ARG(s3_time(&a, e->mtime)), (long long)e->size, STR_ARG(name));
	}
}

static size_t folder_length(str key) {
	return key.n - name_last(key).n;
}

static struct walk *open_walk(struct listing *l, const struct spot *spot) {
	struct arena *a = l->w.cli->arena;
	bool pattern = wild_is(spot->key);
	struct objects_of of = { .bucket = spot->bucket, .folders = !l->recursive && !pattern };
	of.prefix = pattern ? wild_prefix(a, spot->key) : spot->key;
	of.pattern = pattern ? spot->key : (str){ 0 };
	return objects_open(a, &l->w.client, &of, s3_say_trouble, NULL);
}

static void sum_up(const struct listing *l) {
	struct arena *a = l->w.cli->arena;
	str size = l->human ? s3_human(a, l->bytes) : str_printf(a, "%lld bytes", (long long)l->bytes);
	printf("%lld object%s, " STR_FMT "\n", (long long)l->n, l->n == 1 ? "" : "s", STR_ARG(size));
}

static int list_objects(struct listing *l, const struct spot *spot) {
	struct arena *a = l->w.cli->arena;
	struct walk *walk = open_walk(l, spot);
	struct buf head = { .arena = a };
	size_t skip = l->recursive || wild_is(spot->key) ? 0 : folder_length(spot->key);
	struct entry e;
	bool any = false;
	s3_put_member(&head, "bucket", spot->bucket);
	s3_put_member(&head, "prefix", spot->key);
	putz(&head, ",\"entries\":");
	l->items.head = buf_str(&head);
	while (!ferror(stdout) && walk->next(walk, &e)) {
		any = true;
		show(l, &e, skip);
	}
	if (l->w.cli->json && (any || !walk->failed)) {
		s3_items_end(&l->items,
			     str_printf(a, ",\"objects\":%lld,\"bytes\":%lld,\"complete\":%s", (long long)l->n,
					(long long)l->bytes, walk->failed ? "false" : "true"));
	}
	if (walk->failed) {
		return EXIT_REFUSED;
	}
	if (l->sum && !l->w.cli->json) {
		sum_up(l);
	}
	if (!any && spot->key.n && !l->w.cli->json) {
		return cli_fail(EXIT_REFUSED, "There is nothing under " STR_FMT ".", STR_ARG(spot_text(a, spot)));
	}
	return any || !spot->key.n ? EXIT_DONE : EXIT_REFUSED;
}

int s3_ls(struct cli *cli) {
	struct listing l = { 0 };
	struct wish wish = { 0 };
	struct spot spot = { 0 };
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"),
					  { .name = "--recursive", .flag = &l.recursive },
					  { .name = "-r", .flag = &l.recursive },
					  { .name = "--human", .flag = &l.human },
					  { .name = "--human-readable", .flag = &l.human },
					  { .name = "--summarize", .flag = &l.sum },
					  { 0 } };
	if (!options_take(cli, options) || cli->argc > 1) {
		return s3_usage("ls");
	}
	bool all = cli->argc == 0 || strcmp(cli->argv[0], "s3://") == 0;
	if (!all && !s3_spot_of(cli->argv[0], &spot)) {
		return EXIT_USAGE;
	}
	if (!s3_open(&l.w, cli, &wish, false)) {
		return EXIT_REFUSED;
	}
	return all ? list_buckets(&l) : list_objects(&l, &spot);
}
