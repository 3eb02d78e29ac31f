#include "s3/cross.h"

#include "s3/config.h"
#include "s3/meta.h"

static const struct fault forbidden = { "AccessForbidden", 403 };

/* What a page wants to do. */
struct wish {
	str origin, method;
	str headers; /* comma separated; absent: none */
};

/* --- which rule --- */

/* A pattern has at most one star. */
static bool fits(str pattern, str text, bool fold) {
	str head, tail;
	if (!str_cut(pattern, '*', &head, &tail)) {
		return fold ? str_ieq(pattern, text) : str_eq(pattern, text);
	}
	if (text.n < head.n + tail.n) {
		return false;
	}
	str front = { text.p, head.n }, back = str_skip(text, text.n - tail.n);
	return fold ? str_ieq(front, head) && str_ieq(back, tail) : str_eq(front, head) && str_eq(back, tail);
}

/* The pattern of a list that this fits; NULL: none. */
static const struct val *fitting(const struct val *list, str text, bool fold) {
	for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
		if (fits(v->s, text, fold)) {
			return v;
		}
	}
	return NULL;
}

static bool headers_fit(const struct val *rule, str headers) {
	str one;
	for (bool more = headers.n > 0; more;) {
		more = str_cut(headers, ',', &one, &headers);
		one = str_trim(one);
		if (one.n && !fitting(get(rule, "AllowedHeaders"), one, true)) {
			return false;
		}
	}
	return true;
}

static const struct val *find_rule(const struct val *config, const struct wish *w, bool *any_origin) {
	const struct val *rules = get(config, "CORSRules");
	for (const struct val *r = rules ? rules->first : NULL; r; r = r->next) {
		const struct val *origin = fitting(get(r, "AllowedOrigins"), w->origin, false);
		if (origin && fitting(get(r, "AllowedMethods"), w->method, false) && headers_fit(r, w->headers)) {
			*any_origin = str_is(origin->s, "*");
			return r;
		}
	}
	return NULL;
}

/* --- its headers --- */

static void put_list(struct buf *b, const char *name, const struct val *list) {
	if (!list || !list->first) {
		return;
	}
	putf(b, "%s: ", name);
	for (const struct val *v = list->first; v; v = v->next) {
		put(b, v->s);
		putz(b, v->next ? ", " : "\r\n");
	}
}

static void put_asked(struct arena *a, struct buf *b, str headers) {
	str one;
	putz(b, "Access-Control-Allow-Headers: ");
	for (bool more = true; more;) {
		more = str_cut(headers, ',', &one, &headers);
		put(b, str_lower(a, str_trim(one)));
		putz(b, more ? ", " : "\r\n");
	}
}

static void allow(struct call *c, const struct val *rule, const struct wish *w, bool any_origin) {
	struct buf *b = &c->headers;
	putf(b, "Access-Control-Allow-Origin: " STR_FMT "\r\n", STR_ARG(any_origin ? S("*") : w->origin));
	put_list(b, "Access-Control-Allow-Methods", get(rule, "AllowedMethods"));
	if (w->headers.n) {
		put_asked(c->arena, b, w->headers);
	}
	put_list(b, "Access-Control-Expose-Headers", get(rule, "ExposeHeaders"));
	if (get(rule, "MaxAgeSeconds")) {
		putf(b, "Access-Control-Max-Age: %lld\r\n", (long long)get_int(rule, "MaxAgeSeconds", 0));
	}
	putz(b, any_origin ? "" : "Access-Control-Allow-Credentials: true\r\n");
	putz(b, "Vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method\r\n");
}

/* --- the bucket --- */

/* The path's, where the call did not come as far as its bucket. False: there is none. */
static bool find_bucket(struct call *c, bool *with_key) {
	str name, key;
	str_cut(str_skip(c->path, 1), '/', &name, &key);
	*with_key = key.n > 0;
	if (c->subject) {
		return true;
	}
	struct bucket *b = NEW(c->arena, struct bucket);
	if (!bucket_find(call_db(c), c->arena, url_decode(c->arena, name), b)) {
		return false;
	}
	c->subject = b;
	return true;
}

static bool refuse(struct call *c, str method, bool with_key, const char *sentence) {
	fail(c, &forbidden, "CORSResponse: %s", sentence);
	fail_detail(c, "Method", method);
	fail_detail(c, "ResourceType", with_key ? S("OBJECT") : S("BUCKET"));
	return false;
}

static bool method_known(str method) {
	static const char *const known[] = { "GET", "PUT", "POST", "DELETE", "HEAD" };
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (str_is(method, known[i])) {
			return true;
		}
	}
	return false;
}

static bool complete(struct call *c, const struct wish *w) {
	if (!w->origin.n) {
		return fail(c, &bad_request, "Insufficient information. Origin request header needed.");
	}
	return method_known(w->method) ? true
				       : fail(c, &bad_request, "Invalid Access-Control-Request-Method: " STR_FMT,
					      STR_ARG(w->method.p ? w->method : S("null")));
}

bool cross_preflight(struct call *c) {
	const struct head *h = &c->x->head;
	struct wish w = { head_get(h, "origin"), head_get(h, "access-control-request-method"),
			  head_get(h, "access-control-request-headers") };
	bool with_key, any_origin;
	if (!complete(c, &w)) {
		return false;
	}
	if (!find_bucket(c, &with_key)) {
		return refuse(c, w.method, with_key, "Bucket not found");
	}
	const struct val *config = config_value(c, call_db(c), "cors", "GetBucketCors");
	if (!config) {
		return refuse(c, w.method, with_key, "CORS is not enabled for this bucket.");
	}
	const struct val *rule = find_rule(config, &w, &any_origin);
	if (!rule) {
		return refuse(
			c, w.method, with_key,
			"This CORS request is not allowed. This is usually because the evalution of Origin, "
			"request method / Access-Control-Request-Method or Access-Control-Request-Headers are not "
			"whitelisted by the resource's CORS spec.");
	}
	allow(c, rule, &w, any_origin);
	return true;
}

void cross_dress(struct call *c) {
	struct wish w = { head_get(&c->x->head, "origin"), c->x->head.method, { 0 } };
	bool with_key, any_origin;
	if (!w.origin.n || str_is(w.method, "OPTIONS") || !find_bucket(c, &with_key)) {
		return;
	}
	const struct val *config = config_value(c, call_db(c), "cors", "GetBucketCors");
	const struct val *rule = config ? find_rule(config, &w, &any_origin) : NULL;
	if (rule) {
		allow(c, rule, &w, any_origin);
	}
}
