#include "s3/meta.h"

#include "s3/acl.h"

enum { METADATA_MAX = 2048 };

static const struct fault invalid_redirect = { "InvalidRedirectLocation", 400 };

/* Expires is given back as it came, whatever it says. */
static const struct kept {
	const char *name, *member;
} kept[] = {
	{ "content-type", "ContentType" },
	{ "content-encoding", "ContentEncoding" },
	{ "content-language", "ContentLanguage" },
	{ "content-disposition", "ContentDisposition" },
	{ "cache-control", "CacheControl" },
	{ "expires", NULL },
	{ "x-amz-website-redirect-location", "WebsiteRedirectLocation" },
};
enum { KEPT = sizeof(kept) / sizeof(*kept) };

#define META S("x-amz-meta-")
#define REDIRECT S("x-amz-website-redirect-location")

/* --- pairs --- */

static bool take(str *rest, str *out) {
	const char *end = rest->n ? memchr(rest->p, 0, rest->n) : NULL;
	if (!end) {
		return false;
	}
	*out = (str){ rest->p, (size_t)(end - rest->p) };
	*rest = str_skip(*rest, out->n + 1);
	return true;
}

bool pair_next(str *rest, str *name, str *value) {
	return take(rest, name) && take(rest, value);
}

void put_pair(struct buf *b, str name, str value) {
	put(b, name);
	put_byte(b, 0);
	put(b, value);
	put_byte(b, 0);
}

str pairs_with(struct arena *a, str pairs, str name, str value) {
	struct buf b = { .arena = a };
	str n, v;
	while (pair_next(&pairs, &n, &v)) {
		if (!str_eq(n, name)) {
			put_pair(&b, n, v);
		}
	}
	if (value.p) {
		put_pair(&b, name, value);
	}
	return buf_str(&b);
}

str meta_get(str meta, const char *name) {
	str n, v;
	while (pair_next(&meta, &n, &v)) {
		if (str_is(n, name)) {
			return v;
		}
	}
	return (str){ 0 };
}

/* --- from the request --- */

/* aws-chunked says how the request was sent, not what the object is. */
static str without_chunked(struct arena *a, str value) {
	struct buf b = { .arena = a };
	str one;
	for (bool more = value.n > 0; more;) {
		more = str_cut(value, ',', &one, &value);
		one = str_trim(one);
		if (one.n && !str_ieq(one, S("aws-chunked"))) {
			putz(&b, b.n ? "," : "");
			put(&b, one);
		}
	}
	return buf_str(&b);
}

static str value_of(struct call *c, const struct kept *k) {
	str v = head_get(&c->x->head, k->name);
	if (k == kept) {
		return v.n ? v : S("binary/octet-stream");
	}
	return k == kept + 1 ? without_chunked(c->arena, v) : v;
}

static bool redirect_ok(struct call *c, str to) {
	if (!to.n || str_starts(to, S("/")) || str_starts(to, S("http://")) || str_starts(to, S("https://"))) {
		return true;
	}
	return fail(c, &invalid_redirect,
		    "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.");
}

static void put_user(struct call *c, struct buf *b, const struct val *v) {
	struct buf name = { .arena = c->arena };
	put(&name, META);
	put(&name, str_lower(c->arena, v->key));
	str old = meta_get(buf_str(b), str_z(c->arena, buf_str(&name)));
	if (!old.p) {
		put_pair(b, buf_str(&name), v->s);
		return;
	}
	/* A name that comes twice is one list. */
	str both = str_printf(c->arena, STR_FMT "," STR_FMT, STR_ARG(old), STR_ARG(v->s));
	str all = pairs_with(c->arena, buf_str(b), buf_str(&name), both);
	b->n = 0;
	put(b, all);
}

