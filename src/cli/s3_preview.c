#include "cli/s3_preview.h"

#include "base/clock.h"
#include "cli/s3_versions.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_MS = 86400000, TOO_SMALL = 128 * 1024 };

#define NEVER INT64_MAX

/* The classes in the order that objects may move through. */
static const char *const classes[] = { "STANDARD",   "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA",
				       "GLACIER_IR", "GLACIER",     "DEEP_ARCHIVE",        NULL };
enum { CLASSES = sizeof(classes) / sizeof(*classes) - 1, ARCHIVES = 5 };

enum action { MOVES, GOES, HIDDEN, MARKER_GOES, ABORTED };

static const struct {
	const char *name, *text;
} actions[] = {
	[MOVES] = { "transition", NULL },
	[GOES] = { "expire", "goes" },
	[HIDDEN] = { "hide", "is hidden by a delete marker" },
	[MARKER_GOES] = { "removeMarker", "delete marker goes" },
	[ABORTED] = { "abort", "unfinished upload goes" },
};

struct event {
	enum action action;
	int64_t day; /* ms, a midnight */
	str key, version; /* version: of one that is not the latest, or an upload's id; else absent */
	str from, to;
	str rule;
};

/* A version of the key that is looked at. */
struct held {
	struct s3_version v;
	const struct val *tags;
	bool asked; /* for its tags */
};

struct preview {
	struct where *w;
	const struct s3_forecast *f;
	struct arena arena; /* of the events */
	struct s3_side side; /* of one key */
	str bucket;
	bool versioned, suspended;
	bool failed;
	int64_t now, last; /* last: nothing later */
	struct event *events;
	size_t n, room;
	struct held *held; /* of one key, the newest first */
	size_t n_held, room_held;
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
	if (e.day > p->last || e.day == NEVER) {
		return;
	}
	if (p->n == p->room) {
		p->room = p->room ? p->room * 2 : 256;
		p->events = heap_grow(p->events, p->room * sizeof(*p->events));
	}
	e.key = str_dup(&p->arena, e.key);
	e.version = e.version.n ? str_dup(&p->arena, e.version) : (str){ 0 };
	e.from = str_dup(&p->arena, e.from);
	p->events[p->n++] = e;
}

/* So many days after a time, rounded up to a midnight. */
static int64_t day_after(int64_t ms, int64_t days) {
	return (ms + days * DAY_MS + DAY_MS - 1) / DAY_MS * DAY_MS;
}

static int64_t later(int64_t a, int64_t b) {
	return a > b ? a : b;
}

/* --- which versions a rule is for --- */

static bool has_tag(const struct val *tags, const struct val *wanted) {
	for (const struct val *t = tags ? tags->first : NULL; t; t = t->next) {
		if (str_eq(get_str(t, "Key"), get_str(wanted, "Key"))) {
			return str_eq(get_str(t, "Value"), get_str(wanted, "Value"));
		}
	}
	return false;
}

static const struct val *tags_of(struct preview *p, struct held *h) {
	struct answer a;
	struct spot spot = { .kind = SPOT_S3, .bucket = p->bucket, .key = h->v.key };
	if (!h->asked) {
		h->asked = true;
		struct ask q = s3_ask_object(&p->side.w, "GetObjectTagging", &spot);
		set_str(&p->side.arena, q.in, "VersionId", h->v.latest ? (str){ 0 } : h->v.id);
		bool good = s3_call(&p->side.w, &q, &a);
		p->failed = p->failed || !good;
		h->tags = good ? get(a.out, "TagSet") : NULL;
	}
	return h->tags;
}

static bool tags_fit(struct preview *p, struct held *h, const struct val *one, const struct val *all) {
	bool fit = !one || (!h->v.marker && has_tag(tags_of(p, h), one));
	for (const struct val *t = all ? all->first : NULL; t && fit; t = t->next) {
		fit = !h->v.marker && has_tag(tags_of(p, h), t);
	}
	return fit;
}

static const struct val *filter_of(const struct val *rule, const struct val **both) {
	const struct val *filter = get(rule, "Filter");
	*both = filter ? get(filter, "And") : NULL;
	return *both ? *both : filter;
}

static bool is_enabled(const struct val *rule) {
	return str_is(get_str(rule, "Status"), "Enabled");
}

static str prefix_of(const struct val *rule) {
	const struct val *both, *filter = filter_of(rule, &both);
	return get_str(filter ? filter : rule, "Prefix");
}

static bool is_for(struct preview *p, const struct val *rule, struct held *h) {
	const struct val *both, *filter = filter_of(rule, &both);
	if (!is_enabled(rule) || !str_starts(h->v.key, prefix_of(rule))) {
		return false;
	}
	if (!filter) {
		return true;
	}
	return h->v.size > get_int(filter, "ObjectSizeGreaterThan", -1) &&
	       h->v.size < get_int(filter, "ObjectSizeLessThan", INT64_MAX) &&
	       tags_fit(p, h, both ? NULL : get(filter, "Tag"), both ? get(both, "Tags") : NULL);
}

