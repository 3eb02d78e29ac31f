#include "transfer/task.h"

/* Source of the limits: Amazon S3 API Reference, CopyObject (5 GiB in one piece) and UploadPartCopy. */

static str source_text(struct arena *a, const struct spot *from) {
	struct buf b = { .arena = a };
	put_url(&b, from->bucket, false);
	put_byte(&b, '/');
	put_url(&b, from->key, true);
	return buf_str(&b);
}

static bool refused(struct worker *w, struct task *t, const struct answer *a) {
	return a->status == 412 ? task_fail(w, t, "it changed on its way") : task_refused(w, t, NULL, a);
}

static bool copy_whole(struct worker *w, struct task *t) {
	struct answer a;
	struct flow patient = { 0 };
	struct val *in = object_input(&w->client, "CopyObject", &t->item.to);
	struct request_of r = { "s3", "CopyObject", in };
	set_str(&w->arena, in, "CopySource", source_text(&w->arena, &t->item.from));
	if (says_copied_property(w->setup)) {
		put_properties(w, in, t->item.to.key);
		set_str(&w->arena, in, "MetadataDirective", S("REPLACE"));
	} else {
		put_own_properties(w, in);
	}
	if (w->setup->move && t->item.etag.n) {
		t->etag = t->item.etag;
		set_str(&w->arena, in, "CopySourceIfMatch", t->etag);
	}
	if (!client_stream(&w->client, &r, &patient, &a)) {
		return refused(w, t, &a);
	}
	if (!get_str(get(a.out, "CopyObjectResult"), "ETag").n) {
		return task_fail(w, t, "S3 does not say what it has made");
	}
	w->counts->bytes += t->item.size;
	return true;
}

/* An upload by parts knows nothing of the object that it is a copy of. */
static void copy_properties(struct worker *w, struct val *in, const struct val *head) {
	struct arena *a = &w->arena;
	for (const char *const *m = copied_properties; *m; m++) {
		set_str(a, in, *m, get_str(head, *m));
	}
	const struct val *metadata = get(head, "Metadata");
	if (metadata && metadata->first) {
		val_copy(a, set(a, in, "Metadata"), metadata);
	}
	put_own_properties(w, in);
}

static bool copy_tags(struct worker *w, struct task *t, struct val *in) {
	struct answer a;
	struct buf b = { .arena = &w->arena };
	struct val *ask = object_input(&w->client, "GetObjectTagging", &t->item.from);
	if (!client_call(&w->client, "s3", "GetObjectTagging", ask, &a)) {
		return task_refused(w, t, NULL, &a);
	}
	const struct val *tags = get(a.out, "TagSet");
	for (const struct val *tag = tags ? tags->first : NULL; tag; tag = tag->next) {
		putz(&b, b.n ? "&" : "");
		put_url(&b, get_str(tag, "Key"), false);
		put_byte(&b, '=');
		put_url(&b, get_str(tag, "Value"), false);
	}
	set_str(&w->arena, in, "Tagging", b.n ? buf_str(&b) : (str){ 0 });
	return true;
}

static bool begin(struct worker *w, struct task *t) {
	struct answer a;
	if (t->item.size <= COPY_MAX) {
		return copy_whole(w, t);
	}
	struct val *ask = object_input(&w->client, "HeadObject", &t->item.from);
	if (!client_call(&w->client, "s3", "HeadObject", ask, &a)) {
		return task_refused(w, t, NULL, &a);
	}
	t->etag = str_dup(&t->arena, get_str(a.out, "ETag"));
	if (!plan_make(get_int(a.out, "ContentLength", 0), COPY_PART, &t->plan) || !t->plan.n) {
		return task_fail(w, t, "it changed on its way");
	}
	struct val *in = object_input(&w->client, "CreateMultipartUpload", &t->item.to);
	if (says_copied_property(w->setup)) {
		put_properties(w, in, t->item.to.key);
	} else {
		copy_properties(w, in, a.out);
	}
	return copy_tags(w, t, in) && upload_create(w, t, in, false);
}

static bool part(struct worker *w, struct task *t, int64_t i) {
	struct answer a;
	struct flow patient = { 0 };
	struct arena *arena = &w->arena;
	int64_t at = plan_at(&t->plan, i), n = plan_length(&t->plan, i);
	struct val *in = object_input(&w->client, "UploadPartCopy", &t->item.to);
	struct request_of r = { "s3", "UploadPartCopy", in };
	set_str(arena, in, "CopySource", source_text(arena, &t->item.from));
	set_str(arena, in, "CopySourceIfMatch", t->etag);
	set_str(arena, in, "CopySourceRange",
		str_printf(arena, "bytes=%lld-%lld", (long long)at, (long long)(at + n - 1)));
	set_str(arena, in, "UploadId", t->upload);
	set_int(arena, in, "PartNumber", i + 1);
	if (!client_stream(&w->client, &r, &patient, &a)) {
		return refused(w, t, &a);
	}
	if (!piece_tag(&t->pieces[i], get_str(get(a.out, "CopyPartResult"), "ETag"))) {
		return task_fail(w, t, "its ETag is too long");
	}
	w->counts->bytes += n;
	return true;
}

const struct way_work copy_work = { begin, part, upload_complete, upload_abort };
