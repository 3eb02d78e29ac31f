#include "core/control.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "core/decision.h"
#include "core/env.h"
#include "http/tls.h"

#include <unistd.h>

void control_say_no(struct control *c, int status, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	str sentence = str_vprintf(c->x->arena, fmt, ap);
	va_end(ap);
	c->status = status;
	c->out.n = 0;
	c->text = true;
	putf(&c->out, STR_FMT "\n", STR_ARG(sentence));
}

void put_endpoint(struct buf *b, const struct cloud *cloud) {
	bool v6 = cloud->listen.n && memchr(cloud->listen.p, ':', cloud->listen.n);
	putf(b, v6 ? "http://[" STR_FMT "]:%d" : "http://" STR_FMT ":%d", STR_ARG(cloud->listen), cloud->port);
}

static void put_stamp(struct buf *b, const char *before, int64_t ms, const char *after) {
	putz(b, before);
	put_time(b, ms, TIME_ISO_S);
	putz(b, after);
}

/* --- status --- */

static void status_json(struct control *c) {
	struct cloud *cloud = c->cloud;
	struct store_stats s = store_stats(cloud->store);
	struct buf *b = &c->out;
	putf(b, "{\"version\":\"%s\",\"pid\":%d,\"url\":\"", AEROSTAT_VERSION, (int)getpid());
	put_endpoint(b, cloud);
	putf(b, "\",\"port\":%d,", cloud->port);
	putf(b, "\"region\":\"" STR_FMT "\",\"account\":\"" STR_FMT "\",\"data\":", STR_ARG(cloud->region),
	     STR_ARG(cloud->account));
	put_json(b, cloud->data);
	put_stamp(b, ",\"started\":\"", cloud->started, "\"");
	put_stamp(b, ",\"clock\":\"", clock_now(), "\"");
	putf(b, ",\"clockOffsetSeconds\":%lld,", (long long)(clock_offset() / 1000));
	putf(b, "\"bodies\":{\"files\":%lld,\"segments\":%lld,\"segmentBytes\":%lld,\"liveBytes\":%lld}}\n",
	     (long long)s.files, (long long)s.segments, (long long)s.segment_bytes, (long long)s.live_bytes);
}

static void status_text_of(struct control *c) {
	struct cloud *cloud = c->cloud;
	struct buf *b = &c->out;
	putf(b, "Aerostat %s is up at ", AEROSTAT_VERSION);
	put_endpoint(b, cloud);
	putf(b, " (process %d)\n", (int)getpid());
	putf(b, "  data     " STR_FMT "\n  account  " STR_FMT "\n  region   " STR_FMT "\n", STR_ARG(cloud->data),
	     STR_ARG(cloud->account), STR_ARG(cloud->region));
	put_stamp(b, "  started  ", cloud->started, "\n");
	put_stamp(b, "  clock    ", clock_now(), "");
	putf(b, clock_offset() ? " (moved by %lld s)\n" : "\n", (long long)(clock_offset() / 1000));
	str problem = tls_problem(cloud->tls, c->x->arena);
	if (problem.n) {
		putf(b, "  TLS      is not served. " STR_FMT "\n", STR_ARG(problem));
	}
}

static void status(struct control *c) {
	if (c->text) {
		status_text_of(c);
	} else {
		status_json(c);
	}
}

/* --- clock --- */

static int keep_offset(struct db *db, void *arg) {
	const int64_t *offset = arg;
	AUTO_ARENA a = { 0 };
	store_put(db, "clock_offset", str_printf(&a, "%lld", (long long)*offset));
	return 0;
}

void control_clock_load(struct cloud *cloud) {
	int64_t offset = 0;
	AUTO_ARENA a = { 0 };
	struct db *db = store_reader(cloud->store);
	str_int(store_get(db, &a, "clock_offset"), &offset);
	store_reader_done(cloud->store, db);
	clock_set_offset(offset);
}

static bool wanted_offset(struct control *c, int64_t *offset) {
	int64_t ms;
	str advance = query_get(c->x->arena, &c->x->head, "advance"), set = query_get(c->x->arena, &c->x->head, "set");
	if (query_has(c->x->arena, &c->x->head, "reset")) {
		*offset = 0;
		return true;
	}
	if (advance.p) {
		*offset = clock_offset();
		if (!duration_parse(advance, &ms)) {
			control_say_no(c, 400, "A span of time is written like 90d, 12h, 1d12h, 30m, 45s or 2w.");
			return false;
		}
		*offset += ms;
		return true;
	}
	if (!set.p || !time_parse(set, &ms)) {
		control_say_no(c, 400, "A time is written like 2027-01-31T12:00:00Z.");
		return false;
	}
	*offset = ms - clock_real();
	return true;
}

static void clock_show(struct control *c) {
	struct buf *b = &c->out;
	put_stamp(b, c->text ? "" : "{\"clock\":\"", clock_now(), c->text ? "" : "\",");
	put_stamp(b, c->text ? clock_offset() ? " (real time " : " (" : "\"realTime\":\"", clock_real(),
		  c->text ? "" : "\",");
	if (c->text) {
		putz(b, clock_offset() ? ")\n" : ", real time)\n");
	} else {
		putf(b, "\"offsetSeconds\":%lld}\n", (long long)(clock_offset() / 1000));
	}
}