/* --- what they do to one version --- */

/* The first that a set of rules does: when it goes, or moves to where. */
struct fate {
	int64_t day;
	str rule;
};

static void sooner(struct fate *f, int64_t day, const struct val *rule) {
	if (day < f->day) {
		*f = (struct fate){ day, get_str(rule, "ID") };
	}
}

/* A version as the rules see it: not the latest since a time (0: it is the latest), and so many that are not the latest
 * either are newer. */
struct seen {
	struct held *h;
	int64_t replaced, newer;
	int64_t then, newer_then; /* from this time on so many; 0: never another number */
	size_t class;
};

static int64_t day_of(const struct val *action, const char *days, int64_t since) {
	int64_t n = action ? get_int(action, days, -1) : -1;
	if (n >= 0) {
		return day_after(since, n);
	}
	return action && shape_member(action->shape, S("Date")) ? get_int(action, "Date", NEVER) : NEVER;
}

/* An action on versions that were replaced may spare the newest of them. */
static int64_t day_of_old(const struct seen *s, const struct val *action) {
	int64_t spared = action ? get_int(action, "NewerNoncurrentVersions", 0) : 0;
	int64_t day = day_of(action, "NoncurrentDays", s->replaced);
	if (s->newer >= spared) {
		return day;
	}
	return s->then && s->newer_then >= spared && day != NEVER ? later(day, s->then) : NEVER;
}

static bool is_large_enough(const struct preview *p, const struct seen *s, const struct val *rule, size_t class) {
	const struct val *both, *filter = filter_of(rule, &both);
	bool said =
		filter && (get(filter, "ObjectSizeGreaterThan") != NULL || get(filter, "ObjectSizeLessThan") != NULL);
	return said || s->h->v.size >= TOO_SMALL || (p->f->small_too && class >= ARCHIVES);
}

static void look_at(struct preview *p, const struct seen *s, const struct val *rule, struct fate *end,
		    struct fate *moves) {
	bool old = s->replaced != 0;
	const struct val *ends = get(rule, old ? "NoncurrentVersionExpiration" : "Expiration");
	const struct val *list = get(rule, old ? "NoncurrentVersionTransitions" : "Transitions");
	sooner(end, old ? day_of_old(s, ends) : day_of(ends, "Days", s->h->v.mtime), rule);
	for (const struct val *t = list ? list->first : NULL; t && !s->h->v.marker; t = t->next) {
		size_t class = place_of(get_str(t, "StorageClass"));
		if (is_large_enough(p, s, rule, class)) {
			sooner(&moves[class], old ? day_of_old(s, t) : day_of(t, "Days", s->h->v.mtime), rule);
		}
	}
}

/* In time, and each to a cheaper class than the one before; s->class is then the last. */
static void add_moves(struct preview *p, struct seen *s, const struct event *of, const struct fate *moves) {
	int64_t then = INT64_MIN;
	for (;;) {
		size_t next = 0;
		for (size_t i = s->class + 1; i < CLASSES; i++) {
			bool good = moves[i].day < of->day && moves[i].day >= then;
			next = good && (!next || moves[i].day <= moves[next].day) ? i : next;
		}
		if (!next) {
			return;
		}
		struct event e = *of;
		e.action = MOVES;
		e.from = str_from(classes[s->class]);
		e.to = str_from(classes[next]);
		e.day = then = moves[next].day;
		e.rule = moves[next].rule;
		add(p, e);
		s->class = next;
	}
}

/* All that becomes of a version in one of its two lives; the end is in *end, and not an event yet. */
static struct event follow(struct preview *p, struct seen *s, struct fate *end) {
	struct fate moves[CLASSES];
	*end = (struct fate){ .day = NEVER };
	for (size_t i = 0; i < CLASSES; i++) {
		moves[i] = *end;
	}
	for (const struct val *rule = p->f->rules->first; rule; rule = rule->next) {
		if (is_for(p, rule, s->h)) {
			look_at(p, s, rule, end, moves);
		}
	}
	struct event e = { .action = GOES, .key = s->h->v.key, .day = end->day, .rule = end->rule };
	e.version = s->replaced ? s->h->v.id : (str){ 0 };
	if (!s->h->v.marker) {
		add_moves(p, s, &e, moves);
		e.from = str_from(classes[s->class]);
	}
	return e;
}

/* --- all versions of a key --- */