static bool user_metadata(struct call *c, struct buf *b) {
	size_t size = 0;
	struct val *map = get(c->in, "Metadata");
	for (const struct val *v = map ? map->first : NULL; v; v = v->next) {
		size += v->key.n + v->s.n;
		put_user(c, b, v);
	}
	if (size <= METADATA_MAX) {
		return true;
	}
	fail(c, &metadata_too_large, "Your metadata headers exceed the maximum allowed metadata size");
	fail_detail(c, "Size", str_printf(c->arena, "%zu", size));
	fail_detail(c, "MaxSizeAllowed", str_printf(c->arena, "%d", METADATA_MAX));
	return false;
}

/* The access control list that the headers ask for. */
static bool read_acl(struct call *c, str *out) {
	return acl_of_object(c, out) && (!out->p || call_must(c, "s3:PutObjectAcl", &c->resource));
}

bool meta_of_input(struct call *c, str *out) {
	struct buf b = { .arena = c->arena };
	str acl;
	for (const struct kept *k = kept; k < kept + KEPT; k++) {
		str v = value_of(c, k);
		if (v.n) {
			put_pair(&b, str_from(k->name), v);
		}
	}
	*out = (str){ 0 };
	if (!redirect_ok(c, meta_get(buf_str(&b), REDIRECT.p)) || !user_metadata(c, &b) || !read_acl(c, &acl)) {
		return false;
	}
	if (acl.p) {
		put_pair(&b, S("acl"), acl);
	}
	*out = buf_str(&b);
	return true;
}

bool meta_of_copy(struct call *c, str from, str *out) {
	str acl, to = head_get(&c->x->head, REDIRECT.p);
	if (!redirect_ok(c, to) || !read_acl(c, &acl)) {
		return false;
	}
	*out = pairs_with(c->arena, from, REDIRECT, to.n ? to : (str){ 0 });
	*out = pairs_with(c->arena, *out, S("acl"), acl);
	return true;
}

/* --- into the answer --- */

static bool is_ascii(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if ((uint8_t)s.p[i] >= 0x80) {
			return false;
		}
	}
	return true;
}

/* Bytes that are no UTF-8 are taken as Latin-1. */
static str to_utf8(struct arena *a, str s) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < s.n; i++) {
		uint8_t ch = (uint8_t)s.p[i];
		if (ch >= 0x80) {
			put_byte(&b, 0xc0 | ch >> 6);
			ch = 0x80 | (ch & 0x3f);
		}
		put_byte(&b, ch);
	}
	return buf_str(&b);
}

/* Values beyond ASCII come back as RFC 2047 has them (docs: "Working with object metadata"). */
static str mail_safe(struct arena *a, str s) {
	if (is_ascii(s)) {
		return s;
	}
	struct buf b = { .arena = a };
	putz(&b, "=?UTF-8?B?");
	put_base64(&b, str_utf8(s) ? s : to_utf8(a, s));
	putz(&b, "?=");
	return buf_str(&b);
}

static const char *member_of(str name) {
	for (const struct kept *k = kept; k < kept + KEPT; k++) {
		if (str_is(name, k->name)) {
			return k->member;
		}
	}
	return NULL;
}

void meta_show(struct call *c, str meta) {
	struct val *map = NULL;
	str name, value;
	while (pair_next(&meta, &name, &value)) {
		const char *member = member_of(name);
		if (str_starts(name, META)) {
			map = map ? map : set(c->arena, c->out, "Metadata");
			add_key(c->arena, map, str_skip(name, META.n))->s = mail_safe(c->arena, value);
		} else if (member) {
			set_str(c->arena, c->out, member, value);
		} else if (str_is(name, "expires")) {
			putf(&c->headers, "Expires: " STR_FMT "\r\n", STR_ARG(value));
		}
	}
}

/* --- storage class --- */

bool class_of_input(struct call *c, str *out) {
	static const char *const classes[] = { "STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
					       "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
					       "GLACIER_IR", "DEEP_ARCHIVE" };
	str s = get_str(c->in, "StorageClass");
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (!s.n || str_is(s, classes[i])) {
			*out = str_from(classes[i]);
			return true;
		}
	}
	return fail(c, &invalid_storage_class, "The storage class you specified is not valid");
}
