/* GetObjectAttributes. */
#include "s3/listing.h"
#include "s3/object.h"
#include "s3/routes.h"
#include "s3/sse.h"
#include "s3/upload.h"

enum { ETAG = 1, CHECKSUM = 2, PARTS = 4, CLASS = 8, SIZE = 16, SHOWN_MAX = 1000 };

static int attribute(str name) {
	return str_is(name, "ETag")           ? ETAG
	       : str_is(name, "Checksum")     ? CHECKSUM
	       : str_is(name, "ObjectParts")  ? PARTS
	       : str_is(name, "StorageClass") ? CLASS
	       : str_is(name, "ObjectSize")   ? SIZE
					      : 0;
}

static bool attributes_of_input(struct call *c, int *out) {
	const struct val *list = get(c->in, "ObjectAttributes");
	*out = 0;
	for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
		int one = attribute(str_trim(v->s));
		if (!one) {
			return fail_argument(c, "x-amz-object-attributes", v->s, "Invalid attribute name specified.");
		}
		*out |= one;
	}
	return *out ? true
		    : fail(c, &invalid_request,
			   "The x-amz-object-attributes header specifying the attributes to be retrieved is either "
			   "missing or empty");
}

static bool number_of_input(struct call *c, const char *member, const char *header, int64_t *out) {
	*out = get_int(c->in, member, *out);
	return *out >= 0 ? true
			 : fail_argument(c, header, str_printf(c->arena, "%lld", (long long)*out),
					 "Argument must be an integer between 0 and 2147483647");
}

static void show_part(struct call *c, struct val *v, const struct part *p) {
	set_int(c->arena, v, "PartNumber", p->number);
	set_int(c->arena, v, "Size", p->size);
	sum_show(c->arena, v, &p->sum);
}

/* Parts are listed one by one only if the object was given checksums (docs: GetObjectAttributes, ObjectParts). */
static bool show_parts(struct call *c, const struct object *o) {
	int64_t max = SHOWN_MAX, marker = 0, n = 0, last = 0;
	bool more = false;
	struct part p;
	if (!number_of_input(c, "MaxParts", "max-parts", &max) ||
	    !number_of_input(c, "PartNumberMarker", "part-number-marker", &marker)) {
		return false;
	}
	max = max < SHOWN_MAX ? max : SHOWN_MAX;
	if (!o->upload) {
		return true;
	}
	struct val *v = set(c->arena, c->out, "ObjectParts");
	set_int(c->arena, v, "TotalPartsCount", o->parts);
	if (o->sum.kind < 0) {
		return true;
	}
	struct val *list = set(c->arena, v, "Parts");
	AUTO_QUERY q = parts_after(call_db(c), o->upload, marker);
	while (parts_next(q, c->arena, &p)) {
		more = n == max;
		if (more) {
			break;
		}
		show_part(c, append(c->arena, list), &p);
		last = p.number;
		n++;
	}
	set_int(c->arena, v, "PartNumberMarker", marker);
	set_int(c->arena, v, "NextPartNumberMarker", last);
	set_int(c->arena, v, "MaxParts", max);
	set_int(c->arena, v, "IsTruncated", more);
	return true;
}

/* Without the "-N" that a composite one has elsewhere. */
static void show_sum(struct call *c, const struct object *o) {
	struct sum s = o->sum;
	str parts;
	str_cut(o->sum.value, '-', &s.value, &parts);
	sum_show(c->arena, set(c->arena, c->out, "Checksum"), &s);
}

static bool may(struct call *c) {
	return must_allow_version(c, "s3:GetObject", "s3:GetObjectVersion") &&
	       must_allow_version(c, "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes");
}

static bool get_object_attributes(struct call *c) {
	struct object o;
	int wanted;
	if (!may(c) || !attributes_of_input(c, &wanted) || !object_of_input(c, call_db(c), &o) || !sse_open(c, &o)) {
		return false;
	}
	set_int(c->arena, c->out, "LastModified", o.modified);
	set_str(c->arena, c->out, "VersionId", version_shown(call_bucket(c), &o));
	if (wanted & ETAG) {
		set_str(c->arena, c->out, "ETag", o.etag);
	}
	if ((wanted & CHECKSUM) && o.sum.kind >= 0) {
		show_sum(c, &o);
	}
	if (wanted & CLASS) {
		set_str(c->arena, c->out, "StorageClass", o.storage_class);
	}
	if (wanted & SIZE) {
		set_int(c->arena, c->out, "ObjectSize", o.size);
	}
	return wanted & PARTS ? show_parts(c, &o) : true;
}

const struct route attribute_routes[] = {
	{ "GetObjectAttributes", get_object_attributes, "", on_object, TIER2 },
	{ 0 },
};
