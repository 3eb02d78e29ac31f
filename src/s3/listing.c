#include "s3/listing.h"

#include "core/cloud.h"
#include "s3/acl.h"
#include "s3/meta.h"
#include "s3/upload.h"

bool fail_argument(struct call *c, const char *name, str value, const char *sentence) {
	fail(c, &invalid_argument, "%s", sentence);
	fail_detail(c, "ArgumentName", str_from(name));
	fail_detail(c, "ArgumentValue", value);
	return false;
}

static str present(str s) {
	return s.p ? s : S("");
}

static const struct fault invalid_uri = { "InvalidURI", 400 };

/* Keys are UTF-8, so a piece of one is, and a document can show it. */
static bool text_of_input(struct call *c, const char *member, const char *argument, str *out) {
	*out = shape_member(c->in->shape, str_from(member)) ? get_str(c->in, member) : (str){ 0 };
	if (!str_utf8(*out)) {
		return fail(c, &invalid_uri, "Couldn't parse the specified URI.");
	}
	return !out->n || !memchr(out->p, 0, out->n)
		       ? true
		       : fail_argument(c, argument, (str){ 0 },
				       "Value must be a sequence of Unicode characters and cannot include Null.");
}

static bool texts_of_input(struct call *c, struct listing *l) {
	str place;
	return text_of_input(c, "Prefix", "prefix", &l->prefix) &&
	       text_of_input(c, "Delimiter", "delimiter", &l->delimiter) &&
	       text_of_input(c, "Marker", "marker", &place) && text_of_input(c, "KeyMarker", "key-marker", &place) &&
	       text_of_input(c, "StartAfter", "start-after", &place);
}

bool listing_open(struct call *c, struct listing *l) {
	*l = (struct listing){ .c = c, .encoding = get_str(c->in, "EncodingType") };
	if (!texts_of_input(c, l)) {
		return false;
	}
	l->prefix = present(l->prefix);
	l->delimiter = present(l->delimiter);
	if (l->encoding.p && !str_ieq(l->encoding, S("url"))) {
		return fail_argument(c, "encoding-type", l->encoding, "Invalid Encoding Method specified in Request");
	}
	listing_owner(l);
	return true;
}

void listing_owner(struct listing *l) {
	struct call *c = l->c;
	account_owner(call_db(c), c->arena, call_bucket(c)->account, &l->owner, &l->owner_name);
}

static bool too_wide(struct call *c, const char *member, int64_t value) {
	const char *name = shape_member(c->in->shape, str_from(member))->wire;
	str sentence = str_printf(c->arena, "Provided %s not an integer or within integer range", name);
	return fail_argument(c, name, str_printf(c->arena, "%lld", (long long)value), sentence.p);
}

bool listing_limit(struct listing *l, const char *member, const char *argument) {
	struct arena *a = l->c->arena;
	l->max = get_int(l->c->in, member, LIST_MAX);
	if (l->max >= 0 && l->max <= INT32_MAX) {
		return true;
	}
	if (l->max < INT32_MIN || l->max > INT32_MAX) {
		return too_wide(l->c, member, l->max);
	}
	str sentence = str_printf(a, "Argument %s must be an integer between 0 and 2147483647", argument);
	return fail_argument(l->c, argument, str_printf(a, "%lld", (long long)l->max), sentence.p);
}

bool listing_full(const struct listing *l) {
	return l->count >= l->max || l->count >= LIST_MAX;
}

bool listing_group(const struct listing *l, str key, str *group) {
	size_t at;
	if (!l->delimiter.n || !str_starts(key, l->prefix)) {
		return false;
	}
	if (!str_find(str_skip(key, l->prefix.n), l->delimiter, &at)) {
		return false;
	}
	*group = (str){ key.p, l->prefix.n + at + l->delimiter.n };
	return true;
}

/* --- places --- */

str key_after(struct arena *a, str s) {
	char *p = NEWS(a, char, s.n + 1);
	if (s.n) {
		memcpy(p, s.p, s.n);
	}
	return (str){ p, s.n + 1 };
}

str key_past(struct arena *a, str s) {
	size_t n = s.n;
	while (n && (uint8_t)s.p[n - 1] == 0xff) {
		n--;
	}
	if (!n) {
		return (str){ 0 };
	}
	char *p = NEWS(a, char, n);
	memcpy(p, s.p, n);
	p[n - 1] = (char)((uint8_t)p[n - 1] + 1);
	return (str){ p, n };
}

str listing_begin(const struct listing *l, str s) {
	return s.p && str_cmp(s, l->prefix) < 0 ? l->prefix : s;
}

str listing_from(const struct listing *l, str marker) {
	str group;
	struct arena *a = l->c->arena;
	if (!marker.n) {
		return l->prefix;
	}
	if (listing_group(l, marker, &group)) {
		return key_past(a, group);
	}
	return listing_begin(l, key_after(a, marker));
}

/* --- what is shown --- */

static bool stays(char c) {
	return is_alnum(c) || (c && strchr("-_.*/", c));
}

str listing_text(const struct listing *l, str s) {
	if (!l->encoding.p || !s.p) {
		return s;
	}
	static const char hex[] = "0123456789ABCDEF";
	struct buf b = { .arena = l->c->arena };
	for (size_t i = 0; i < s.n; i++) {
		if (stays(s.p[i])) {
			put_byte(&b, s.p[i]);
		} else if (s.p[i] == ' ') {
			put_byte(&b, '+');
		} else {
			put_byte(&b, '%');
			put_byte(&b, hex[(uint8_t)s.p[i] >> 4]);
			put_byte(&b, hex[(uint8_t)s.p[i] & 15]);
		}
	}
	return buf_str(&b);
}

void listing_echo(const struct listing *l, struct val *out) {
	struct arena *a = l->c->arena;
	if (l->delimiter.n) {
		set_str(a, out, "Delimiter", listing_text(l, l->delimiter));
	}
	set_str(a, out, "EncodingType", l->encoding);
}

void listing_add_group(struct listing *l, struct val *out, str group) {
	struct arena *a = l->c->arena;
	struct val *list = get(out, "CommonPrefixes");
	struct val *v = append(a, list ? list : set(a, out, "CommonPrefixes"));
	set_str(a, v, "Prefix", listing_text(l, group));
	l->count++;
}

void show_owner(const struct listing *l, struct val *v, const char *member, str account) {
	struct call *c = l->c;
	const struct bucket *b = call_bucket(c);
	struct val *owner = set(c->arena, v, member);
	str id = l->owner, name = l->owner_name;
	if (b->ownership != OWNER_ENFORCED && !str_eq(account, b->account)) {
		owner_known(call_db(c), c->arena, account, &id, &name);
	}
	set_str(c->arena, owner, "DisplayName", name);
	set_str(c->arena, owner, "ID", id);
}

void show_sum_kind(struct arena *a, struct val *v, const struct sum *s) {
	if (s->kind < 0) {
		return;
	}
	str name = str_from(sum_name(s->kind));
	const struct member *m = shape_member(v->shape, S("ChecksumAlgorithm"));
	if (m && m->shape->kind == K_LIST) {
		append(a, set(a, v, "ChecksumAlgorithm"))->s = name;
	} else {
		set_str(a, v, "ChecksumAlgorithm", name);
	}
	set_str(a, v, "ChecksumType", str_from(sum_type(s->composite)));
}
