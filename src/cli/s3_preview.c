#include "cli/s3_preview.h"

#include "base/clock.h"
#include "cli/iam_account.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_MS = 86400000, TOO_SMALL = 128 * 1024 };

/* The classes in the order that objects may move through. */
static const char *const classes[] = { "STANDARD",   "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA",
				       "GLACIER_IR", "GLACIER",     "DEEP_ARCHIVE",        NULL };

struct event {
	int64_t day; /* ms, a midnight */
	str key, version; /* version: of one that is not the latest; else absent */
	str from, to; /* to: absent: it goes */
	str rule;
};

struct preview {
	struct where *w;
	struct arena arena;
	const struct val *rules;
	str bucket;
	int64_t now, last; /* last: nothing later */
	struct event *events;
	size_t n, room;
	/* of the key that comes by */
	str key;
	int64_t newer; /* versions of it that are newer and not current */
	int64_t replaced; /* when the version before it came; 0: it is the latest */
};

static size_t place_of(str class) {
	for (size_t i = 0; classes[i]; i++) {
		if (str_is(class, classes[i])) {
			return i;
		}
	}
	return 0;
}

static void add(struct preview *p, struct event e) {
	if (e.day > p->last) {
		return;
	}
	if (p->n == p->room) {
		p->room = p->room ? p->room * 2 : 256;
		p->events = heap_grow(p->events, p->room * sizeof(*p->events));
	}
	p->events[p->n++] = e;
}

/* So many days after a time, rounded up to a midnight. */
static int64_t day_after(int64_t ms, int64_t days) {
	return (ms + days * DAY_MS + DAY_MS - 1) / DAY_MS * DAY_MS;
}

/* --- which objects a rule is for --- */

static bool has_tag(const struct val *tags, const struct val *wanted) {
	for (const struct val *t = tags ? tags->first : NULL; t; t = t->next) {
		if (str_eq(get_str(t, "Key"), get_str(wanted, "Key"))) {
			return str_eq(get_str(t, "Value"), get_str(wanted, "Value"));
		}
	}
	return false;
}

static bool tags_fit(struct preview *p, const struct s3_version *v, const struct val *one, const struct val *all) {
	struct answer a;
	struct spot spot = { .kind = SPOT_S3, .bucket = p->bucket, .key = v->key };
	if (!one && !all) {
		return true;
	}
	struct ask q = s3_ask_object(p->w, "GetObjectTagging", &spot);
	set_str(p->w->cli->arena, q.in, "VersionId", v->latest ? (str){ 0 } : v->id);
	if (!where_call(p->w, &q, &a)) {
		return false;
	}
	const struct val *tags = get(a.out, "TagSet");
	bool fit = !one || has_tag(tags, one);
	for (const struct val *t = all ? all->first : NULL; t && fit; t = t->next) {
		fit = has_tag(tags, t);
	}
	return fit;
}

static bool is_for(struct preview *p, const struct val *rule, const struct s3_version *v) {
	const struct val *filter = get(rule, "Filter"), *both = filter ? get(filter, "And") : NULL;
	str prefix = get_str(rule, "Prefix");
	int64_t more = -1, less = INT64_MAX;
	if (!str_is(get_str(rule, "Status"), "Enabled")) {
		return false;
	}
	if (filter) {
		const struct val *f = both ? both : filter;
		prefix = get_str(f, "Prefix");
		more = get_int(f, "ObjectSizeGreaterThan", -1);
		less = get_int(f, "ObjectSizeLessThan", INT64_MAX);
	}
	return str_starts(v->key, prefix) && v->size > more && v->size < less &&
	       tags_fit(p, v, filter && !both ? get(filter, "Tag") : NULL, both ? get(both, "Tags") : NULL);
}

/* --- what they do to one version --- */

/* The first that a set of rules does: when it goes, or moves to where. */
struct fate {
	int64_t day; /* INT64_MAX: never */
	str rule;
};

static void sooner(struct fate *f, int64_t day, const struct val *rule) {
	if (day < f->day) {
		*f = (struct fate){ day, get_str(rule, "ID") };
	}
}

static int64_t day_of(const struct val *action, const char *days, int64_t since) {
	int64_t n = action ? get_int(action, days, -1) : -1;
	if (n >= 0) {
		return day_after(since, n);
	}
	return action && shape_member(action->shape, S("Date")) ? get_int(action, "Date", INT64_MAX) : INT64_MAX;
}

/* Rules of versions that were replaced count from then, and may spare the newest of them. */
static void look_at(struct preview *p, const struct s3_version *v, const struct val *rule, struct fate *end,
		    struct fate *moves) {
	bool old = p->replaced != 0;
	const struct val *ends = get(rule, old ? "NoncurrentVersionExpiration" : "Expiration");
	const struct val *list = get(rule, old ? "NoncurrentVersionTransitions" : "Transitions");
	const char *days = old ? "NoncurrentDays" : "Days";
	int64_t since = old ? p->replaced : v->mtime;
	if (ends && (!old || p->newer >= get_int(ends, "NewerNoncurrentVersions", 0))) {
		sooner(end, day_of(ends, days, since), rule);
	}
	for (const struct val *t = list ? list->first : NULL; t; t = t->next) {
		bool spared = old && p->newer < get_int(t, "NewerNoncurrentVersions", 0);
		if (!spared && v->size >= TOO_SMALL) {
			sooner(&moves[place_of(get_str(t, "StorageClass"))], day_of(t, days, since), rule);
		}
	}
}

