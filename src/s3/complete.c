#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"
#include "s3/upload.h"

/* A part as the client lists it. */
struct listed {
	int64_t number;
	str etag; /* without quotes */
	const struct val *v;
};

struct completion {
	struct call *c;
	struct upload u;
	struct listed *list;
	struct part *parts; /* as many, as they were found */
	size_t n;
	struct object o;
	bool gone; /* the upload was completed or aborted by someone else at this moment */
};

/* --- the list of parts --- */

static str unquoted(str s) {
	bool quoted = s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"';
	return quoted ? (str){ s.p + 1, s.n - 2 } : s;
}

static bool out_of_order(struct call *c) {
	fail(c, &invalid_part_order,
	     "The list of parts was not in ascending order. The parts list must be specified in order by part number.");
	fail_detail(c, "UploadId", get_str(c->in, "UploadId"));
	return false;
}

static bool read_listed(struct call *c, const struct val *v, struct listed *out) {
	*out = (struct listed){ .number = get_int(v, "PartNumber", 0), .etag = unquoted(get_str(v, "ETag")), .v = v };
	if (!get(v, "PartNumber") || !get(v, "ETag")) {
		return malformed(c);
	}
	return out->number >= 1 ? true : fail(c, &invalid_argument, "PartNumber must be >= 1");
}

static bool read_list(struct completion *w) {
	struct call *c = w->c;
	const struct val *all = get(get(c->in, "MultipartUpload"), "Parts");
	size_t count = val_count(all);
	if (count == 0 || count > PARTS_MAX) {
		return malformed(c);
	}
	w->list = NEWS(c->arena, struct listed, count);
	w->parts = NEWS(c->arena, struct part, count);
	for (const struct val *v = all->first; v; v = v->next) {
		if (!read_listed(c, v, &w->list[w->n])) {
			return false;
		}
		w->n++;
	}
	for (size_t i = 1; i < w->n; i++) {
		if (w->list[i].number <= w->list[i - 1].number) {
			return out_of_order(c);
		}
	}
	return true;
}

/* --- against what was uploaded --- */

static bool no_part(struct call *c, const struct listed *l) {
	fail(c, &invalid_part,
	     "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
	     "specified entity tag may not match the part's entity tag.");
	fail_detail(c, "UploadId", get_str(c->in, "UploadId"));
	fail_detail(c, "PartNumber", str_printf(c->arena, "%lld", (long long)l->number));
	fail_detail(c, "ETag", l->etag);
	return false;
}

static const int kinds[] = { DIGEST_CRC32, DIGEST_CRC32C, DIGEST_CRC64NVME, DIGEST_SHA1, DIGEST_SHA256 };
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static str sum_given(struct call *c, const struct val *v, int kind) {
	return get_str(v, str_printf(c->arena, "Checksum%s", sum_name(kind)).p);
}

static bool check_sum(struct completion *w, const struct listed *l, const struct part *p) {
	struct call *c = w->c;
	bool given = false;
	for (size_t i = 0; i < KINDS; i++) {
		str value = sum_given(c, l->v, kinds[i]);
		if (value.p && kinds[i] != p->sum.kind && w->u.sum_kind >= 0) {
			return fail(c, &bad_digest,
				    "The " STR_FMT " you specified for part %lld did not match what we received.",
				    STR_ARG(sum_lower(c->arena, kinds[i])), (long long)l->number);
		}
		if (value.p && kinds[i] == p->sum.kind && !str_eq(value, p->sum.value)) {
			return no_part(c, l);
		}
		given |= value.p != NULL;
	}
	if (given || w->u.sum_kind < 0 || !w->u.sum_composite) {
		return true;
	}
	return fail(c, &invalid_request,
		    "The upload was created using a " STR_FMT
		    " checksum. The complete request must include the checksum "
		    "for each part. It was missing for part %lld in the request.",
		    STR_ARG(sum_lower(c->arena, w->u.sum_kind)), (long long)l->number);
}

static bool etag_matches(struct call *c, const struct listed *l, const struct part *p) {
	struct buf hex = { .arena = c->arena };
	put_hex(&hex, p->md5);
	return str_ieq(l->etag, buf_str(&hex));
}

/* Both lists are in the order of their numbers. */
static bool match(struct completion *w, struct db *db) {
	struct part p = { 0 };
	AUTO_QUERY q = parts_after(db, w->u.id, 0);
	for (size_t i = 0; i < w->n; i++) {
		const struct listed *l = &w->list[i];
		while (p.number < l->number && parts_next(q, w->c->arena, &p)) {
		}
		if (p.number != l->number || !etag_matches(w->c, l, &p)) {
			return no_part(w->c, l);
		}
		if (!check_sum(w, l, &p)) {
			return false;
		}
		w->parts[i] = p;
	}
	return true;
}