/* When the marker that is the latest goes: once it hides nothing any more. */
static void end_marker(struct preview *p, struct held *h, int64_t made, int64_t alone) {
	struct fate f = { .day = NEVER };
	struct held marker = *h;
	marker.v.marker = true;
	marker.v.size = 0;
	for (const struct val *rule = p->f->rules->first; rule && alone != NEVER; rule = rule->next) {
		const struct val *ends = get(rule, "Expiration");
		if (!ends || !is_for(p, rule, &marker)) {
			continue;
		}
		bool cleans = get_int(ends, "ExpiredObjectDeleteMarker", 0) != 0;
		int64_t day = cleans ? day_after(p->now, 0) : day_of(ends, "Days", made);
		if (day != NEVER) {
			sooner(&f, later(day, alone), rule);
		}
	}
	add(p, (struct event){ .action = MARKER_GOES, .day = f.day, .key = h->v.key, .rule = f.rule });
}

/* The latest; how long it stays the latest. *gone: when it has gone for good, with its rule's end as an old one. */
static int64_t end_latest(struct preview *p, struct held *h, int64_t *gone) {
	struct fate end;
	struct seen s = { .h = h, .class = place_of(h->v.storage_class) };
	struct event e = follow(p, &s, &end);
	bool stays = p->versioned && !(p->suspended && str_is(h->v.id, "null"));
	e.action = stays ? HIDDEN : GOES;
	add(p, e);
	*gone = end.day;
	if (!stays || end.day == NEVER) {
		return end.day;
	}
	s.replaced = end.day + 1; /* the marker is made when that day has begun */
	e = follow(p, &s, &end);
	add(p, e);
	*gone = end.day;
	return s.replaced;
}

static void end_key(struct preview *p) {
	int64_t hidden = 0, alone = day_after(p->now, 0), gone = 0;
	struct held *top = p->held;
	if (!p->n_held) {
		return;
	}
	if (!top->v.marker) {
		hidden = end_latest(p, top, &gone);
		alone = later(alone, gone);
	}
	for (size_t i = 1; i < p->n_held; i++) {
		struct fate end;
		struct held *h = &p->held[i];
		struct seen s = { .h = h, .replaced = p->held[i - 1].v.mtime, .newer = (int64_t)i - 1 };
		s.class = place_of(h->v.storage_class);
		s.then = hidden != NEVER ? hidden : 0;
		s.newer_then = (int64_t)i;
		struct event e = follow(p, &s, &end);
		e.action = h->v.marker ? MARKER_GOES : GOES;
		add(p, e);
		alone = later(alone, end.day);
	}
	if (top->v.marker || (p->versioned && hidden != NEVER)) {
		end_marker(p, top, top->v.marker ? top->v.mtime : hidden, alone);
	}
	p->n_held = 0;
	s3_side_next(&p->side);
}

static void take(const struct s3_version *v, void *arg) {
	struct preview *p = arg;
	struct arena *a = &p->side.arena;
	if (p->n_held && !str_eq(v->key, p->held[0].v.key)) {
		end_key(p);
	}
	if (p->n_held == p->room_held) {
		p->room_held = p->room_held ? p->room_held * 2 : 16;
		p->held = heap_grow(p->held, p->room_held * sizeof(*p->held));
	}
	struct held *h = &p->held[p->n_held++];
	*h = (struct held){ .v = *v };
	h->v.key = str_dup(a, v->key);
	h->v.id = str_dup(a, v->id);
	h->v.storage_class = str_dup(a, v->storage_class);
}

/* --- uploads that never came to an end --- */

static void end_upload(struct preview *p, const struct val *upload, str key) {
	struct fate f = { .day = NEVER };
	for (const struct val *rule = p->f->rules->first; rule; rule = rule->next) {
		const struct val *abort = get(rule, "AbortIncompleteMultipartUpload");
		if (abort && is_enabled(rule) && str_starts(key, prefix_of(rule))) {
			sooner(&f, day_of(abort, "DaysAfterInitiation", get_int(upload, "Initiated", 0)), rule);
		}
	}
	add(p, (struct event){ .action = ABORTED,
			       .day = f.day,
			       .key = key,
			       .version = get_str(upload, "UploadId"),
			       .rule = f.rule });
}

static bool aborts(const struct val *rules) {
	for (const struct val *rule = rules->first; rule; rule = rule->next) {
		if (is_enabled(rule) && get(rule, "AbortIncompleteMultipartUpload")) {
			return true;
		}
	}
	return false;
}

