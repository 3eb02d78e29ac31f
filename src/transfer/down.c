#include "base/fd.h"
#include "transfer/task.h"

#include <errno.h>

enum { GATHER = 256 * 1024 }; /* threads that write one file wait for each other: better seldom */

/* Where a body that comes down goes to: into memory, or into a file's range; hashed on its way if digest is used. */
struct sink {
	struct flow flow;
	struct worker *worker;
	bool in_memory, hashing;
	int fd;
	int64_t at, got, most;
	size_t held; /* of got, at its end: in the worker's memory, not in the file yet */
	struct digest digest;
	enum digest_kind kind;
};

static int flush(struct sink *s) {
	size_t n = s->held;
	s->held = 0;
	return n ? pwrite_all(s->fd, s->worker->buffer, n, s->at + s->got - (int64_t)n) : 0;
}

static int gather(struct sink *s, str piece) {
	int rc = 0;
	while (piece.n && !rc) {
		size_t n = piece.n < GATHER - s->held ? piece.n : GATHER - s->held;
		memcpy(s->worker->buffer + s->held, piece.p, n);
		piece = (str){ piece.p + n, piece.n - n };
		s->held += n;
		s->got += (int64_t)n;
		rc = s->held == GATHER ? flush(s) : 0;
	}
	return rc;
}

static bool take(struct flow *flow, str piece) {
	struct sink *s = (struct sink *)flow;
	if (s->got + (int64_t)piece.n > s->most) {
		flow->broken = -EIO;
		return false;
	}
	if (s->in_memory) {
		memcpy(s->worker->buffer + s->got, piece.p, piece.n);
		s->got += (int64_t)piece.n;
	} else {
		flow->broken = gather(s, piece);
	}
	if (s->hashing) {
		digest_update(&s->digest, piece.p, piece.n);
	}
	s->worker->counts->bytes += (int64_t)piece.n;
	return !flow->broken;
}

static void again(struct flow *flow) {
	struct sink *s = (struct sink *)flow;
	s->worker->counts->bytes -= s->got;
	s->got = 0;
	s->held = 0;
	if (s->hashing) {
		digest_drop(&s->digest);
		digest_init(&s->digest, s->kind);
	}
}

static void sink_init(struct sink *s, struct worker *w, int64_t most) {
	s->worker = w;
	s->most = most;
	s->flow = (struct flow){ .n = most, .write = take, .rewind = again, .sha256 = { 0 } };
}

static bool fetch(struct worker *w, struct task *t, struct val *in, struct sink *s, struct answer *a) {
	struct request_of r = { "s3", "GetObject", in };
	if (client_stream(&w->client, &r, &s->flow, a)) {
		s->flow.broken = flush(s);
		if (!s->flow.broken) {
			return true;
		}
	}
	w->counts->bytes -= s->got;
	if (a->status == 412) {
		return task_fail(w, t, "it changed on its way");
	}
	return task_refused(w, t, &s->flow, a);
}

static bool broke(struct worker *w, struct task *t, int rc) {
	return task_fail(w, t, "%s", rc == -EEXIST ? "there is something at its place that is no file" : strerror(-rc));
}

/* --- small ones, through memory --- */

/* The sums of parts make a sum only where the parts are known. */
static bool part_size_of(struct worker *w, struct task *t, int64_t size, int64_t *out) {
	struct answer a;
	struct val *in = object_input(&w->client, "HeadObject", &t->item.from);
	set_int(&w->arena, in, "PartNumber", 1);
	if (t->etag.n) {
		set_str(&w->arena, in, "IfMatch", t->etag);
	}
	*out = client_call(&w->client, "s3", "HeadObject", in, &a) ? get_int(a.out, "ContentLength", 0) : 0;
	return *out > 0 && t->proof.parts <= PARTS_MAX && size > 0 && (size - 1) / *out + 1 == t->proof.parts;
}