static bool too_small(struct completion *w, size_t i) {
	struct call *c = w->c;
	fail(c, &entity_too_small, "Your proposed upload is smaller than the minimum allowed size");
	fail_detail(c, "ProposedSize", str_printf(c->arena, "%lld", (long long)w->parts[i].size));
	fail_detail(c, "MinSizeAllowed", str_printf(c->arena, "%lld", (long long)part_min));
	fail_detail(c, "PartNumber", str_printf(c->arena, "%lld", (long long)w->parts[i].number));
	fail_detail(c, "ETag", w->list[i].etag);
	return false;
}

static bool add_sizes(struct completion *w) {
	const struct val *want = get(w->c->in, "MpuObjectSize");
	for (size_t i = 0; i < w->n; i++) {
		if (i + 1 < w->n && w->parts[i].size < part_min) {
			return too_small(w, i);
		}
		w->parts[i].start = w->o.size;
		w->o.size += w->parts[i].size;
	}
	if (want && want->i < 0) {
		return fail(w->c, &invalid_request, "Value for x-amz-mp-object-size header is less than zero: '%lld'",
			    (long long)want->i);
	}
	return !want || want->i == w->o.size ? true
					     : fail(w->c, &invalid_request,
						    "The provided 'x-amz-mp-object-size' header value %lld does not "
						    "match what was computed: %lld",
						    (long long)want->i, (long long)w->o.size);
}

/* --- ETag and checksum of the whole --- */

static str etag_of(struct completion *w) {
	struct arena *a = w->c->arena;
	struct buf etag = { .arena = a };
	struct digest d;
	str md5;
	digest_init(&d, DIGEST_MD5);
	for (size_t i = 0; i < w->n; i++) {
		if (hex_decode(a, w->list[i].etag, &md5)) {
			digest_update(&d, md5.p, md5.n);
		}
	}
	struct digest_value v = digest_finish(&d);
	put_hex(&etag, digest_str(&v));
	putf(&etag, "-%zu", w->n);
	return buf_str(&etag);
}

static struct digest_value part_sum(struct arena *a, const struct part *p) {
	struct digest_value v = { 0 };
	str bytes;
	if (base64_decode(a, p->sum.value, &bytes) && bytes.n <= DIGEST_MAX) {
		memcpy(v.p, bytes.p, bytes.n);
		v.n = bytes.n;
	}
	return v;
}

static struct digest_value composite(struct completion *w, enum digest_kind kind) {
	struct digest d;
	digest_init(&d, kind);
	for (size_t i = 0; i < w->n; i++) {
		struct digest_value v = part_sum(w->c->arena, &w->parts[i]);
		digest_update(&d, v.p, v.n);
	}
	return digest_finish(&d);
}

static struct digest_value whole(struct completion *w, enum digest_kind kind) {
	struct digest_value v = part_sum(w->c->arena, &w->parts[0]);
	uint64_t crc = crc_value(&v);
	for (size_t i = 1; i < w->n; i++) {
		v = part_sum(w->c->arena, &w->parts[i]);
		crc = crc_combine(kind, crc, crc_value(&v), (uint64_t)w->parts[i].size);
	}
	return crc_bytes(kind, crc);
}

static struct sum sum_of(struct completion *w) {
	enum digest_kind kind = (enum digest_kind)upload_sum_kind(&w->u);
	struct buf text = { .arena = w->c->arena };
	struct digest_value v = w->u.sum_composite ? composite(w, kind) : whole(w, kind);
	put_base64(&text, digest_str(&v));
	if (w->u.sum_composite) {
		putf(&text, "-%zu", w->n);
	}
	return (struct sum){ .kind = (int)kind, .composite = w->u.sum_composite, .value = buf_str(&text) };
}

static bool sum_well_formed(struct call *c, str value, int kind) {
	str head, tail, bytes;
	int64_t parts;
	if (str_cut(value, '-', &head, &tail) && !str_uint(tail, &parts)) {
		return false;
	}
	return base64_decode(c->arena, head, &bytes) && bytes.n == digest_size((enum digest_kind)kind);
}

/* What the headers say about the whole: of the upload's algorithm; a composite one with or without its "-N". */
static bool check_value(struct completion *w, int kind, str value) {
	struct call *c = w->c;
	str bare, tail, name = sum_lower(c->arena, kind);
	if (!sum_well_formed(c, value, kind)) {
		return fail(c, &invalid_request, "Value for x-amz-checksum-" STR_FMT " header is invalid.",
			    STR_ARG(name));
	}
	if (kind != w->o.sum.kind) {
		return fail(c, &invalid_request,
			    "Checksum Type mismatch occurred, expected checksum Type: " STR_FMT
			    ", actual checksum Type: " STR_FMT,
			    STR_ARG(sum_lower(c->arena, w->u.sum_kind)), STR_ARG(name));
	}
	str_cut(w->o.sum.value, '-', &bare, &tail);
	return str_eq(value, w->o.sum.value) || str_eq(value, bare)
		       ? true
		       : fail(c, &bad_digest, "The " STR_FMT " you specified did not match the calculated checksum.",
			      STR_ARG(name));
}