static bool look_at_uploads(struct preview *p, str prefix) {
	struct answer a;
	struct arena *arena = &p->side.arena;
	struct ask q = s3_ask(&p->side.w, "ListMultipartUploads", p->bucket);
	set_str(arena, q.in, "Prefix", prefix.n ? prefix : (str){ 0 });
	set_str(arena, q.in, "EncodingType", S("url"));
	do {
		if (!s3_call(&p->side.w, &q, &a)) {
			return false;
		}
		const struct val *uploads = get(a.out, "Uploads");
		for (const struct val *u = uploads ? uploads->first : NULL; u; u = u->next) {
			end_upload(p, u, url_decode_form(arena, get_str(u, "Key")));
		}
		set_str(arena, q.in, "KeyMarker", url_decode_form(arena, get_str(a.out, "NextKeyMarker")));
		set_str(arena, q.in, "UploadIdMarker", get_str(a.out, "NextUploadIdMarker"));
	} while (get_int(a.out, "IsTruncated", 0) && get_str(a.out, "NextKeyMarker").n);
	return true;
}

/* --- what is shown --- */

static int by_day(const void *x, const void *y) {
	const struct event *a = x, *b = y;
	int order = (a->day > b->day) - (a->day < b->day);
	order = order ? order : str_cmp(a->key, b->key);
	order = order ? order : (a->action > b->action) - (a->action < b->action);
	return order ? order : str_cmp(a->version, b->version);
}

static void show(const struct preview *p, const struct event *e, str day) {
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	putf(&b, STR_FMT "%s  " STR_FMT, STR_ARG(day), e->day <= p->now ? " due" : "", STR_ARG(e->key));
	if (e->version.n) {
		putf(&b, " %s " STR_FMT, e->action == ABORTED ? "upload" : "version", STR_ARG(e->version));
	}
	if (e->action == MOVES) {
		putf(&b, "  " STR_FMT " -> " STR_FMT, STR_ARG(e->from), STR_ARG(e->to));
	} else {
		putf(&b, "  %s", actions[e->action].text);
	}
	cli_say(STR_FMT "  (" STR_FMT ")", STR_ARG(buf_str(&b)), STR_ARG(e->rule.n ? e->rule : S("a rule without ID")));
}

static void show_json(struct s3_items *items, const struct event *e, str day) {
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	put_byte(&b, '{');
	s3_put_member(&b, "day", day);
	s3_put_member(&b, "key", e->key);
	if (e->version.n) {
		s3_put_member(&b, e->action == ABORTED ? "uploadId" : "versionId", e->version);
	}
	s3_put_member(&b, "action", str_from(actions[e->action].name));
	if (e->from.n) {
		s3_put_member(&b, "from", e->from);
	}
	if (e->to.n) {
		s3_put_member(&b, "to", e->to);
	}
	s3_put_member(&b, "rule", e->rule);
	put_byte(&b, '}');
	s3_item(items, buf_str(&b));
}

static void show_all(struct preview *p, const struct spot *spot) {
	bool json = p->w->cli->json;
	struct buf head = { .arena = &p->arena };
	s3_put_member(&head, "bucket", spot->bucket);
	s3_put_member(&head, "prefix", spot->key);
	s3_put_member(&head, "now", s3_time(&p->arena, p->now));
	putz(&head, ",\"events\":");
	struct s3_items items = { .head = buf_str(&head) };
	for (size_t i = 0; i < p->n; i++) {
		str day = { s3_time(&p->arena, p->events[i].day).p, 10 };
		if (json) {
			show_json(&items, &p->events[i], day);
		} else {
			show(p, &p->events[i], day);
		}
	}
	if (json) {
		s3_items_end(&items, S(""));
	} else if (!p->n) {
		puts("The rules do nothing to what is there.");
	}
}

static bool look_at_bucket(struct preview *p, const struct spot *spot) {
	struct answer a;
	struct ask q = s3_ask(p->w, "GetBucketVersioning", spot->bucket);
	if (!s3_call(p->w, &q, &a)) {
		return false;
	}
	p->versioned = get_str(a.out, "Status").n > 0;
	p->suspended = str_is(get_str(a.out, "Status"), "Suspended");
	if (!s3_each_version(p->w, spot->bucket, spot->key, take, p)) {
		return false;
	}
	end_key(p);
	return !p->failed && (!aborts(p->f->rules) || look_at_uploads(p, spot->key));
}

int s3_preview(struct where *w, const struct spot *spot, const struct s3_forecast *f) {
	struct preview p = { .w = w, .f = f, .bucket = spot->bucket, .now = where_now(w) };
	p.last = f->days < 366000 ? day_after(p.now, f->days) : NEVER - 1;
	s3_side_open(&p.side, w);
	bool good = look_at_bucket(&p, spot);
	if (p.n) {
		qsort(p.events, p.n, sizeof(*p.events), by_day);
	}
	if (good) {
		show_all(&p, spot);
	}
	s3_side_close(&p.side);
	heap_free(p.events);
	heap_free(p.held);
	arena_free(&p.arena);
	return good ? EXIT_DONE : EXIT_REFUSED;
}
