#include "base/clock.h"
#include "s3/acl.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/lock.h"
#include "s3/object.h"
#include "s3/resource.h"
#include "s3/routes.h"

enum { KEYS_MAX = 1000, KEY_MAX = 1024 };

/* One key that shall go, and what came of it. */
struct removal {
	str key, version; /* version absent: whatever is current */
	str match; /* If-Match; absent: none */
	const struct fault *fault; /* NULL: done */
	const char *sentence;
	bool marker; /* a delete marker was made, or was taken away */
	str made_or_gone; /* its version, or that of the object that was taken away */
};

struct batch {
	struct call *c;
	struct removal *all;
	size_t n;
};

static bool refuse(struct removal *r, const struct fault *f, const char *sentence) {
	r->fault = f;
	r->sentence = sentence;
	return false;
}

/* Conditions are about the current version, whichever is to go (docs: "How to perform conditional deletes"). */
static bool condition_holds(struct db *db, struct call *c, struct removal *r) {
	struct object now = { .bucket = call_bucket(c)->id, .key = r->key };
	if (!r->match.n) {
		return true;
	}
	bool there = object_find(db, c->arena, &now) && !now.marker;
	if (!there && !str_is(r->match, "*")) {
		return refuse(r, &no_such_key, "The specified key does not exist.");
	}
	return there && etag_listed(r->match, now.etag)
		       ? true
		       : refuse(r, &precondition_failed,
				"At least one of the pre-conditions you specified did not hold");
}

static int mark(struct db *db, struct call *c, struct removal *r) {
	struct object m = { .bucket = call_bucket(c)->id,
			    .key = r->key,
			    .marker = true,
			    .modified = clock_now(),
			    .storage_class = S("STANDARD"),
			    .sum = { .kind = -1 },
			    .account = object_owner(c) };
	if (object_insert(db, c->arena, &m)) {
		bucket_gone(c, call_bucket(c)->name);
		return 1;
	}
	r->marker = true;
	r->made_or_gone = m.version;
	return 0;
}

static int remove_one(struct db *db, struct call *c, struct removal *r) {
	struct object o = { .bucket = call_bucket(c)->id, .key = r->key, .version = r->version };
	if (r->fault || !condition_holds(db, c, r)) {
		return 0;
	}
	if (!r->version.p && bucket_versioning(db, o.bucket) != VERSIONING_NEVER) {
		return mark(db, c, r);
	}
	if (object_find(db, c->arena, &o)) {
		struct lock l = lock_of(o.meta);
		if (!lock_lets_go(&l, lock_bypassed(c))) {
			refuse(r, &access_denied, lock_sentence);
			return 0;
		}
		object_remove(db, c->arena, &o);
		r->marker = o.marker;
	}
	r->made_or_gone = r->version;
	return 0;
}

static int remove_all(struct db *db, void *arg) {
	struct batch *b = arg;
	if (!bucket_alive(db, call_bucket(b->c)->id)) {
		bucket_gone(b->c, call_bucket(b->c)->name);
		return 1;
	}
	for (size_t i = 0; i < b->n; i++) {
		if (remove_one(db, b->c, &b->all[i])) {
			return 1;
		}
	}
	return db_error(db);
}

/* --- may it go? --- */

/* c->resource is the object, or its bucket. */
static bool may_delete(struct call *c, const struct removal *r) {
	struct resource on;
	bool bypass = lock_bypassed(c);
	object_resource(c, &c->resource, r->key, r->version, &on);
	return call_must(c, r->version.p ? "s3:DeleteObjectVersion" : "s3:DeleteObject", &on) &&
	       (!bypass || !call_bucket(c)->object_lock || call_must(c, "s3:BypassGovernanceRetention", &on));
}

/* --- DeleteObject --- */

static bool directory_only(struct call *c) {
	return get(c->in, "IfMatchLastModifiedTime") || get(c->in, "IfMatchSize")
		       ? fail(c, &not_implemented,
			      "x-amz-if-match-last-modified-time and x-amz-if-match-size are for directory buckets, "
			      "which "
			      "are not served by this version of Aerostat.")
		       : true;
}