static bool is_right(const struct proof *p, const struct digest_value *v) {
	return memcmp(p->value, v->p, v->n) == 0;
}

static bool bytes_are_right(struct worker *w, struct task *t, str bytes) {
	struct digest_value v;
	int64_t size = (int64_t)bytes.n, part = size;
	if (t->proof.form == PROOF_PARTS && t->proof.parts != 1 && !part_size_of(w, t, size, &part)) {
		t->proof.form = PROOF_NONE;
	}
	if (t->proof.form == PROOF_NONE) {
		return true;
	}
	if (t->proof.form == PROOF_WHOLE) {
		v = digest_of(t->proof.kind, bytes);
		return is_right(&t->proof, &v);
	}
	struct digest all;
	digest_init(&all, t->proof.kind);
	for (int64_t at = 0; at < size || at == 0; at += part > 0 ? part : 1) {
		str piece = { bytes.p + at, (size_t)(size - at < part ? size - at : part) };
		v = digest_of(t->proof.kind, piece);
		digest_update(&all, v.p, v.n);
	}
	v = digest_finish(&all);
	return is_right(&t->proof, &v);
}

static int write_file(struct worker *w, const struct task *t, str bytes) {
	struct new_file f;
	int rc = new_file_open(&w->arena, &f, t->item.to.path, 0);
	rc = rc ? rc : write_all(f.fd, bytes.p, bytes.n);
	rc = rc ? rc : new_file_place(&w->arena, &f, t->mtime);
	new_file_close(&w->arena, &f);
	return rc;
}

static bool fetch_small(struct worker *w, struct task *t) {
	struct answer a;
	struct sink sink = { .in_memory = true };
	worker_room(w, PART_SIZE);
	sink_init(&sink, w, PART_SIZE);
	sink.flow.n = t->item.size;
	struct val *in = object_input(&w->client, "GetObject", &t->item.from);
	if (!w->setup->unverified) {
		set_str(&w->arena, in, "ChecksumMode", S("ENABLED"));
	}
	if (!fetch(w, t, in, &sink, &a)) {
		return false;
	}
	if (a.status != 200) {
		return task_fail(w, t, "what came is not what was asked for");
	}
	str bytes = { w->buffer, (size_t)sink.got };
	t->etag = str_dup(&t->arena, get_str(a.out, "ETag"));
	t->mtime = get_int(a.out, "LastModified", 0);
	t->etag = str_dup(&t->arena, get_str(a.out, "ETag"));
	t->proof = proof_of(a.out);
	if (t->proof.form == PROOF_NONE && !get(a.out, "ContentLength")) {
		return task_fail(w, t, "S3 does not say how long it is");
	}
	if (!w->setup->unverified && !bytes_are_right(w, t, bytes)) {
		return task_fail(w, t, "what has arrived has another checksum");
	}
	bool compared = !w->setup->unverified && t->proof.form != PROOF_NONE;
	if (!compared && sink.got != t->item.size) {
		return task_fail(w, t, "it changed on its way");
	}
	int rc = write_file(w, t, bytes);
	w->counts->unverified += !rc && !compared && !w->setup->unverified;
	return !rc || broke(w, t, rc);
}

/* --- large ones, by ranges --- */

/* Ranges that the object's own checksum can be put together from. */
static void lay_out(struct worker *w, struct task *t, int64_t size) {
	int64_t part = w->setup->part_size ? w->setup->part_size : PART_SIZE;
	if (w->setup->unverified) {
		t->proof.form = PROOF_NONE;
	} else if (t->proof.form == PROOF_PARTS && !part_size_of(w, t, size, &part)) {
		t->proof.form = PROOF_NONE;
		part = PART_SIZE;
	}
	if (t->proof.form == PROOF_PARTS) {
		t->plan = (struct plan){ size, part, t->proof.parts };
	} else if (t->proof.form == PROOF_WHOLE && !proof_combines(&t->proof)) {
		t->plan = (struct plan){ size, size, 1 };
	} else {
		plan_make(size, part, &t->plan);
		t->plan.n = t->plan.n ? t->plan.n : 1;
	}
	t->pieces = NEWS(&t->arena, struct piece, t->plan.n);
}

