#include "base/clock.h"
#include "base/fd.h"
#include "core/cloud.h"
#include "s3/body.h"
#include "s3/listing.h"
#include "s3/lock.h"
#include "s3/object.h"
#include "s3/resource.h"
#include "s3/routes.h"
#include "s3/sse.h"
#include "s3/upload.h"

#include <errno.h>

/* Bodies up to this are read into the arena and leave with the head in one write. */
enum { AT_ONCE = 64 * 1024 };

/* The bytes that were asked for. */
struct span {
	int64_t at, n;
	bool partial; /* 206 */
	bool by_part;
	struct sum sum; /* of the part alone, if it has one */
};

/* --- which bytes --- */

static bool not_satisfiable(struct call *c, str range, int64_t size) {
	fail(c, &invalid_range, "The requested range is not satisfiable");
	fail_detail(c, "RangeRequested", range);
	fail_detail(c, "ActualObjectSize", str_printf(c->arena, "%lld", (long long)size));
	return false;
}

/* "bytes=a-b", "bytes=a-", "bytes=-n"; the end is -1 if absent. Anything else is no range and is ignored. */
static bool parse_range(str s, int64_t *first, int64_t *last) {
	str unit, spec, a, b;
	if (!str_cut(s, '=', &unit, &spec) || !str_ieq(unit, S("bytes")) || !str_cut(str_trim(spec), '-', &a, &b)) {
		return false;
	}
	*first = *last = -1;
	if ((a.n && !str_uint(a, first)) || (b.n && !str_uint(b, last)) || (!a.n && !b.n)) {
		return false;
	}
	return !a.n || !b.n || *first <= *last;
}

static bool range_of_input(struct call *c, const struct object *o, str range, struct span *s) {
	int64_t first, last, size = o->size;
	if (!parse_range(range, &first, &last)) {
		return true;
	}
	if (first < 0) {
		first = last < size ? size - last : 0;
		first = last == 0 ? size : first;
		last = size - 1;
	} else if (last < 0 || last >= size) {
		last = size - 1;
	}
	if (first >= size) {
		return not_satisfiable(c, range, size);
	}
	*s = (struct span){ .at = first, .n = last - first + 1, .partial = true };
	return true;
}

static bool no_part(struct call *c, const struct object *o, int64_t number) {
	fail(c, &invalid_part_number, "The requested partnumber is not satisfiable");
	fail_detail(c, "ActualPartCount", str_printf(c->arena, "%lld", (long long)(o->upload ? o->parts : 1)));
	fail_detail(c, "PartNumberRequested", str_printf(c->arena, "%lld", (long long)number));
	return false;
}

static bool part_of_input(struct call *c, const struct object *o, int64_t number, struct span *s) {
	struct part p;
	if (number < 1 || number > PARTS_MAX) {
		return fail_argument(c, "partNumber", str_printf(c->arena, "%lld", (long long)number),
				     "Part number must be an integer between 1 and 10000, inclusive");
	}
	*s = (struct span){ .n = o->size, .partial = true, .by_part = true, .sum = o->sum };
	if (!o->upload) {
		return number == 1 ? true : no_part(c, o, number);
	}
	if (!part_find(call_db(c), c->arena, o->upload, number, &p)) {
		return no_part(c, o, number);
	}
	s->at = p.start;
	s->n = p.size;
	s->sum = p.sum;
	return true;
}

/* If-Range (RFC 9110, 13.1.5): a range of another object than the client has is no use to it. */
static bool range_wanted(struct call *c, const struct object *o) {
	str v = head_get(&c->x->head, "if-range");
	int64_t ms;
	if (!v.n) {
		return true;
	}
	return time_parse(v, &ms) ? ms / 1000 == o->modified / 1000 : str_eq(v, etag_quoted(c->arena, o->etag));
}

static bool span_of_input(struct call *c, const struct object *o, struct span *s) {
	str range = head_get(&c->x->head, "range");
	const struct val *number = get(c->in, "PartNumber");
	*s = (struct span){ .n = o->size };
	if (range.n && number) {
		return fail(c, &invalid_request, "Cannot specify both Range header and partNumber query parameter");
	}
	if (c->status == 304) {
		return true;
	}
	if (number) {
		return part_of_input(c, o, number->i, s);
	}
	return !range.n || !range_wanted(c, o) ? true : range_of_input(c, o, range, s);
}

/* --- response-content-type and the like --- */

static const struct {
	const char *parameter, *header;
} overrides[] = {
	{ "response-cache-control", "cache-control" },       { "response-content-disposition", "content-disposition" },
	{ "response-content-encoding", "content-encoding" }, { "response-content-language", "content-language" },
	{ "response-content-type", "content-type" },         { "response-expires", "expires" },
};

/* Headers are Latin-1. False: the text has characters that are not, or that end a line. */
static bool to_header(struct arena *a, str s, str *out) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < s.n; i++) {
		uint8_t ch = (uint8_t)s.p[i];
		if (ch < 0x20 || ch == 0x7f || (ch >= 0x80 && (ch & 0xfc) != 0xc0)) {
			return false;
		}
		if (ch >= 0x80) {
			ch = (uint8_t)(ch << 6 | ((uint8_t)s.p[++i] & 0x3f));
		}
		put_byte(&b, ch);
	}
	*out = buf_str(&b);
	return true;
}

