#include "base/clock.h"
#include "s3/meta.h"

struct conditions {
	str match, none_match, modified_since, unmodified_since;
};

enum outcome { HOLDS, MATCH_FAILS, UNMODIFIED_FAILS, NONE_MATCH_FAILS, MODIFIED_FAILS };

static bool same_etag(str one, str etag) {
	one = str_trim(one);
	if (str_starts(one, S("W/"))) {
		one = str_skip(one, 2);
	}
	if (one.n >= 2 && one.p[0] == '"' && one.p[one.n - 1] == '"') {
		one = (str){ one.p + 1, one.n - 2 };
	}
	return str_eq(one, etag);
}

str etag_quoted(struct arena *a, str etag) {
	struct buf b = { .arena = a };
	put_byte(&b, '"');
	put(&b, etag);
	put_byte(&b, '"');
	return buf_str(&b);
}

bool etag_listed(str list, str etag) {
	str one;
	if (str_is(str_trim(list), "*")) {
		return true;
	}
	for (bool more = list.n > 0; more;) {
		more = str_cut(list, ',', &one, &list);
		if (same_etag(one, etag)) {
			return true;
		}
	}
	return false;
}

/* Is the object newer than that date? A header that is no date does not count (RFC 9110, 13.1.3): otherwise is told. */
static bool newer(str date, const struct object *o, bool otherwise) {
	int64_t ms;
	if (!time_parse(date, &ms)) {
		return otherwise;
	}
	return o->modified / 1000 > ms / 1000;
}

/* In the order of RFC 9110, 13.2.2. */
static enum outcome judge(const struct conditions *k, const struct object *o) {
	if (k->match.n) {
		if (!etag_listed(k->match, o->etag)) {
			return MATCH_FAILS;
		}
	} else if (k->unmodified_since.n && newer(k->unmodified_since, o, false)) {
		return UNMODIFIED_FAILS;
	}
	if (k->none_match.n) {
		return etag_listed(k->none_match, o->etag) ? NONE_MATCH_FAILS : HOLDS;
	}
	return k->modified_since.n && !newer(k->modified_since, o, true) ? MODIFIED_FAILS : HOLDS;
}

static bool fail_condition(struct call *c, const char *condition) {
	fail(c, &precondition_failed, "At least one of the pre-conditions you specified did not hold");
	fail_detail(c, "Condition", str_from(condition));
	return false;
}

bool conditions_read(struct call *c, const struct object *o) {
	const struct head *h = &c->x->head;
	struct conditions k = { head_get(h, "if-match"), head_get(h, "if-none-match"), head_get(h, "if-modified-since"),
				head_get(h, "if-unmodified-since") };
	switch (judge(&k, o)) {
	case HOLDS: return true;
	case MATCH_FAILS: return fail_condition(c, "If-Match");
	case UNMODIFIED_FAILS: return fail_condition(c, "If-Unmodified-Since");
	case NONE_MATCH_FAILS:
	case MODIFIED_FAILS: break;
	}
	c->status = 304;
	return true;
}

bool conditions_source(struct call *c, const struct object *o) {
	static const char *const names[] = { "", "x-amz-copy-source-If-Match", "x-amz-copy-source-If-Unmodified-Since",
					     "x-amz-copy-source-If-None-Match", "x-amz-copy-source-If-Modified-Since" };
	const struct head *h = &c->x->head;
	struct conditions k = { head_get(h, "x-amz-copy-source-if-match"),
				head_get(h, "x-amz-copy-source-if-none-match"),
				head_get(h, "x-amz-copy-source-if-modified-since"),
				head_get(h, "x-amz-copy-source-if-unmodified-since") };
	enum outcome v = judge(&k, o);
	return v == HOLDS ? true : fail_condition(c, names[v]);
}

bool conditions_write(struct call *c, const struct object *o) {
	str match = get_str(c->in, "IfMatch"), none = get_str(c->in, "IfNoneMatch");
	bool there = o && !o->marker;
	if (none.n && !str_is(none, "*")) {
		fail(c, &not_implemented,
		     "A header you provided implies functionality that is not implemented: If-None-Match takes * "
		     "alone.");
		fail_detail(c, "Header", S("If-None-Match"));
		return false;
	}
	if (none.n && there) {
		return fail_condition(c, "If-None-Match");
	}
	if (match.n && !there) {
		fail(c, &no_such_key, "The specified key does not exist.");
		fail_detail(c, "Key", get_str(c->in, "Key"));
		return false;
	}
	return !match.n || etag_listed(match, o->etag) ? true : fail_condition(c, "If-Match");
}