/* Size, ETag, time and proof of the object as it is now. */
static bool look(struct worker *w, struct task *t, int64_t *size) {
	struct answer a;
	struct val *in = object_input(&w->client, "HeadObject", &t->item.from);
	set_str(&w->arena, in, "ChecksumMode", S("ENABLED"));
	if (!client_call(&w->client, "s3", "HeadObject", in, &a)) {
		return task_refused(w, t, NULL, &a);
	}
	if (!get(a.out, "ContentLength")) {
		return task_fail(w, t, "S3 does not say how long it is");
	}
	*size = get_int(a.out, "ContentLength", 0);
	t->size = *size;
	t->etag = str_dup(&t->arena, get_str(a.out, "ETag"));
	t->mtime = get_int(a.out, "LastModified", 0);
	t->proof = proof_of(a.out);
	return true;
}

static bool begin(struct worker *w, struct task *t) {
	int64_t size;
	if (t->item.size <= PART_SIZE) {
		return fetch_small(w, t);
	}
	if (!look(w, t, &size)) {
		return false;
	}
	if (size <= 0 || size > OBJECT_MAX) {
		return task_fail(w, t, "it changed on its way");
	}
	int rc = new_file_open(&t->arena, &t->file, t->item.to.path, size);
	if (rc) {
		return broke(w, t, rc);
	}
	lay_out(w, t, size);
	return true;
}

/* Not every server heeds a condition, or a range: what came is the object's that was looked at, and from where it was
 * asked for. */
static bool is_that_range(const struct task *t, const struct sink *sink, const struct answer *a) {
	AUTO_ARENA arena = { 0 };
	str etag = get_str(a->out, "ETag"), range = get_str(a->out, "ContentRange");
	str wanted = str_printf(&arena, "bytes %lld-%lld/%lld", (long long)sink->at,
				(long long)(sink->at + sink->most - 1), (long long)t->size);
	bool whole = a->status == 200 && !range.n;
	return (!etag.n || !t->etag.n || str_eq(etag, t->etag)) && (!range.n || str_eq(range, wanted)) &&
	       (!whole || sink->most == t->size);
}

/* sink->most bytes from sink->at on. */
static bool fetch_range(struct worker *w, struct task *t, struct sink *sink) {
	struct answer a;
	struct val *in = object_input(&w->client, "GetObject", &t->item.from);
	set_str(&w->arena, in, "IfMatch", t->etag);
	set_str(&w->arena, in, "Range",
		str_printf(&w->arena, "bytes=%lld-%lld", (long long)sink->at, (long long)(sink->at + sink->most - 1)));
	if (!fetch(w, t, in, sink, &a)) {
		return false;
	}
	if (!is_that_range(t, sink, &a)) {
		return task_fail(w, t, "what came is not what was asked for");
	}
	return sink->got == sink->most || task_fail(w, t, "less of it came than it has");
}

static bool part(struct worker *w, struct task *t, int64_t i) {
	struct sink sink = { .fd = t->file.fd, .at = plan_at(&t->plan, i), .kind = t->proof.kind };
	worker_room(w, GATHER);
	sink_init(&sink, w, plan_length(&t->plan, i));
	sink.hashing = t->proof.form != PROOF_NONE;
	bool good = fetch_range(w, t, &sink);
	if (sink.hashing) {
		t->pieces[i].sum = digest_finish(&sink.digest);
	}
	return good;
}

