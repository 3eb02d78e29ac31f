#include "base/fd.h"
#include "transfer/task.h"

#include <errno.h>

enum { WINDOW = 256 * 1024, MD5_ETAG = 34 };

bool stat_is_as(const struct stat *now, const struct stat *as) {
	return now->st_size == as->st_size && now->st_mtim.tv_sec == as->st_mtim.tv_sec &&
	       now->st_mtim.tv_nsec == as->st_mtim.tv_nsec;
}

bool file_is_as(int fd, const struct stat *as) {
	struct stat now;
	return fstat(fd, &now) == 0 && stat_is_as(&now, as);
}

/* Without its last byte nothing is made of what has arrived. */
static ssize_t give(struct flow *flow, char *to, size_t n) {
	struct source *s = (struct source *)flow;
	int64_t left = s->n - s->sent;
	n = (int64_t)n < left ? n : (size_t)left;
	int rc = pread_all(s->fd, to, n, s->at + s->sent);
	rc = !rc && (int64_t)n == left && !file_is_as(s->fd, s->as) ? -EIO : rc;
	if (rc) {
		flow->broken = rc;
		return -1;
	}
	s->sent += (int64_t)n;
	*s->counter += (int64_t)n;
	return (ssize_t)n;
}

static void again(struct flow *flow) {
	struct source *s = (struct source *)flow;
	*s->counter -= s->sent;
	s->sent = 0;
}

/* Reads it from end to end. */
static int read_through(const struct source *s, struct worker *w, struct digest *d, size_t n) {
	if (s->memory) {
		for (size_t i = 0; i < n; i++) {
			digest_update(&d[i], s->memory, (size_t)s->n);
		}
		return 0;
	}
	char *window = worker_room(w, WINDOW);
	for (int64_t at = 0; at < s->n;) {
		size_t size = s->n - at < WINDOW ? (size_t)(s->n - at) : WINDOW;
		int rc = pread_all(s->fd, window, size, s->at + at);
		if (rc) {
			return rc;
		}
		for (size_t i = 0; i < n; i++) {
			digest_update(&d[i], window, size);
		}
		at += (int64_t)size;
	}
	return 0;
}

static str hex_of(struct arena *a, struct digest *d) {
	struct buf b = { .arena = a };
	struct digest_value v = digest_finish(d);
	put_hex(&b, digest_str(&v));
	return buf_str(&b);
}

int source_open(struct source *s, struct worker *w) {
	struct digest d[2];
	size_t n = client_hashes(&w->client) ? 2 : 1;
	digest_init(&d[0], DIGEST_CRC64NVME);
	if (n == 2) {
		digest_init(&d[1], DIGEST_SHA256);
	}
	int rc = read_through(s, w, d, n);
	s->counter = &w->counts->bytes;
	s->sum = digest_finish(&d[0]);
	s->flow = (struct flow){ .n = s->n, .rewind = again };
	s->flow.sha256 = n == 2 ? hex_of(&w->arena, &d[1]) : S("UNSIGNED-PAYLOAD");
	if (s->memory) {
		s->flow.bytes = (str){ s->memory, (size_t)s->n };
	} else {
		s->flow.read = give;
	}
	return rc;
}

bool source_has_md5(const struct source *s, struct worker *w, str etag) {
	struct digest md5;
	digest_init(&md5, DIGEST_MD5);
	int rc = read_through(s, w, &md5, 1);
	str hex = hex_of(&w->arena, &md5);
	return !rc && etag.n == MD5_ETAG && str_eq(hex, (str){ etag.p + 1, hex.n });
}

/* What S3 says it has got; a server that says nothing of our checksum must have the right MD5 for an ETag. */
static bool is_what_was_sent(struct worker *w, const struct sending *s, const struct val *out) {
	str said = get_str(out, proof_member(DIGEST_CRC64NVME)), etag = get_str(out, "ETag");
	if (said.n) {
		return str_eq(said, proof_text(&w->arena, &s->source->sum));
	}
	bool other = etag.n != MD5_ETAG || str_starts(get_str(out, "ServerSideEncryption"), S("aws:kms"));
	return other || source_has_md5(s->source, w, etag);
}

/* Whoever says yes to everything has not kept it. */
static bool out_says(const struct val *out) {
	return get_str(out, "ETag").n || get_str(out, proof_member(DIGEST_CRC64NVME)).n;
}

bool send_source(struct worker *w, struct task *t, const struct sending *s, struct piece *out) {
	struct answer a;
	struct request_of r = { "s3", s->op, s->in };
	if (s->sums) {
		set_str(&w->arena, s->in, "ChecksumAlgorithm", str_from(proof_name(DIGEST_CRC64NVME)));
		set_str(&w->arena, s->in, proof_member(DIGEST_CRC64NVME), proof_text(&w->arena, &s->source->sum));
	}
	if (!client_stream(&w->client, &r, &s->source->flow, &a)) {
		again(&s->source->flow);
		return task_refused(w, t, &s->source->flow, &a);
	}
	if (s->source->memory) {
		w->counts->bytes += s->source->n;
	}
	if (!is_what_was_sent(w, s, a.out)) {
		return task_fail(w, t, "what has arrived has another checksum");
	}
	if (w->setup->move && !out_says(a.out)) {
		return task_fail(w, t, "S3 does not say what it has got");
	}
	if (!piece_tag(out, get_str(a.out, "ETag"))) {
		return task_fail(w, t, "its ETag is too long");
	}
	out->sum = s->source->sum;
	out->size = s->source->n;
	return true;
}
