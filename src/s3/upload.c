#include "s3/upload.h"

#include "base/clock.h"
#include "s3/acl.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/lock.h"
#include "s3/meta.h"
#include "s3/routes.h"
#include "s3/sse.h"

/* --- what the files about uploads share --- */

bool fail_no_upload(struct call *c) {
	fail(c, &no_such_upload,
	     "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
	     "or "
	     "completed.");
	fail_detail(c, "UploadId", get_str(c->in, "UploadId"));
	return false;
}

bool upload_of_input(struct call *c, struct db *db, struct upload *out) {
	*out = (struct upload){ .bucket = call_bucket(c)->id,
				.key = get_str(c->in, "Key"),
				.upload_id = get_str(c->in, "UploadId") };
	return upload_find(db, c->arena, out) ? true : fail_no_upload(c);
}

const char *sum_type(bool composite) {
	return composite ? "COMPOSITE" : "FULL_OBJECT";
}

str sum_lower(struct arena *a, int kind) {
	return kind < 0 ? S("null") : str_lower(a, str_from(sum_name(kind)));
}

/* --- CreateMultipartUpload --- */

static bool composite_of_input(struct call *c, struct upload *u) {
	str type = get_str(c->in, "ChecksumType");
	u->sum_composite = type.p ? str_is(type, "COMPOSITE") : u->sum_kind >= 0 && u->sum_kind != DIGEST_CRC64NVME;
	if (!type.p) {
		return true;
	}
	if (!str_is(type, "COMPOSITE") && !str_is(type, "FULL_OBJECT")) {
		return fail(c, &invalid_request, "Value for x-amz-checksum-type header is invalid.");
	}
	if (u->sum_kind < 0) {
		return fail(
			c, &invalid_request,
			"The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
	}
	if (u->sum_composite ? u->sum_kind == DIGEST_CRC64NVME : !sum_combines(u->sum_kind)) {
		return fail(c, &invalid_request,
			    "The %s checksum type cannot be used with the " STR_FMT " checksum algorithm.",
			    sum_type(u->sum_composite), STR_ARG(sum_lower(c->arena, u->sum_kind)));
	}
	return true;
}

static bool sum_of_input(struct call *c, struct upload *u) {
	str name = get_str(c->in, "ChecksumAlgorithm");
	u->sum_kind = name.p ? sum_kind(name) : -1;
	if (name.p && u->sum_kind < 0) {
		return fail_sum_unknown(c);
	}
	return composite_of_input(c, u);
}

struct creation {
	struct call *c;
	struct upload u;
};

static int create_work(struct db *db, void *arg) {
	struct creation *w = arg;
	if (!bucket_alive(db, w->u.bucket)) {
		bucket_gone(w->c, call_bucket(w->c)->name);
		return 1;
	}
	lock_by_default(w->c, db, w->u.initiated, &w->u.meta);
	upload_insert(db, w->c->arena, &w->u);
	return db_error(db);
}

static bool create_multipart_upload(struct call *c) {
	struct creation w = { .c = c };
	struct upload *u = &w.u;
	struct sse sse;
	if (!extras_of_input(c) || !meta_of_input(c, &u->meta) || !lock_of_input(c, &u->meta) ||
	    !class_of_input(c, &u->storage_class) || !tags_of_input(c, &u->tags) || !sum_of_input(c, u) ||
	    !sse_of_input(c, &sse)) {
		return false;
	}
	u->meta = sse_keep(c->arena, u->meta, &sse);
	u->bucket = call_bucket(c)->id;
	u->key = get_str(c->in, "Key");
	u->account = object_owner(c);
	u->initiator = c->who.account;
	u->initiated = clock_now();
	if (!call_write(c, create_work, &w, NULL)) {
		return false;
	}
	set_str(c->arena, c->out, "Bucket", call_bucket(c)->name);
	set_str(c->arena, c->out, "Key", u->key);
	set_str(c->arena, c->out, "UploadId", u->upload_id);
	sse_show(c, u->meta);
	if (u->sum_kind >= 0) {
		set_str(c->arena, c->out, "ChecksumAlgorithm", str_from(sum_name(u->sum_kind)));
		set_str(c->arena, c->out, "ChecksumType", str_from(sum_type(u->sum_composite)));
	}
	return true;
}

/* --- AbortMultipartUpload --- */

static int abort_work(struct db *db, void *arg) {
	struct creation *w = arg;
	if (!upload_alive(db, w->u.id)) {
		fail_no_upload(w->c);
		return 1;
	}
	parts_forget(db, w->u.id);
	upload_remove(db, w->u.id);
	return db_error(db);
}

static bool abort_multipart_upload(struct call *c) {
	struct creation w = { .c = c };
	return upload_of_input(c, call_db(c), &w.u) && call_write(c, abort_work, &w, NULL);
}

/* --- ListMultipartUploads --- */

static void add_upload(struct listing *l, const struct upload *u) {
	struct arena *a = l->c->arena;
	struct val *list = get(l->c->out, "Uploads");
	struct val *v = append(a, list ? list : set(a, l->c->out, "Uploads"));
	set_str(a, v, "UploadId", u->upload_id);
	set_str(a, v, "Key", listing_text(l, u->key));
	set_int(a, v, "Initiated", u->initiated);
	set_str(a, v, "StorageClass", u->storage_class);
	show_owner(l, v, "Owner", u->account);
	show_owner(l, v, "Initiator", u->initiator);
	show_sum_kind(a, v, &(struct sum){ .kind = u->sum_kind, .composite = u->sum_composite });
	l->count++;
}

/* After this upload of this key; id 0: before the first of that key. */
struct place {
	str key, upload_id;
	int64_t initiated, id;
};

static struct place before(str key) {
	return (struct place){ .key = key, .initiated = INT64_MIN, .id = INT64_MIN };
}

static bool begin(struct listing *l, struct place *from) {
	struct call *c = l->c;
	str group, key = get_str(c->in, "KeyMarker"), id = get_str(c->in, "UploadIdMarker");
	*from = before(listing_from(l, key));
	if (!key.n || !id.n) {
		return true;
	}
	if (!upload_id_read(id, call_bucket(c)->id, key, &from->initiated, &from->id)) {
		return fail_argument(c, "upload-id-marker", id, "Invalid uploadId marker");
	}
	if (listing_group(l, key, &group) || str_cmp(key, l->prefix) < 0) {
		*from = before(from->key);
	} else {
		from->key = key;
	}
	return true;
}

/* One run over the index: ends at a common prefix, which has to be passed over, or at the end of the page. */
static bool run_on(struct listing *l, struct place *from, struct place *last) {
	struct arena *a = l->c->arena;
	struct upload u;
	str group;
	AUTO_QUERY q = uploads_after(call_db(l->c), call_bucket(l->c)->id, from->key, from->initiated, from->id);
	while (uploads_next(q, a, &u) && str_starts(u.key, l->prefix)) {
		if (listing_full(l)) {
			l->truncated = true;
			return false;
		}
		if (listing_group(l, u.key, &group)) {
			listing_add_group(l, l->c->out, group);
			*last = (struct place){ .key = group, .upload_id = S("") };
			*from = before(key_past(a, group));
			return from->key.p;
		}
		add_upload(l, &u);
		*last = (struct place){ .key = u.key, .upload_id = u.upload_id };
	}
	return false;
}

static void show(struct listing *l) {
	struct arena *a = l->c->arena;
	struct val *out = l->c->out;
	str key = get_str(l->c->in, "KeyMarker"), id = get_str(l->c->in, "UploadIdMarker");
	set_str(a, out, "Bucket", call_bucket(l->c)->name);
	set_str(a, out, "KeyMarker", key.p ? listing_text(l, key) : S(""));
	set_str(a, out, "UploadIdMarker", key.n && id.p ? id : S(""));
	if (l->prefix.n) {
		set_str(a, out, "Prefix", listing_text(l, l->prefix));
	}
	set_int(a, out, "MaxUploads", l->max < LIST_MAX ? l->max : LIST_MAX);
	listing_echo(l, out);
}

static bool list_multipart_uploads(struct call *c) {
	struct listing l;
	struct place from, last = { .key = S(""), .upload_id = S("") };
	if (!listing_open(c, &l) || !listing_limit(&l, "MaxUploads", "max-uploads") || !begin(&l, &from)) {
		return false;
	}
	show(&l);
	while (l.max > 0 && from.key.p && run_on(&l, &from, &last)) {
	}
	set_str(c->arena, c->out, "NextKeyMarker", listing_text(&l, last.key));
	set_str(c->arena, c->out, "NextUploadIdMarker", last.upload_id);
	set_int(c->arena, c->out, "IsTruncated", l.truncated);
	return true;
}

const struct route upload_routes[] = {
	{ "CreateMultipartUpload", create_multipart_upload, "s3:PutObject", on_object, TIER1 },
	{ "AbortMultipartUpload", abort_multipart_upload, NULL, on_object, NULL },
	{ "ListMultipartUploads", list_multipart_uploads, "s3:ListBucketMultipartUploads", on_bucket, TIER1 },
	{ 0 },
};
