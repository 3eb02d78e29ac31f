/* What the operations on objects ask before they act. */
#include "base/clock.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/resource.h"

bool must_allow(struct call *c, const char *action) {
	struct resource r = c->resource;
	if (strcmp(action, "s3:ListBucket") == 0) {
		bucket_resource(c, call_bucket(c), &r);
	} else {
		resource_see(c, &r, action, get_str(c->in, "VersionId"));
	}
	return call_must(c, action, &r);
}

bool must_allow_version(struct call *c, const char *plain, const char *versioned) {
	return must_allow(c, get(c->in, "VersionId") ? versioned : plain);
}

str version_shown(const struct bucket *b, const struct object *o) {
	return b->versioning == VERSIONING_NEVER && str_is(o->version, "null") ? (str){ 0 } : o->version;
}

bool version_of_input(struct call *c, str *out) {
	const struct val *v = get(c->in, "VersionId");
	*out = v ? v->s : (str){ 0 };
	if (!v) {
		return true;
	}
	if (!v->s.n) {
		return fail_argument(c, "versionId", S(""), "Version id cannot be the empty string");
	}
	return version_plausible(v->s) ? true : fail_argument(c, "versionId", v->s, "Invalid version id specified");
}

/* --- an object to read --- */

static bool no_object(struct call *c, struct db *db, str version) {
	str key = get_str(c->in, "Key");
	if (db_error(db)) {
		return fail_errno(c, db_error(db));
	}
	/* In a work it has just gone: that it was there was known before. */
	if (db == c->reader && !must_allow(c, "s3:ListBucket")) {
		return false;
	}
	if (!version.p) {
		fail(c, &no_such_key, "The specified key does not exist.");
		fail_detail(c, "Key", key);
		return false;
	}
	fail(c, &no_such_version, "The specified version does not exist.");
	fail_detail(c, "Key", key);
	fail_detail(c, "VersionId", version);
	return false;
}

static bool is_marker(struct call *c, const struct object *o, str version) {
	putf(&c->headers, "x-amz-delete-marker: true\r\nx-amz-version-id: " STR_FMT "\r\n", STR_ARG(o->version));
	if (!version.p) {
		fail(c, &no_such_key, "The specified key does not exist.");
		fail_detail(c, "Key", o->key);
		return false;
	}
	putz(&c->headers, "Allow: DELETE\r\nLast-Modified: ");
	put_time(&c->headers, o->modified, TIME_HTTP);
	putz(&c->headers, "\r\n");
	fail(c, &method_not_allowed, "The specified method is not allowed against this resource.");
	fail_detail(c, "Method", c->x->head.method);
	fail_detail(c, "ResourceType", S("DeleteMarker"));
	return false;
}

bool object_of_input(struct call *c, struct db *db, struct object *out) {
	str version;
	if (!version_of_input(c, &version)) {
		return false;
	}
	*out = (struct object){ .bucket = call_bucket(c)->id, .key = get_str(c->in, "Key"), .version = version };
	if (!object_find(db, c->arena, out)) {
		return no_object(c, db, version);
	}
	return out->marker ? is_marker(c, out, version) : true;
}

/* --- what is not served, or not allowed --- */

static bool has(struct call *c, const char *header) {
	return head_get(&c->x->head, header).p != NULL;
}

bool extras_of_input(struct call *c) {
	if (has(c, "x-amz-write-offset-bytes")) {
		return fail(c, &not_implemented, "Appending to objects is not served by this version of Aerostat.");
	}
	return true;
}
