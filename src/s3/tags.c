#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/log.h"
#include "s3/listing.h"
#include "s3/meta.h"

#include <pcre2.h>
#include <pthread.h>

enum { KEY_MAX = 128, VALUE_MAX = 256, OBJECT_TAGS = 10 };

/* docs: Amazon S3 User Guide, "Categorizing your storage using tags": letters, spaces, numbers and + - = . _ : / @ */
static pcre2_code *allowed;

static void compile(void) {
	static const char pattern[] = "^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*+\\z";
	int error;
	PCRE2_SIZE at;
	allowed = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &error, &at, NULL);
	if (!allowed) {
		bug("tags: pattern");
	}
}

static bool characters_ok(str s) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, compile);
	pcre2_match_data *found = pcre2_match_data_create(1, NULL);
	int rc = pcre2_match(allowed, (PCRE2_SPTR)s.p, s.n, 0, 0, found, NULL);
	pcre2_match_data_free(found);
	return rc > 0;
}

/* Characters, of well-formed UTF-8; -1 if it is not. */
static int length(str s) {
	int n = 0;
	for (size_t i = 0; i < s.n; i++) {
		n += (s.p[i] & 0xc0) != 0x80;
	}
	return str_utf8(s) ? n : -1;
}

static bool text_ok(str s, int max) {
	int n = s.p ? length(s) : 0;
	return n >= 0 && n <= max && (n == 0 || characters_ok(s));
}

static bool fail_tag(struct call *c, str key, const char *sentence) {
	fail(c, &invalid_tag, "%s", sentence);
	fail_detail(c, "TagKey", key);
	return false;
}

static bool too_many(struct call *c, int max) {
	return max == OBJECT_TAGS ? fail(c, &bad_request, "Object tags cannot be greater than %d", max)
				  : fail(c, &bad_request, "Bucket tag count cannot be greater than %d", max);
}

static bool has_name(str pairs, str name) {
	str n, v;
	while (pair_next(&pairs, &n, &v)) {
		if (str_eq(n, name)) {
			return true;
		}
	}
	return false;
}

static bool check_tag(struct call *c, str key, str value) {
	if (!key.n || !text_ok(key, KEY_MAX)) {
		return fail_tag(c, key, "The TagKey you have provided is invalid");
	}
	if (!text_ok(value, VALUE_MAX)) {
		fail(c, &invalid_tag, "The TagValue you have provided is invalid");
		fail_detail(c, "TagKey", key);
		fail_detail(c, "TagValue", value);
		return false;
	}
	if (key.n >= 4 && str_ieq((str){ key.p, 4 }, S("aws:"))) {
		return fail_tag(c, key, "System tags cannot be added/updated by requester");
	}
	return true;
}

static bool bad_header(struct call *c, str header) {
	return fail_argument(c, "x-amz-tagging", header,
			     "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
			     "parameters without tag name duplicates.");
}

bool tags_of_header(struct call *c, str header, str *out) {
	struct buf b = { .arena = c->arena };
	int n = 0;
	str one, rest = header, name, value;
	for (bool more = header.n > 0; more;) {
		more = str_cut(rest, '&', &one, &rest);
		if (!one.n) {
			continue;
		}
		bool pair = str_cut(one, '=', &name, &value);
		name = url_decode_form(c->arena, name);
		value = pair ? url_decode_form(c->arena, value) : S("");
		if (has_name(buf_str(&b), name) || !str_utf8(name) || !str_utf8(value)) {
			return bad_header(c, header);
		}
		if (!check_tag(c, name, value)) {
			return false;
		}
		put_pair(&b, name, value);
		if (++n > OBJECT_TAGS) {
			return too_many(c, OBJECT_TAGS);
		}
	}
	*out = n ? buf_str(&b) : (str){ 0 };
	return true;
}

bool tags_of_input(struct call *c, str *out) {
	str header = get_str(c->in, "Tagging");
	*out = (str){ 0 };
	return !header.n || (tags_of_header(c, header, out) && call_must(c, "s3:PutObjectTagging", &c->resource));
}

bool tags_of_set(struct call *c, const struct val *tag_set, int max, str *out) {
	struct buf b = { .arena = c->arena };
	*out = (str){ 0 };
	if (val_count(tag_set) > (size_t)max) {
		return too_many(c, max);
	}
	for (const struct val *v = tag_set ? tag_set->first : NULL; v; v = v->next) {
		str name = get_str(v, "Key"), value = get_str(v, "Value");
		if (!check_tag(c, name, value)) {
			return false;
		}
		if (has_name(buf_str(&b), name)) {
			return fail_tag(c, name, "Cannot provide multiple Tags with the same key");
		}
		put_pair(&b, name, value);
	}
	*out = b.n ? buf_str(&b) : (str){ 0 };
	return true;
}

void tags_show(struct arena *a, struct val *tag_set, str tags) {
	str name, value;
	while (pair_next(&tags, &name, &value)) {
		struct val *tag = append(a, tag_set);
		set_str(a, tag, "Key", name);
		set_str(a, tag, "Value", value);
	}
}

int64_t tags_count(str tags) {
	int64_t n = 0;
	str name, value;
	while (pair_next(&tags, &name, &value)) {
		n++;
	}
	return n;
}