static void clock_move(struct control *c) {
	int64_t offset;
	const int64_t year_9999 = 253370764800000;
	if (!wanted_offset(c, &offset)) {
		return;
	}
	if (clock_real() + offset > year_9999 || clock_real() + offset < 0) {
		control_say_no(c, 400, "The clock runs from 1970 to 9999.");
		return;
	}
	struct work w = { .run = keep_offset, .arg = &offset };
	if (store_write(c->cloud->store, &w)) {
		control_say_no(c, 507, "The clock was not moved: its offset could not be written to disk.");
		return;
	}
	clock_set_offset(offset);
	clock_show(c);
}

/* --- the rest --- */

struct telling {
	struct control *c;
	str request;
	size_t n;
};

static bool tell(void *arg, const struct decision *d) {
	struct telling *t = arg;
	struct buf *b = &t->c->out;
	if (t->request.n && !str_eq(t->request, d->request_id)) {
		return true;
	}
	if (t->c->text) {
		decision_tell(b, d);
	} else {
		putz(b, t->n ? ",\n" : "");
		decision_write(b, d);
	}
	t->n++;
	return true;
}

static void decisions(struct control *c) {
	struct telling t = { .c = c, .request = query_get(c->x->arena, &c->x->head, "request") };
	putz(&c->out, c->text ? "" : "[");
	decision_each(tell, &t);
	putz(&c->out, c->text ? "" : "]\n");
	if (c->text && !t.n) {
		control_say_no(c, 404,
			       t.request.n ? "No decision of this request is kept." : "No decision is kept yet.");
	}
}

struct saying {
	struct buf *out;
	bool text;
};

static void say(void *arg, str line) {
	const struct saying *s = arg;
	if (s->text) {
		put(s->out, line);
		put_byte(s->out, '\n');
	}
}

bool control_fsck(struct store *store, struct buf *out, bool text) {
	static const char plain[] =
		"%lld bodies, %lld bytes: %lld missing, %lld torn, %lld without a row, %lld without an owner";
	static const char json[] = "{\"bodies\":%lld,\"bytes\":%lld,\"missing\":%lld,\"torn\":%lld,"
				   "\"orphans\":%lld,\"unowned\":%lld";
	struct saying s = { out, text };
	struct fsck f = { 0 };
	int rc = store_fsck(store, &f, say, &s);
	putf(out, text ? plain : json, (long long)f.bodies, (long long)f.bytes, (long long)f.missing, (long long)f.torn,
	     (long long)f.orphans, (long long)f.unowned);
	if (rc) {
		putf(out, text ? "; it could not be finished: %s" : ",\"error\":\"%s\"", strerror(-rc));
	}
	putz(out, text ? "\n" : "}\n");
	return !rc && !f.missing && !f.torn && !f.orphans && !f.unowned;
}

static void fsck(struct control *c) {
	c->status = control_fsck(c->cloud->store, &c->out, c->text) ? 200 : 409;
}

static void down(struct control *c) {
	putz(&c->out, c->text ? "Aerostat is going down.\n" : "{\"down\":true}\n");
}

static const struct command commands[] = {
	{ "GET", "/status", status },     { "GET", "/env", control_env },
	{ "GET", "/clock", clock_show },  { "GET", "/decisions", decisions },
	{ "POST", "/clock", clock_move }, { "POST", "/fsck", fsck },
	{ "POST", "/down", down },        { 0 },
};

static bool run_one_of(struct control *c, str path, const struct command *k) {
	for (; k && k->path; k++) {
		if (str_is(path, k->path) && str_is(c->x->head.method, k->method)) {
			k->run(c);
			return true;
		}
	}
	return false;
}

static void run(struct control *c, str path) {
	bool found = run_one_of(c, path, commands);
	for (const struct face *const *f = c->cloud->faces; *f && !found; f++) {
		found = run_one_of(c, path, (*f)->commands);
	}
	if (!found) {
		control_say_no(c, 404, "This server knows no such command; is the toolkit newer than the server?");
	}
}

void control_handle(struct exchange *x, void *arg) {
	struct control c = { .x = x, .cloud = arg, .out = { .arena = x->arena }, .status = 200 };
	str path = x->head.path;
	c.text = str_ends(path, S(".txt"));
	path.n -= c.text ? 4 : 0;
	run(&c, path);
	struct reply r = { .status = c.status,
			   .headers =
				   c.text ? S("Content-Type: text/plain\r\n") : S("Content-Type: application/json\r\n"),
			   .body = buf_str(&c.out),
			   .close = true };
	exchange_reply(x, &r);
	if (str_is(path, "/down") && c.status == 200) {
		c.cloud->stop(c.cloud);
	}
}

void control_refuse(struct buf *message, enum head_result why, void *arg) {
	(void)why;
	(void)arg;
	putz(message, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}
