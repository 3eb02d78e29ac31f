#include "core/cloud.h"
#include "s3/customer.h"
#include "s3/listing.h"
#include "s3/lock.h"
#include "s3/object.h"
#include "s3/resource.h"
#include "s3/routes.h"
#include "s3/sse.h"

static const int64_t size_max = (int64_t)5 << 30;

/* COPY if the header is absent. */
static bool directive(struct call *c, const char *member, const char *what, bool *replace) {
	str s = get_str(c->in, member);
	*replace = str_is(s, "REPLACE");
	return *replace || !s.n || str_is(s, "COPY")
		       ? true
		       : fail_argument(c, str_printf(c->arena, "x-amz-%s-directive", what).p, s,
				       str_printf(c->arena, "Unknown %s directive.", what).p);
}

static bool unchanged(struct call *c, const struct source *from, const struct object *o, bool replace) {
	const struct object *src = &from->object;
	const struct head *h = &c->x->head;
	return src->bucket == o->bucket && str_eq(src->key, o->key) && src->latest && !replace &&
	       !get_str(c->in, "StorageClass").n && !head_get(h, "x-amz-website-redirect-location").p &&
	       !head_get(h, "x-amz-server-side-encryption").p && !customer_sent(c, &customer_headers);
}

static bool copy_meta(struct call *c, const struct source *from, struct object *o) {
	bool replace;
	if (!directive(c, "MetadataDirective", "metadata", &replace)) {
		return false;
	}
	if (unchanged(c, from, o, replace)) {
		return fail(c, &invalid_request,
			    "This copy request is illegal because it is trying to copy an object to itself without "
			    "changing the object's metadata, storage class, website redirect location or encryption "
			    "attributes.");
	}
	return replace ? meta_of_input(c, &o->meta) : meta_of_copy(c, from->object.meta, &o->meta);
}

static bool source_tags_allowed(struct call *c, const struct source *from) {
	const char *action = from->by_version ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging";
	struct resource r = from->resource;
	resource_see(c, &r, action, from->by_version ? from->object.version : (str){ 0 });
	return call_must(c, action, &r);
}

static bool copy_tags(struct call *c, const struct source *from, struct object *o) {
	bool replace;
	if (!directive(c, "TaggingDirective", "tagging", &replace)) {
		return false;
	}
	o->tags = from->object.tags;
	if (replace && !tags_of_header(c, get_str(c->in, "Tagging"), &o->tags)) {
		return false;
	}
	if (!o->tags.n) {
		return true;
	}
	return (replace || source_tags_allowed(c, from)) && call_must(c, "s3:PutObjectTagging", &c->resource);
}

static bool choose_sum(struct call *c, const struct source *from, struct checksum *sum) {
	str name = get_str(c->in, "ChecksumAlgorithm");
	int kept = from->object.sum.kind;
	*sum = (struct checksum){ .kind = name.n ? sum_kind(name) : kept >= 0 ? kept : DIGEST_CRC64NVME };
	return sum->kind >= 0 ? true : fail_sum_unknown(c);
}

static bool check_size(struct call *c, const struct source *from) {
	return from->object.size <= size_max
		       ? true
		       : fail(c, &invalid_request,
			      "The specified copy source is larger than the maximum allowable size for a copy source: "
			      "%lld",
			      (long long)size_max);
}

static void show(struct call *c, const struct source *from, const struct object *o) {
	struct val *v = set(c->arena, c->out, "CopyObjectResult");
	set_str(c->arena, v, "ETag", etag_quoted(c->arena, o->etag));
	set_int(c->arena, v, "LastModified", o->modified);
	sum_show(c->arena, v, &o->sum);
	set_str(c->arena, c->out, "VersionId", version_shown(call_bucket(c), o));
	set_str(c->arena, c->out, "CopySourceVersionId", from->version);
	sse_show(c, o->meta);
}

static bool copy_object(struct call *c) {
	struct source from;
	struct object o;
	struct checksum sum;
	struct sse sse;
	if (!object_of_request(c, &o) || !source_of_input(c, &from) || !check_size(c, &from) ||
	    !copy_meta(c, &from, &o) || !lock_of_input(c, &o.meta) || !copy_tags(c, &from, &o) ||
	    !choose_sum(c, &from, &sum) || !sse_of_input(c, &sse)) {
		return false;
	}
	o.meta = sse_keep(c->arena, o.meta, &sse);
	sse_apply(&sse, &sum);
	struct blob_writer *body = blob_begin(c->cloud->store, c->arena);
	if (!body_copy(c, &sum, body, &(struct extent){ &from.object, 0, from.object.size })) {
		return false;
	}
	o.size = sum.size;
	o.etag = sum.etag;
	o.sum = sum.result;
	if (!object_store(c, &o, body)) {
		return false;
	}
	show(c, &from, &o);
	return true;
}

const struct route copy_routes[] = {
	{ "CopyObject", copy_object, "s3:PutObject", on_object, TIER1 },
	{ 0 },
};