static bool delete_object(struct call *c) {
	struct removal r = { .key = get_str(c->in, "Key"), .match = get_str(c->in, "IfMatch") };
	struct batch b = { c, &r, 1 };
	if (!version_of_input(c, &r.version) || !may_delete(c, &r) || !directory_only(c) ||
	    !call_write(c, remove_all, &b, NULL)) {
		return false;
	}
	if (r.fault) {
		fail(c, r.fault, "%s", r.sentence);
		fail_detail(c, "Condition", r.fault == &precondition_failed ? S("If-Match") : (str){ 0 });
		fail_detail(c, "Key", r.fault == &no_such_key ? r.key : (str){ 0 });
		return false;
	}
	set_str(c->arena, c->out, "VersionId", r.made_or_gone);
	if (r.marker) {
		set_int(c->arena, c->out, "DeleteMarker", true);
	}
	return true;
}

/* --- DeleteObjects --- */

/* Members of an element that are of no use here are told, not passed over. */
static void check_entry(struct call *c, const struct val *v, struct removal *r) {
	if (r->key.n > KEY_MAX) {
		refuse(r, &key_too_long, "Your key is too long");
	} else if (get(v, "LastModifiedTime") || get(v, "Size")) {
		refuse(r, &not_implemented,
		       "LastModifiedTime and Size are for directory buckets, which are not served.");
	} else if (!may_delete(c, r)) {
		refuse(r, &access_denied, c->refusal.message.p);
		c->refusal = (struct refusal){ 0 };
	} else if (r->version.p && !version_plausible(r->version)) {
		refuse(r, &no_such_version, "The specified version does not exist.");
	}
}

static bool read_batch(struct call *c, const struct val *objects, struct batch *b) {
	size_t n = val_count(objects);
	if (n == 0 || n > KEYS_MAX) {
		return malformed(c);
	}
	*b = (struct batch){ .c = c, .all = NEWS(c->arena, struct removal, n) };
	for (const struct val *v = objects->first; v; v = v->next) {
		struct removal *r = &b->all[b->n++];
		const struct val *version = get(v, "VersionId");
		*r = (struct removal){ .key = get_str(v, "Key"), .match = get_str(v, "ETag") };
		r->version = version && version->s.n ? version->s : (str){ 0 };
		if (!r->key.n) {
			return malformed(c);
		}
		check_entry(c, v, r);
	}
	return true;
}

static void show_error(struct call *c, struct val *list, const struct removal *r) {
	struct val *v = append(c->arena, list);
	set_str(c->arena, v, "Key", r->key);
	set_str(c->arena, v, "VersionId", r->version);
	set_str(c->arena, v, "Code", str_from(r->fault->code));
	set_str(c->arena, v, "Message", str_from(r->sentence));
}

static void show_deleted(struct call *c, struct val *list, const struct removal *r) {
	struct val *v = append(c->arena, list);
	set_str(c->arena, v, "Key", r->key);
	set_str(c->arena, v, "VersionId", r->version);
	if (r->marker) {
		set_int(c->arena, v, "DeleteMarker", true);
		set_str(c->arena, v, "DeleteMarkerVersionId", r->made_or_gone);
	}
}

static bool delete_objects(struct call *c) {
	struct batch b;
	const struct val *document = config_body(c);
	if (!document || !read_batch(c, get(document, "Objects"), &b) || !call_write(c, remove_all, &b, NULL)) {
		return false;
	}
	bool quiet = get_int(document, "Quiet", 0) != 0;
	struct val *deleted = set(c->arena, c->out, "Deleted"), *errors = set(c->arena, c->out, "Errors");
	for (size_t i = 0; i < b.n; i++) {
		if (b.all[i].fault) {
			show_error(c, errors, &b.all[i]);
		} else if (!quiet) {
			show_deleted(c, deleted, &b.all[i]);
		}
	}
	return true;
}

const struct route delete_routes[] = {
	{ "DeleteObject", delete_object, "", on_object, NULL },
	{ "DeleteObjects", delete_objects, "", on_bucket, NULL },
	{ 0 },
};