static bool check_whole(struct completion *w) {
	struct call *c = w->c;
	str type = get_str(c->in, "ChecksumType");
	if (type.p && !str_is(type, sum_type(w->o.sum.composite))) {
		return fail(c, &invalid_request,
			    "The upload was created using the %s checksum mode. The complete request must use the same "
			    "checksum mode.",
			    sum_type(w->o.sum.composite));
	}
	for (size_t i = 0; i < KINDS; i++) {
		str value = sum_given(c, c->in, kinds[i]);
		if (value.p && !check_value(w, kinds[i], value)) {
			return false;
		}
	}
	return true;
}

/* --- the change --- */

/* The parts are still those that were looked at: else one has just been uploaded again. */
static bool place_parts(struct completion *w, struct db *db) {
	struct arena *a = w->c->arena;
	struct part *found = NEWS(a, struct part, PARTS_MAX);
	size_t n = 0, at = 0;
	struct query *q = parts_after(db, w->u.id, 0);
	while (n < PARTS_MAX && parts_next(q, a, &found[n])) {
		n++;
	}
	query_done(q);
	for (size_t i = 0; i < n; i++) {
		bool listed = at < w->n && found[i].number == w->parts[at].number;
		if (!listed) {
			part_drop(db, &found[i]);
			continue;
		}
		if (found[i].blob != w->parts[at].blob) {
			return no_part(w->c, &w->list[at]);
		}
		part_place(db, &w->parts[at++]);
	}
	return at == w->n ? true : no_part(w->c, &w->list[at]);
}

static int complete_work(struct db *db, void *arg) {
	struct completion *w = arg;
	struct object current = { .bucket = w->u.bucket, .key = w->u.key };
	struct arena *a = w->c->arena;
	w->gone = !upload_alive(db, w->u.id);
	if (w->gone) {
		fail_no_upload(w->c);
		return 1;
	}
	bool there = object_find(db, a, &current) && !current.marker;
	if (!conditions_write(w->c, there ? &current : NULL) || !place_parts(w, db)) {
		return 1;
	}
	int rc = object_insert(db, a, &w->o);
	if (rc) {
		bucket_gone(w->c, call_bucket(w->c)->name);
		return rc;
	}
	upload_remove(db, w->u.id);
	return db_error(db);
}

/* --- the answer --- */

static str location(struct call *c) {
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

static bool answer(struct call *c, const struct object *o) {
	struct arena *a = c->arena;
	set_str(a, c->out, "Location", location(c));
	set_str(a, c->out, "Bucket", call_bucket(c)->name);
	set_str(a, c->out, "Key", o->key);
	set_str(a, c->out, "ETag", etag_quoted(a, o->etag));
	sum_show(a, c->out, &o->sum);
	set_str(a, c->out, "VersionId", version_shown(call_bucket(c), o));
	show_encryption(c, o->meta);
	return true;
}

/* The same request once more, because its answer got lost: the object is there, made of these parts. */
static bool answer_again(struct completion *w) {
	struct call *c = w->c;
	struct object o = { .bucket = call_bucket(c)->id, .key = get_str(c->in, "Key") };
	int64_t initiated, id;
	c->refusal = (struct refusal){ 0 };
	if (!upload_id_read(get_str(c->in, "UploadId"), o.bucket, o.key, &initiated, &id)) {
		return fail_no_upload(c);
	}
	struct db *db = call_db(c);
	AUTO_QUERY q = db_query(db, "SELECT version FROM object WHERE bucket = ? AND key = ? AND upload = ?", "isi",
				o.bucket, o.key, id);
	bool there = query_step(q);
	o.version = query_dup(c->arena, q, 0);
	return there && object_find(db, c->arena, &o) && str_eq(o.etag, etag_of(w)) ? answer(c, &o) : fail_no_upload(c);
}

static void fill_object(struct completion *w) {
	struct object *o = &w->o;
	const struct upload *u = &w->u;
	o->bucket = u->bucket;
	o->key = u->key;
	o->modified = u->initiated;
	o->etag = etag_of(w);
	o->storage_class = u->storage_class;
	o->sum = sum_of(w);
	o->meta = u->meta;
	o->tags = u->tags;
	o->upload = u->id;
	o->parts = (int64_t)w->n;
	o->account = u->account;
}

static bool complete_multipart_upload(struct call *c) {
	struct completion w = { .c = c };
	if (!read_list(&w)) {
		return false;
	}
	if (!upload_of_input(c, call_db(c), &w.u)) {
		return answer_again(&w);
	}
	if (!match(&w, call_db(c)) || !add_sizes(&w)) {
		return false;
	}
	fill_object(&w);
	if (!check_whole(&w)) {
		return false;
	}
	if (!call_write(c, complete_work, &w, NULL)) {
		return w.gone ? answer_again(&w) : false;
	}
	return answer(c, &w.o);
}

const struct route complete_routes[] = {
	{ "CompleteMultipartUpload", complete_multipart_upload, "s3:PutObject", on_object, TIER1 },
	{ 0 },
};