static bool apply_overrides(struct call *c, str *meta) {
	for (size_t i = 0; i < sizeof(overrides) / sizeof(*overrides); i++) {
		str v = query_get(c->arena, &c->x->head, overrides[i].parameter);
		if (!v.n) {
			continue;
		}
		if (c->auth.way == AUTH_ANONYMOUS) {
			return fail(c, &invalid_request,
				    "Request specific response headers cannot be used for anonymous GET requests.");
		}
		if (!str_utf8(v) || !to_header(c->arena, v, &v)) {
			return fail_argument(c, overrides[i].parameter, v,
					     "Header value cannot be represented using ISO-8859-1.");
		}
		*meta = pairs_with(c->arena, *meta, str_from(overrides[i].header), v);
	}
	return true;
}

/* --- the answer --- */

static bool may_read(struct call *c) {
	return must_allow_version(c, "s3:GetObject", "s3:GetObjectVersion");
}

bool class_archived(str storage_class) {
	return str_is(storage_class, "GLACIER") || str_is(storage_class, "DEEP_ARCHIVE");
}

static bool refuse_archived(struct call *c, const struct object *o) {
	fail(c, &invalid_object_state, "The operation is not valid for the object's storage class");
	fail_detail(c, "StorageClass", o->storage_class);
	return false;
}

static void show_sums(struct call *c, const struct object *o, const struct span *s) {
	if (!str_ieq(get_str(c->in, "ChecksumMode"), S("ENABLED"))) {
		return;
	}
	if (s->by_part || !s->partial) {
		sum_show(c->arena, c->out, s->by_part ? &s->sum : &o->sum);
	}
	if (s->by_part && s->sum.value.n) {
		set_str(c->arena, c->out, "ChecksumType", o->sum.composite ? S("COMPOSITE") : S("FULL_OBJECT"));
	}
}

static void show_span(struct call *c, const struct object *o, const struct span *s) {
	if (s->by_part && o->upload) {
		set_int(c->arena, c->out, "PartsCount", o->parts);
	}
	if (!s->partial) {
		return;
	}
	c->status = 206;
	if (s->n) {
		set_str(c->arena, c->out, "ContentRange",
			str_printf(c->arena, "bytes %lld-%lld/%lld", (long long)s->at, (long long)(s->at + s->n - 1),
				   (long long)o->size));
	}
}

static void show_tags(struct call *c, const struct object *o) {
	const char *action = get(c->in, "VersionId") ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging";
	struct resource r = c->resource;
	int64_t n = tags_count(o->tags);
	if (!n) {
		return;
	}
	resource_see(c, &r, action, get_str(c->in, "VersionId"));
	if (call_allowed(c, action, &r)) {
		set_int(c->arena, c->out, "TagCount", n);
	}
}

static void show(struct call *c, const struct object *o, const struct span *s) {
	set_str(c->arena, c->out, "AcceptRanges", S("bytes"));
	set_str(c->arena, c->out, "ETag", etag_quoted(c->arena, o->etag));
	set_int(c->arena, c->out, "LastModified", o->modified);
	set_str(c->arena, c->out, "VersionId", version_shown(call_bucket(c), o));
	if (!str_is(o->storage_class, "STANDARD")) {
		set_str(c->arena, c->out, "StorageClass", o->storage_class);
	}
	show_span(c, o, s);
	show_sums(c, o, s);
	show_tags(c, o);
	lock_show(c, o->meta);
}

static bool find(struct call *c, struct object *o, struct span *s) {
	if (!may_read(c) || !object_of_input(c, call_db(c), o) || !sse_open(c, o) || !conditions_read(c, o) ||
	    !span_of_input(c, o, s) || (c->status != 304 && !apply_overrides(c, &o->meta))) {
		return false;
	}
	show(c, o, s);
	meta_show(c, o->meta);
	sse_show(c, o->meta);
	return true;
}

static int nothing(void *arg, struct piece *out) {
	(void)arg;
	(void)out;
	return 0;
}

static void no_body(struct call *c, int64_t length) {
	c->pull = nothing;
	c->pull_length = length;
}

static bool send_at_once(struct call *c, const struct object *o, const struct span *s) {
	char *bytes = arena_raw(c->arena, (size_t)s->n);
	int rc = body_small(c, o, s->at, s->n, bytes);
	if (rc) {
		return fail_errno(c, rc);
	}
	c->raw = true;
	c->raw_body = (str){ bytes, (size_t)s->n };
	return true;
}

static bool get_object(struct call *c) {
	struct object o;
	struct span s;
	if (!find(c, &o, &s)) {
		return false;
	}
	if (c->status != 304 && class_archived(o.storage_class)) {
		c->headers.n = 0;
		return refuse_archived(c, &o);
	}
	if (c->status == 304 || s.n == 0) {
		c->raw = true;
		c->raw_body = S("");
		return true;
	}
	if (o.blob && (o.seal ? o.size <= BODY_SMALL : s.n <= AT_ONCE)) {
		return send_at_once(c, &o, &s);
	}
	int rc = body_open(c, &o, s.at, s.n);
	call_db_done(c);
	return rc ? fail_errno(c, rc) : true;
}

static bool head_object(struct call *c) {
	struct object o;
	struct span s;
	if (!find(c, &o, &s)) {
		return false;
	}
	no_body(c, c->status == 304 ? 0 : s.n);
	return true;
}

const struct route object_routes[] = {
	{ "GetObject", get_object, "", on_object, TIER2 },
	{ "HeadObject", head_object, "", on_object, TIER2 },
	{ 0 },
};