/* In time, and each to a cheaper class than the one before. */
static void add_moves(struct preview *p, struct event e, const struct fate *moves, int64_t end) {
	int64_t then = INT64_MIN;
	for (size_t at = place_of(e.from);;) {
		size_t next = 0;
		for (size_t i = at + 1; classes[i]; i++) {
			bool good = moves[i].day != INT64_MAX && moves[i].day < end && moves[i].day >= then;
			next = good && (!next || moves[i].day <= moves[next].day) ? i : next;
		}
		if (!next) {
			return;
		}
		e.from = str_from(classes[at]);
		e.to = str_from(classes[next]);
		e.day = then = moves[next].day;
		e.rule = moves[next].rule;
		add(p, e);
		at = next;
	}
}

static void look_through(struct preview *p, const struct s3_version *v) {
	struct fate end = { .day = INT64_MAX }, moves[sizeof(classes) / sizeof(*classes)];
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		moves[i] = end;
	}
	for (const struct val *rule = p->rules->first; rule; rule = rule->next) {
		if (is_for(p, rule, v)) {
			look_at(p, v, rule, &end, moves);
		}
	}
	struct event e = { .key = str_dup(&p->arena, v->key) };
	e.version = p->replaced ? str_dup(&p->arena, v->id) : (str){ 0 };
	e.from = v->storage_class.n ? str_dup(&p->arena, v->storage_class) : S("STANDARD");
	add_moves(p, e, moves, end.day);
	if (end.day != INT64_MAX) {
		e.day = end.day;
		e.rule = end.rule;
		add(p, e);
	}
}

static void take(const struct s3_version *v, void *arg) {
	struct preview *p = arg;
	if (!str_eq(v->key, p->key)) {
		p->key = str_dup(&p->arena, v->key);
		p->newer = 0;
		p->replaced = 0;
	}
	if (!v->marker) {
		look_through(p, v);
	}
	p->newer += p->replaced != 0;
	p->replaced = v->mtime;
}

/* --- what is shown --- */

static int by_day(const void *x, const void *y) {
	const struct event *a = x, *b = y;
	int order = (a->day > b->day) - (a->day < b->day);
	return order ? order : str_cmp(a->key, b->key);
}

static void show(const struct preview *p, const struct event *e) {
	AUTO_ARENA a = { 0 };
	struct buf day = { .arena = &a }, b = { .arena = &a };
	put_time(&day, e->day, TIME_ISO_S);
	day.n = 10;
	if (!p->w->cli->json) {
		bool due = e->day <= p->now;
		str version = e->version.n ? str_printf(&a, " version " STR_FMT, STR_ARG(e->version)) : S("");
		str what =
			e->to.n ? str_printf(&a, STR_FMT " -> " STR_FMT, STR_ARG(e->from), STR_ARG(e->to)) : S("goes");
		printf(STR_FMT "%s  " STR_FMT STR_FMT "  " STR_FMT "  (" STR_FMT ")\n", STR_ARG(buf_str(&day)),
		       due ? " due" : "", STR_ARG(e->key), STR_ARG(version), STR_ARG(what), STR_ARG(e->rule));
		return;
	}
	putz(&b, "{\"day\":");
	put_json(&b, buf_str(&day));
	putz(&b, ",\"key\":");
	put_json(&b, e->key);
	if (e->version.n) {
		putz(&b, ",\"versionId\":");
		put_json(&b, e->version);
	}
	putf(&b, ",\"action\":\"%s\",\"from\":", e->to.n ? "transition" : "expire");
	put_json(&b, e->from);
	if (e->to.n) {
		putz(&b, ",\"to\":");
		put_json(&b, e->to);
	}
	putz(&b, ",\"rule\":");
	put_json(&b, e->rule);
	printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
}

int s3_preview(struct where *w, const struct spot *spot, const struct val *rules, int64_t days) {
	struct preview p = { .w = w, .rules = rules, .bucket = spot->bucket, .now = where_now(w) };
	p.last = days < 366000 ? day_after(p.now, days) : INT64_MAX;
	bool good = s3_each_version(w, spot->bucket, spot->key, take, &p);
	if (p.n) {
		qsort(p.events, p.n, sizeof(*p.events), by_day);
	}
	for (size_t i = 0; i < p.n; i++) {
		show(&p, &p.events[i]);
	}
	if (good && !p.n && !w->cli->json) {
		puts("The rules do nothing to what is there.");
	}
	heap_free(p.events);
	arena_free(&p.arena);
	return good ? EXIT_DONE : EXIT_REFUSED;
}
