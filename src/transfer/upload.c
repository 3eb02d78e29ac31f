#include "transfer/task.h"

#include <stdio.h>

bool piece_tag(struct piece *p, str etag) {
	if (etag.n >= ETAG_MAX) {
		return false;
	}
	snprintf(p->etag, sizeof(p->etag), STR_FMT, STR_ARG(etag));
	return true;
}

bool upload_create(struct worker *w, struct task *t, struct val *in, bool sums) {
	struct answer a;
	t->pieces = NEWS(&t->arena, struct piece, t->plan.n);
	if (sums) {
		set_str(&w->arena, in, "ChecksumAlgorithm", str_from(proof_name(DIGEST_CRC64NVME)));
		set_str(&w->arena, in, "ChecksumType", S("FULL_OBJECT"));
	}
	/* An upload whose id is never heard would stay for ever, so this is not broken off. */
	client_heed(&w->client, NULL);
	bool good = client_call(&w->client, "s3", "CreateMultipartUpload", in, &a);
	client_heed(&w->client, w->setup->client->stop);
	if (!good) {
		return task_refused(w, t, NULL, &a);
	}
	t->upload = str_dup(&t->arena, get_str(a.out, "UploadId"));
	if (!t->upload.n) {
		return task_fail(w, t, "S3 does not say what it calls the upload");
	}
	t->sums = sums && str_is(get_str(a.out, "ChecksumAlgorithm"), proof_name(DIGEST_CRC64NVME));
	return true;
}

static str sum_of_all(struct arena *a, const struct task *t) {
	uint64_t crc = crc_value(&t->pieces[0].sum);
	for (int64_t i = 1; i < t->plan.n; i++) {
		uint64_t next = crc_value(&t->pieces[i].sum);
		crc = crc_combine(DIGEST_CRC64NVME, crc, next, (uint64_t)t->pieces[i].size);
	}
	struct digest_value v = crc_bytes(DIGEST_CRC64NVME, crc);
	return proof_text(a, &v);
}

static void put_pieces(struct arena *a, struct val *in, const struct task *t) {
	struct val *parts = set(a, set(a, in, "MultipartUpload"), "Parts");
	for (int64_t i = 0; i < t->plan.n; i++) {
		struct val *part = append(a, parts);
		set_int(a, part, "PartNumber", i + 1);
		set_str(a, part, "ETag", str_from(t->pieces[i].etag));
		if (t->sums) {
			set_str(a, part, proof_member(DIGEST_CRC64NVME), proof_text(a, &t->pieces[i].sum));
		}
	}
}

bool upload_complete(struct worker *w, struct task *t) {
	struct answer a;
	struct flow patient = { 0 };
	struct arena *arena = &w->arena;
	struct val *in = object_input(&w->client, "CompleteMultipartUpload", &t->item.to);
	struct request_of r = { "s3", "CompleteMultipartUpload", in };
	str sum = t->sums ? sum_of_all(arena, t) : (str){ 0 };
	set_str(arena, in, "UploadId", t->upload);
	put_pieces(arena, in, t);
	if (t->sums) {
		set_str(arena, in, proof_member(DIGEST_CRC64NVME), sum);
		set_str(arena, in, "ChecksumType", S("FULL_OBJECT"));
		set_int(arena, in, "MpuObjectSize", t->plan.size);
	}
	/* Broken off, it might be done or not. */
	client_heed(&w->client, NULL);
	bool good = client_stream(&w->client, &r, &patient, &a);
	client_heed(&w->client, w->setup->client->stop);
	if (!good) {
		return task_refused(w, t, NULL, &a);
	}
	str said = get_str(a.out, proof_member(DIGEST_CRC64NVME));
	if (!said.n && !get_str(a.out, "ETag").n) {
		return task_fail(w, t, "S3 does not say what it has made");
	}
	t->upload = (str){ 0 };
	return !said.n || !sum.n || str_eq(said, sum) || task_fail(w, t, "what has arrived has another checksum");
}

