#include "base/clock.h"
#include "core/cloud.h"
#include "s3/acl.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/lock.h"
#include "s3/object.h"
#include "s3/routes.h"
#include "s3/sse.h"

const int64_t object_max = (int64_t)5 << 30;

struct deposit {
	struct call *c;
	struct object o;
	struct blob_writer *body;
};

/* What decides, with nothing in between: the bucket is there, the conditions hold, the object is the current one. */
static int store(struct db *db, void *arg) {
	struct deposit *w = arg;
	struct call *c = w->c;
	struct object now = { .bucket = w->o.bucket, .key = w->o.key };
	bool there = object_find(db, c->arena, &now);
	if (!conditions_write(c, there ? &now : NULL)) {
		return 1;
	}
	lock_by_default(c, db, w->o.modified, &w->o.meta);
	if (object_insert(db, c->arena, &w->o)) {
		bucket_gone(c, call_bucket(c)->name);
		return 1;
	}
	return db_error(db);
}

bool object_store(struct call *c, struct object *o, struct blob_writer *body) {
	struct deposit w = { .c = c, .o = *o };
	w.o.modified = clock_now();
	w.o.blob = w.o.size ? blob_id(body) : 0;
	if (!call_write(c, store, &w, w.o.blob ? body : NULL)) {
		return false;
	}
	*o = w.o;
	return true;
}

/* What is known before the body: a client that waits for 100 Continue sends nothing in vain. */
static bool conditions_early(struct call *c) {
	struct object now = { .bucket = call_bucket(c)->id, .key = get_str(c->in, "Key") };
	if (!get_str(c->in, "IfMatch").n && !get_str(c->in, "IfNoneMatch").n) {
		return true;
	}
	bool there = object_find(call_db(c), c->arena, &now);
	return conditions_write(c, there ? &now : NULL);
}

bool object_of_request(struct call *c, struct object *o) {
	if (query_has(c->arena, &c->x->head, "versionId")) {
		return fail_argument(c, "versionId", query_get(c->arena, &c->x->head, "versionId"),
				     "This operation does not accept a version-id.");
	}
	*o = (struct object){ .bucket = call_bucket(c)->id, .key = get_str(c->in, "Key"), .account = object_owner(c) };
	return extras_of_input(c) && class_of_input(c, &o->storage_class) && conditions_early(c);
}

static bool too_small(struct call *c, int64_t size, int64_t min) {
	fail(c, &entity_too_small, "Your proposed upload is smaller than the minimum allowed size");
	fail_detail(c, "ProposedSize", str_printf(c->arena, "%lld", (long long)size));
	fail_detail(c, "MinSizeAllowed", str_printf(c->arena, "%lld", (long long)min));
	return false;
}

static void show(struct call *c, const struct object *o) {
	set_str(c->arena, c->out, "ETag", etag_quoted(c->arena, o->etag));
	sum_show(c->arena, c->out, &o->sum);
	set_str(c->arena, c->out, "VersionId", version_shown(call_bucket(c), o));
	sse_show(c, o->meta);
}

bool object_put(struct call *c, struct object *o, int64_t min, int64_t max) {
	struct checksum sum;
	struct sse sse;
	if (!object_of_request(c, o) || !meta_of_input(c, &o->meta) || !lock_of_input(c, &o->meta) ||
	    !sse_of_input(c, &sse) || !tags_of_input(c, &o->tags) || !checksum_of_input(c, &sum) ||
	    !lock_wants_sum(c, o->meta, sum.given || sum.content_md5.p, "Object")) {
		return false;
	}
	o->meta = sse_keep(c->arena, o->meta, &sse);
	sse_apply(&sse, &sum);
	struct blob_writer *body = blob_begin(c->cloud->store, c->arena);
	if (!body_receive(c, &sum, body, max)) {
		return false;
	}
	if (sum.size < min) {
		return too_small(c, sum.size, min);
	}
	o->size = sum.size;
	o->etag = sum.etag;
	o->sum = sum.result;
	if (!object_store(c, o, body)) {
		return false;
	}
	show(c, o);
	return true;
}

str object_location(struct call *c) {
	struct buf b = { .arena = c->arena };
	putz(&b, c->x->tls.n ? "https://" : "http://");
	put(&b, c->x->head.host);
	put_byte(&b, '/');
	if (!c->bucket_host.n) {
		put(&b, call_bucket(c)->name);
		put_byte(&b, '/');
	}
	put_url(&b, get_str(c->in, "Key"), false);
	return buf_str(&b);
}

static bool put_object(struct call *c) {
	struct object o;
	return object_put(c, &o, 0, object_max);
}

const struct route put_routes[] = {
	{ "PutObject", put_object, NULL, on_object, TIER1 },
	{ 0 },
};