static struct digest_value sum_of_pieces(const struct task *t) {
	if (t->proof.form == PROOF_WHOLE && t->plan.n == 1) {
		return t->pieces[0].sum;
	}
	if (t->proof.form == PROOF_WHOLE) {
		uint64_t crc = crc_value(&t->pieces[0].sum);
		for (int64_t i = 1; i < t->plan.n; i++) {
			crc = crc_combine(t->proof.kind, crc, crc_value(&t->pieces[i].sum),
					  (uint64_t)plan_length(&t->plan, i));
		}
		return crc_bytes(t->proof.kind, crc);
	}
	struct digest all;
	digest_init(&all, t->proof.kind);
	for (int64_t i = 0; i < t->plan.n; i++) {
		digest_update(&all, t->pieces[i].sum.p, t->pieces[i].sum.n);
	}
	return digest_finish(&all);
}

static bool end(struct worker *w, struct task *t) {
	if (t->proof.form != PROOF_NONE) {
		struct digest_value v = sum_of_pieces(t);
		if (!is_right(&t->proof, &v)) {
			return task_fail(w, t, "what has arrived has another checksum");
		}
	}
	int rc = new_file_place(&t->arena, &t->file, t->mtime);
	w->counts->unverified += !rc && t->proof.form == PROOF_NONE && !w->setup->unverified;
	return !rc || broke(w, t, rc);
}

/* --- to a descriptor --- */

/* The checksum of what goes by: of all, or of parts and then of their sums. */
struct running {
	struct digest all, part;
	int64_t part_size; /* 0: of all */
	int64_t in_part;
};

static void run(struct running *r, enum digest_kind kind, str bytes, bool last) {
	digest_update(r->part_size ? &r->part : &r->all, bytes.p, bytes.n);
	r->in_part += (int64_t)bytes.n;
	if (r->part_size && (last || r->in_part == r->part_size)) {
		struct digest_value v = digest_finish(&r->part);
		digest_update(&r->all, v.p, v.n);
		digest_init(&r->part, kind);
		r->in_part = 0;
	}
}

static bool pass_on(struct worker *w, struct task *t, struct running *r, int64_t size, int fd) {
	for (int64_t at = 0; at < size;) {
		int64_t n = size - at < PART_SIZE ? size - at : PART_SIZE;
		int64_t left = r->part_size ? r->part_size - r->in_part : n;
		struct sink sink = { .in_memory = true, .at = at };
		sink_init(&sink, w, n < left ? n : left);
		if (!fetch_range(w, t, &sink)) {
			return false;
		}
		at += sink.got;
		run(r, t->proof.kind, (str){ w->buffer, (size_t)sink.got }, at == size);
		int rc = write_all(fd, w->buffer, (size_t)sink.got);
		if (rc) {
			return task_fail(w, t, "it cannot be written: %s", strerror(-rc));
		}
		arena_reset(&w->arena, w->mark);
	}
	return true;
}

bool fetch_to(struct worker *w, struct task *t, int fd) {
	int64_t size;
	struct running r = { 0 };
	if (!look(w, t, &size)) {
		return false;
	}
	if (t->proof.form == PROOF_PARTS && !part_size_of(w, t, size, &r.part_size)) {
		t->proof.form = PROOF_NONE;
		r.part_size = 0;
	}
	worker_room(w, PART_SIZE);
	digest_init(&r.all, t->proof.kind);
	digest_init(&r.part, t->proof.kind);
	bool good = pass_on(w, t, &r, size, fd);
	struct digest_value v = digest_finish(&r.all);
	digest_drop(&r.part);
	if (!good || w->setup->unverified || t->proof.form == PROOF_NONE) {
		w->counts->unverified += t->proof.form == PROOF_NONE;
		return good;
	}
	return is_right(&t->proof, &v) || task_fail(w, t, "what has arrived has another checksum");
}

static void drop(struct worker *w, struct task *t) {
	(void)w;
	if (t->file.path.n) {
		new_file_close(&t->arena, &t->file);
	}
}

const struct way_work down_work = { begin, part, end, drop };
