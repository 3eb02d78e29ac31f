/* The object that CopyObject and UploadPartCopy copy from: x-amz-copy-source. */
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/object.h"
#include "s3/resource.h"
#include "s3/sse.h"

static const struct fault not_active = { "ObjectNotInActiveTierError", 403 };

struct place {
	str bucket, key, version;
};

static bool bad_source(struct call *c, const char *sentence) {
	return fail_argument(c, "x-amz-copy-source", head_get(&c->x->head, "x-amz-copy-source"), sentence);
}

/* Where "?versionId=" begins in the escaped text; a '?' of the key comes as %3F, or, from some clients, as it is. */
static bool find_version(str raw, size_t *at) {
	size_t found, from = 0;
	bool any = false;
	while (str_find(str_skip(raw, from), S("?versionId="), &found)) {
		*at = from + found;
		from = *at + 1;
		any = true;
	}
	return any;
}

static bool parse(struct call *c, struct place *out) {
	str raw = head_get(&c->x->head, "x-amz-copy-source"), bucket, key;
	size_t at;
	*out = (struct place){ .version = { 0 } };
	if (find_version(raw, &at)) {
		out->version = url_decode(c->arena, str_skip(raw, at + sizeof("?versionId=") - 1));
		raw.n = at;
	}
	str s = url_decode(c->arena, raw);
	s = str_starts(s, S("/")) ? str_skip(s, 1) : s;
	if (str_starts(s, S("arn:"))) {
		return fail(
			c, &not_implemented,
			"A copy source that is an ARN (an access point or an Outpost) is not served by this version "
			"of Aerostat; name it bucket/key.");
	}
	if (!str_cut(s, '/', &bucket, &key) || !bucket.n || !key.n) {
		return bad_source(c, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
	}
	out->bucket = bucket;
	out->key = key;
	if (out->version.p && !version_plausible(out->version)) {
		return fail_argument(c, "x-amz-copy-source", out->version, "Invalid version id specified");
	}
	return str_utf8(key) ? true : bad_source(c, "The copy source must be encoded as UTF-8, then as in URLs.");
}

static bool allowed(struct call *c, const struct place *p, struct source *out) {
	const char *action = p->version.p ? "s3:GetObjectVersion" : "s3:GetObject";
	struct resource bucket, r;
	bucket_resource(c, &out->bucket, &bucket);
	object_resource(c, &bucket, p->key, p->version, &out->resource);
	r = out->resource;
	resource_see(c, &r, action, p->version);
	return call_must(c, action, &r);
}

static bool may_list(struct call *c, struct source *out) {
	struct resource r;
	bucket_resource(c, &out->bucket, &r);
	return call_must(c, "s3:ListBucket", &r);
}

static bool owner_expected(struct call *c, const struct bucket *b) {
	str want = head_get(&c->x->head, "x-amz-source-expected-bucket-owner");
	return !want.p || str_eq(want, b->account) ? true : fail(c, &access_denied, "Access Denied");
}

static bool no_source(struct call *c, const struct place *p, struct source *out) {
	struct db *db = call_db(c);
	if (db_error(db)) {
		return fail_errno(c, db_error(db));
	}
	if (!may_list(c, out)) {
		return false;
	}
	if (p->version.p) {
		fail(c, &no_such_version, "The specified version does not exist.");
		fail_detail(c, "Key", p->key);
		fail_detail(c, "VersionId", p->version);
		return false;
	}
	fail(c, &no_such_key, "The specified key does not exist.");
	fail_detail(c, "Key", p->key);
	return false;
}

static bool find(struct call *c, const struct place *p, struct source *out) {
	struct object *o = &out->object;
	*o = (struct object){ .bucket = out->bucket.id, .key = p->key, .version = p->version };
	if (!object_find(call_db(c), c->arena, o)) {
		return no_source(c, p, out);
	}
	if (!o->marker) {
		return true;
	}
	return p->version.p ? fail(c, &invalid_request,
				   "The source of a copy request may not specifically refer to a delete marker by "
				   "version id.")
			    : no_source(c, p, out);
}

bool source_of_input(struct call *c, struct source *out) {
	struct place p;
	*out = (struct source){ .version = { 0 } };
	if (!parse(c, &p)) {
		return false;
	}
	if (!bucket_find(call_db(c), c->arena, p.bucket, &out->bucket)) {
		return bucket_gone(c, p.bucket);
	}
	if (!owner_expected(c, &out->bucket) || !allowed(c, &p, out) || !find(c, &p, out) ||
	    !sse_open_source(c, &out->object) || !conditions_source(c, &out->object)) {
		return false;
	}
	if (class_archived(out->object.storage_class)) {
		return fail(
			c, &not_active,
			"The source object of the COPY action is not in the active tier and is only stored in Amazon "
			"S3 Glacier.");
	}
	out->by_version = p.version.p != NULL;
	out->version = version_shown(&out->bucket, &out->object);
	return true;
}
