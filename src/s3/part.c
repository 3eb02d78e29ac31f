#include "base/clock.h"
#include "core/cloud.h"
#include "s3/listing.h"
#include "s3/lock.h"
#include "s3/meta.h"
#include "s3/routes.h"
#include "s3/sse.h"
#include "s3/upload.h"

/* --- a part arrives --- */

struct arrival {
	struct call *c;
	struct upload u;
	struct part p;
	struct checksum sum;
	struct sse sse;
	struct blob_writer *body;
};

static bool number_of_input(struct call *c, int64_t *out) {
	*out = get_int(c->in, "PartNumber", 0);
	return *out >= 1 && *out <= PARTS_MAX
		       ? true
		       : fail_argument(c, "partNumber", str_printf(c->arena, "%lld", (long long)*out),
				       "Part number must be an integer between 1 and 10000, inclusive");
}

static bool mismatch(struct arrival *w, int actual) {
	struct arena *a = w->c->arena;
	return fail(w->c, &invalid_request,
		    "Checksum Type mismatch occurred, expected checksum Type: " STR_FMT
		    ", actual checksum Type: " STR_FMT,
		    STR_ARG(sum_lower(a, w->u.sum_kind)), STR_ARG(sum_lower(a, actual)));
}

/* A part has the algorithm of its upload, or any if that has none: then it is only checked, and CRC64NVME is kept. Of a
 * whole-object checksum the client may leave the parts to us. */
static bool choose_sum(struct arrival *w) {
	struct checksum *s = &w->sum;
	s->crc64 = s->given && w->u.sum_kind < 0;
	if (s->crc64) {
		return true;
	}
	if (s->given && s->kind != w->u.sum_kind) {
		return mismatch(w, s->kind);
	}
	if (!s->given && w->u.sum_kind >= 0 && w->u.sum_composite) {
		return mismatch(w, -1);
	}
	s->kind = upload_sum_kind(&w->u);
	return true;
}

static int keep_work(struct db *db, void *arg) {
	struct arrival *w = arg;
	if (!upload_alive(db, w->u.id)) {
		fail_no_upload(w->c);
		return 1;
	}
	part_put(db, &w->p);
	return db_error(db);
}

static bool keep(struct arrival *w) {
	struct part *p = &w->p;
	if (!hex_decode(w->c->arena, w->sum.etag, &p->md5)) {
		return false;
	}
	p->upload = w->u.id;
	p->sum = w->sum.crc64 ? (struct sum){ .kind = DIGEST_CRC64NVME, .value = w->sum.result64 } : w->sum.result;
	p->size = w->sum.size;
	p->modified = clock_now();
	p->blob = blob_id(w->body);
	return call_write(w->c, keep_work, w, w->body);
}

static bool begin(struct call *c, struct arrival *w) {
	*w = (struct arrival){ .c = c };
	return number_of_input(c, &w->p.number) && upload_of_input(c, call_db(c), &w->u) &&
	       sse_of_upload(c, w->u.meta, &w->sse);
}

static bool upload_part(struct call *c) {
	struct arrival w;
	if (!begin(c, &w) || !checksum_of_input(c, &w.sum) ||
	    !lock_wants_sum(c, w.u.meta, w.sum.given || w.sum.content_md5.p, "Part") || !choose_sum(&w)) {
		return false;
	}
	call_db_done(c);
	sse_apply(&w.sse, &w.sum);
	w.body = blob_begin(c->cloud->store, c->arena);
	if (!body_receive(c, &w.sum, w.body, part_max) || !keep(&w)) {
		return false;
	}
	set_str(c->arena, c->out, "ETag", etag_quoted(c->arena, w.sum.etag));
	sse_show(c, w.u.meta);
	if (w.sum.given || w.u.sum_kind >= 0) {
		sum_show(c->arena, c->out, &w.sum.result);
	}
	return true;
}

/* --- UploadPartCopy --- */

static bool bad_range(struct call *c, str range, const char *sentence) {
	return fail_argument(c, "x-amz-copy-source-range", range, sentence);
}

static bool read_range(str range, int64_t *first, int64_t *last) {
	str a, b;
	return str_starts(range, S("bytes=")) && str_cut(str_skip(range, 6), '-', &a, &b) && str_uint(a, first) &&
	       str_uint(b, last) && *first <= *last;
}

/* The bytes of the source that are copied: all, or bytes=first-last, both inside it. */
static bool range_of_input(struct call *c, int64_t size, int64_t *at, int64_t *n) {
	str range = get_str(c->in, "CopySourceRange");
	int64_t first, last;
	*at = 0;
	*n = size;
	if (!range.p) {
		return true;
	}
	if (!read_range(range, &first, &last)) {
		return bad_range(
			c, range,
			"The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
			"last are the zero-based offsets of the first and last bytes to copy");
	}
	if (last >= size) {
		str sentence = str_printf(c->arena, "Range specified is not valid for source object of size: %lld",
					  (long long)size);
		return bad_range(c, range, sentence.p);
	}
	*at = first;
	*n = last - first + 1;
	return true;
}