void upload_abort(struct worker *w, struct task *t) {
	struct answer a;
	if (!t->upload.n || t->gone || w->setup->keep) {
		w->counts->kept += t->upload.n > 0 && !t->gone;
		return;
	}
	struct val *in = object_input(&w->client, "AbortMultipartUpload", &t->item.to);
	set_str(&w->arena, in, "UploadId", t->upload);
	client_heed(&w->client, NULL);
	client_call(&w->client, "s3", "AbortMultipartUpload", in, &a);
	client_heed(&w->client, w->setup->client->stop);
}

/* --- going on with one that was left behind --- */

/* The newest of this key whose checksums are ours, or which has none at all. */
static void find_id(struct worker *w, struct task *t) {
	struct answer a;
	struct val *in = client_input(&w->client, "s3", "ListMultipartUploads");
	set_str(&w->arena, in, "Bucket", t->item.to.bucket);
	set_str(&w->arena, in, "Prefix", t->item.to.key);
	if (!client_call(&w->client, "s3", "ListMultipartUploads", in, &a)) {
		return;
	}
	const struct val *uploads = get(a.out, "Uploads");
	int64_t newest = INT64_MIN;
	for (const struct val *u = uploads ? uploads->first : NULL; u; u = u->next) {
		int64_t begun = get_int(u, "Initiated", 0);
		str sums = get_str(u, "ChecksumAlgorithm");
		bool ours = str_is(sums, proof_name(DIGEST_CRC64NVME));
		if ((ours || !sums.n) && str_eq(get_str(u, "Key"), t->item.to.key) && begun >= newest) {
			newest = begun;
			t->sums = ours;
			t->upload = str_dup(&t->arena, get_str(u, "UploadId"));
		}
	}
}

/* Is the part that S3 has the one that would be sent? */
static void check_piece(struct worker *w, struct task *t, const struct val *part) {
	int64_t i = get_int(part, "PartNumber", 0) - 1;
	str etag = get_str(part, "ETag"), said = get_str(part, proof_member(DIGEST_CRC64NVME));
	if (i < 0 || i >= t->plan.n || get_int(part, "Size", -1) != plan_length(&t->plan, i) ||
	    !piece_tag(&t->pieces[i], etag)) {
		return;
	}
	struct source source = { .fd = t->fd, .at = plan_at(&t->plan, i), .n = plan_length(&t->plan, i), .as = &t->st };
	struct piece *piece = &t->pieces[i];
	if (source_open(&source, w) == 0 &&
	    (said.n ? str_eq(said, proof_text(&w->arena, &source.sum)) : source_has_md5(&source, w, etag))) {
		piece->sum = source.sum;
		piece->size = source.n;
		piece->done = true;
		w->counts->bytes += source.n;
	}
}

bool upload_find(struct worker *w, struct task *t) {
	struct answer a = { 0 };
	int64_t marker = 0, before;
	find_id(w, t);
	t->pieces = NEWS(&t->arena, struct piece, t->plan.n);
	if (!t->upload.n) {
		return false;
	}
	do {
		before = marker;
		struct val *in = object_input(&w->client, "ListParts", &t->item.to);
		set_str(&w->arena, in, "UploadId", t->upload);
		set_str(&w->arena, in, "PartNumberMarker", str_printf(&w->arena, "%lld", (long long)marker));
		if (!client_call(&w->client, "s3", "ListParts", in, &a)) {
			t->upload = (str){ 0 };
			return false;
		}
		const struct val *parts = get(a.out, "Parts");
		for (const struct val *p = parts ? parts->first : NULL; p; p = p->next) {
			marker = get_int(p, "PartNumber", marker);
			check_piece(w, t, p);
		}
	} while (get_int(a.out, "IsTruncated", 0) && marker > before);
	return true;
}