static bool size_allowed(struct call *c, int64_t n) {
	return n <= part_max
		       ? true
		       : fail(c, &invalid_request,
			      "The specified copy source is larger than the maximum allowable size for a copy source: "
			      "%lld",
			      (long long)part_max);
}

static bool upload_part_copy(struct call *c) {
	struct arrival w;
	struct source from;
	int64_t at, n;
	if (!begin(c, &w) || !source_of_input(c, &from) || !range_of_input(c, from.object.size, &at, &n) ||
	    !size_allowed(c, n)) {
		return false;
	}
	w.sum.kind = upload_sum_kind(&w.u);
	sse_apply(&w.sse, &w.sum);
	w.body = blob_begin(c->cloud->store, c->arena);
	if (!body_copy(c, &w.sum, w.body, &(struct extent){ &from.object, at, n }) || !keep(&w)) {
		return false;
	}
	struct val *result = set(c->arena, c->out, "CopyPartResult");
	set_str(c->arena, result, "ETag", etag_quoted(c->arena, w.sum.etag));
	set_int(c->arena, result, "LastModified", w.p.modified);
	if (w.u.sum_kind >= 0) {
		sum_show(c->arena, result, &w.p.sum);
	}
	set_str(c->arena, c->out, "CopySourceVersionId", from.version);
	sse_show(c, w.u.meta);
	return true;
}

/* --- ListParts --- */

static void add_part(struct call *c, const struct upload *u, const struct part *p) {
	struct arena *a = c->arena;
	struct val *list = get(c->out, "Parts");
	struct val *v = append(a, list ? list : set(a, c->out, "Parts"));
	struct buf etag = { .arena = a };
	put_hex(&etag, p->md5);
	set_int(a, v, "PartNumber", p->number);
	set_int(a, v, "LastModified", p->modified);
	set_str(a, v, "ETag", etag_quoted(a, buf_str(&etag)));
	set_int(a, v, "Size", p->size);
	if (u->sum_kind >= 0) {
		sum_show(a, v, &p->sum);
	}
}

static void show(struct listing *l, const struct upload *u, int64_t marker) {
	struct arena *a = l->c->arena;
	struct val *out = l->c->out;
	set_str(a, out, "Bucket", call_bucket(l->c)->name);
	set_str(a, out, "Key", u->key);
	set_str(a, out, "UploadId", u->upload_id);
	set_int(a, out, "PartNumberMarker", marker);
	set_int(a, out, "MaxParts", l->max < LIST_MAX ? l->max : LIST_MAX);
	set_str(a, out, "StorageClass", u->storage_class);
	show_owner(l, out, "Initiator", u->initiator);
	show_owner(l, out, "Owner", u->account);
	show_sum_kind(a, out, &(struct sum){ .kind = u->sum_kind, .composite = u->sum_composite });
}

static bool marker_of_input(struct call *c, int64_t *out) {
	*out = get_int(c->in, "PartNumberMarker", 0);
	return *out >= 0 && *out <= INT32_MAX
		       ? true
		       : fail_argument(c, "part-number-marker", str_printf(c->arena, "%lld", (long long)*out),
				       "Argument part-number-marker must be an integer between 0 and 2147483647");
}

static bool list_parts(struct call *c) {
	struct listing l = { .c = c };
	struct upload u;
	struct part p;
	int64_t marker, last;
	if (!listing_limit(&l, "MaxParts", "max-parts") || !marker_of_input(c, &marker) ||
	    !upload_of_input(c, call_db(c), &u)) {
		return false;
	}
	listing_owner(&l);
	show(&l, &u, marker);
	last = marker;
	AUTO_QUERY q = parts_after(call_db(c), u.id, marker);
	while (l.max > 0 && parts_next(q, c->arena, &p)) {
		if (listing_full(&l)) {
			l.truncated = true;
			break;
		}
		add_part(c, &u, &p);
		last = p.number;
		l.count++;
	}
	set_int(c->arena, c->out, "NextPartNumberMarker", l.count ? last : 0);
	set_int(c->arena, c->out, "IsTruncated", l.truncated);
	return true;
}

const struct route part_routes[] = {
	{ "UploadPart", upload_part, "s3:PutObject", on_object, TIER1 },
	{ "UploadPartCopy", upload_part_copy, "s3:PutObject", on_object, TIER1 },
	{ "ListParts", list_parts, "s3:ListMultipartUploadParts", on_object, TIER1 },
	{ 0 },
};
