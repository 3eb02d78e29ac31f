#include "base/rand.h"
#include "s3/body.h"
#include "s3/cipher.h"
#include "s3/meta.h"

enum { ROOM = 64 * 1024 };

static const struct fault malformed_trailer = { "MalformedTrailerError", 400 };

static const struct {
	int kind;
	const char *name, *member, *header;
} sums[] = {
	{ DIGEST_CRC32, "CRC32", "ChecksumCRC32", "x-amz-checksum-crc32" },
	{ DIGEST_CRC32C, "CRC32C", "ChecksumCRC32C", "x-amz-checksum-crc32c" },
	{ DIGEST_CRC64NVME, "CRC64NVME", "ChecksumCRC64NVME", "x-amz-checksum-crc64nvme" },
	{ DIGEST_SHA1, "SHA1", "ChecksumSHA1", "x-amz-checksum-sha1" },
	{ DIGEST_SHA256, "SHA256", "ChecksumSHA256", "x-amz-checksum-sha256" },
	{ DIGEST_SHA512, "SHA512", "ChecksumSHA512", "x-amz-checksum-sha512" },
	{ DIGEST_MD5, "MD5", "ChecksumMD5", "x-amz-checksum-md5" },
	{ DIGEST_XXHASH64, "XXHASH64", "ChecksumXXHASH64", "x-amz-checksum-xxhash64" },
	{ DIGEST_XXHASH3, "XXHASH3", "ChecksumXXHASH3", "x-amz-checksum-xxhash3" },
	{ DIGEST_XXHASH128, "XXHASH128", "ChecksumXXHASH128", "x-amz-checksum-xxhash128" },
};
enum { SUMS = sizeof(sums) / sizeof(*sums) };

#define PREFIX S("x-amz-checksum-")

const char *sum_name(int kind) {
	for (size_t i = 0; i < SUMS; i++) {
		if (sums[i].kind == kind) {
			return sums[i].name;
		}
	}
	return "";
}

int sum_kind(str name) {
	for (size_t i = 0; i < SUMS; i++) {
		if (str_ieq(name, str_from(sums[i].name))) {
			return sums[i].kind;
		}
	}
	return -1;
}

bool sum_combines(int kind) {
	return kind == DIGEST_CRC32 || kind == DIGEST_CRC32C || kind == DIGEST_CRC64NVME;
}

bool fail_sum_unknown(struct call *c) {
	return fail(c, &invalid_request,
		    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, "
		    "CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]");
}

void sum_show(struct arena *a, struct val *v, const struct sum *s) {
	for (size_t i = 0; i < SUMS; i++) {
		if (sums[i].kind == s->kind && s->value.n) {
			set_str(a, v, sums[i].member, s->value);
			if (shape_member(v->shape, S("ChecksumType"))) {
				set_str(a, v, "ChecksumType", s->composite ? S("COMPOSITE") : S("FULL_OBJECT"));
			}
		}
	}
}

/* --- what the request says about it --- */

static bool two_sums(struct call *c) {
	return fail(c, &invalid_request,
		    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
}

/* x-amz-checksum-algorithm, -mode and -type are no values. */
static bool is_value(str name) {
	str what = str_skip(name, PREFIX.n);
	return name.n > PREFIX.n && str_ieq((str){ name.p, PREFIX.n }, PREFIX) && !str_ieq(what, S("algorithm")) &&
	       !str_ieq(what, S("mode")) && !str_ieq(what, S("type"));
}

static bool no_algorithm(struct call *c) {
	return fail(c, &invalid_request, "The algorithm type you specified in x-amz-checksum- header is invalid.");
}

static bool value_ok(struct arena *a, int kind, str value) {
	str raw;
	return base64_decode(a, value, &raw) && raw.n == digest_size((enum digest_kind)kind);
}

static bool bad_value(struct call *c, str header) {
	return fail(c, &invalid_request, "Value for " STR_FMT " header is invalid.",
		    STR_ARG(str_lower(c->arena, header)));
}

static bool read_headers(struct call *c, struct checksum *out) {
	const struct head *h = &c->x->head;
	for (size_t i = 0; i < h->n; i++) {
		str name = h->headers[i].name;
		if (!is_value(name)) {
			continue;
		}
		if (out->kind >= 0) {
			return two_sums(c);
		}
		out->kind = sum_kind(str_skip(name, PREFIX.n));
		out->value = h->headers[i].value;
		if (out->kind < 0) {
			return no_algorithm(c);
		}
		if (!value_ok(c->arena, out->kind, out->value)) {
			return bad_value(c, name);
		}
	}
	return true;
}

static bool announced(struct call *c, struct checksum *out, str name) {
	if (!is_value(name)) {
		return fail(c, &invalid_request, "The value specified in the x-amz-trailer header is not supported");
	}
	if (out->trailer.p) {
		return two_sums(c);
	}
	if (out->value.p) {
		return fail(c, &invalid_request, "Expecting a single x-amz-checksum- header");
	}
	out->kind = sum_kind(str_skip(name, PREFIX.n));
	out->trailer = name;
	return out->kind >= 0 ? true : no_algorithm(c);
}

static bool read_trailers(struct call *c, struct checksum *out) {
	str one, list = payload_announced(&c->payload);
	for (bool more = list.n > 0; more;) {
		more = str_cut(list, ',', &one, &list);
		one = str_trim(one);
		if (one.n && !announced(c, out, one)) {
			return false;
		}
	}
	return true;
}

static bool check_algorithm(struct call *c, const struct checksum *sum) {
	str name = head_get(&c->x->head, "x-amz-sdk-checksum-algorithm");
	if (!name.n) {
		return true;
	}
	if (sum_kind(name) < 0) {
		return fail_sum_unknown(c);
	}
	if (!sum->given) {
		return fail(c, &invalid_request,
			    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
			    "x-amz-trailer headers were found.");
	}
	return sum_kind(name) == sum->kind ? true : bad_value(c, S("x-amz-sdk-checksum-algorithm"));
}

static bool read_md5(struct call *c, struct checksum *out) {
	str v = head_get(&c->x->head, "content-md5");
	if (!v.p) {
		return true;
	}
	if (base64_decode(c->arena, v, &out->content_md5) && out->content_md5.n == digest_size(DIGEST_MD5)) {
		return true;
	}
	fail(c, &invalid_digest, "The Content-MD5 you specified was invalid.");
	fail_detail(c, "Content-MD5", v);
	return false;
}

bool checksum_of_input(struct call *c, struct checksum *out) {
	*out = (struct checksum){ .kind = -1 };
	if (!read_md5(c, out) || !read_headers(c, out) || !read_trailers(c, out)) {
		return false;
	}
	out->given = out->kind >= 0;
	if (!check_algorithm(c, out)) {
		return false;
	}
	out->kind = out->given ? out->kind : DIGEST_CRC64NVME;
	return true;
}

/* --- the body through the digests --- */

struct pour {
	struct checksum *sum;
	struct blob_writer *w;
	struct encryption *encryption; /* NULL: none */
};

static void start(struct call *c, struct pour *p) {
	const struct seal *seal = p->sum->seal;
	p->encryption = seal ? encrypt_begin(c->arena, seal, p->w) : NULL;
	p->sum->size = 0;
	digest_init(&p->sum->md5, DIGEST_MD5);
	digest_init(&p->sum->sum64, DIGEST_CRC64NVME);
	if (p->sum->kind >= 0) {
		digest_init(&p->sum->sum, (enum digest_kind)p->sum->kind);
	}
}

static int take(void *arg, const void *bytes, size_t n) {
	struct pour *p = arg;
	p->sum->size += (int64_t)n;
	digest_update(&p->sum->md5, bytes, n);
	if (p->sum->kind >= 0) {
		digest_update(&p->sum->sum, bytes, n);
	}
	if (p->sum->crc64) {
		digest_update(&p->sum->sum64, bytes, n);
	}
	return p->encryption ? encrypt_append(p->encryption, bytes, n) : blob_append(p->w, bytes, n);
}

static void stop(struct pour *p) {
	digest_drop(&p->sum->md5);
	digest_drop(&p->sum->sum);
	digest_drop(&p->sum->sum64);
}

static str hex(struct arena *a, str s) {
	struct buf b = { .arena = a };
	put_hex(&b, s);
	return buf_str(&b);
}

static str base64(struct arena *a, str s) {
	struct buf b = { .arena = a };
	put_base64(&b, s);
	return buf_str(&b);
}

static str etag_of(struct arena *a, const struct checksum *sum, str md5) {
	char noise[16];
	if (!sum->opaque) {
		return hex(a, md5);
	}
	rand_bytes(noise, sizeof(noise));
	return hex(a, (str){ noise, sizeof(noise) });
}

static bool check_md5(struct call *c, const struct checksum *sum, str md5) {
	if (!sum->content_md5.n || str_eq(sum->content_md5, md5)) {
		return true;
	}
	fail(c, &bad_digest, "The Content-MD5 you specified did not match what we received.");
	fail_detail(c, "ExpectedDigest", hex(c->arena, sum->content_md5));
	fail_detail(c, "CalculatedDigest", base64(c->arena, md5));
	return false;
}

static bool check_sum(struct call *c, const struct checksum *sum, str value) {
	str want = sum->value;
	if (sum->trailer.p) {
		want = payload_trailer(&c->payload, str_z(c->arena, sum->trailer));
		if (!want.p) {
			return fail(c, &malformed_trailer,
				    "The request contained trailing data that was not well-formed or did not conform "
				    "to our "
				    "published schema.");
		}
		if (!value_ok(c->arena, sum->kind, want)) {
			return bad_value(c, sum->trailer);
		}
	}
	return !want.p || str_eq(want, value)
		       ? true
		       : fail(c, &bad_digest, "The %s you specified did not match the calculated checksum.",
			      sum_name(sum->kind));
}

/* The digests' values, compared with what was said; the writer is finished. */
static bool finish(struct call *c, struct pour *p) {
	struct digest_value md5 = digest_finish(&p->sum->md5), sum64 = digest_finish(&p->sum->sum64), sum;
	struct sum *out = &p->sum->result;
	*out = (struct sum){ .kind = p->sum->kind };
	p->sum->etag = etag_of(c->arena, p->sum, digest_str(&md5));
	p->sum->result64 = base64(c->arena, digest_str(&sum64));
	if (out->kind >= 0) {
		sum = digest_finish(&p->sum->sum);
		out->value = base64(c->arena, digest_str(&sum));
	}
	if (!check_md5(c, p->sum, digest_str(&md5)) || !check_sum(c, p->sum, out->value)) {
		return false;
	}
	int rc = p->encryption ? encrypt_finish(p->encryption) : 0;
	rc = rc ? rc : blob_finish(p->w);
	return rc ? fail_errno(c, rc) : true;
}

static bool too_large(struct call *c, int64_t size, int64_t max) {
	fail(c, &entity_too_large, "Your proposed upload exceeds the maximum allowed size");
	fail_detail(c, "ProposedSize", str_printf(c->arena, "%lld", (long long)size));
	fail_detail(c, "MaxSizeAllowed", str_printf(c->arena, "%lld", (long long)max));
	return false;
}

static bool pour_payload(struct call *c, struct pour *p, int64_t max) {
	size_t room = c->payload.length >= 0 && c->payload.length < ROOM ? (size_t)c->payload.length + 1 : ROOM;
	char *bytes = arena_alloc(c->arena, room);
	for (int64_t size = 0;;) {
		ssize_t n = payload_read(c->arena, &c->payload, bytes, room);
		if (n == 0) {
			return true;
		}
		if (n < 0) {
			c->refusal = c->payload.refusal;
			return false;
		}
		size += n;
		if (size > max) {
			return too_large(c, size, max);
		}
		int rc = take(p, bytes, (size_t)n);
		if (rc) {
			return fail_errno(c, rc);
		}
	}
}

bool body_receive(struct call *c, struct checksum *sum, struct blob_writer *w, int64_t max) {
	struct pour p = { .sum = sum, .w = w };
	if (c->payload.length > max) {
		return too_large(c, c->payload.length, max);
	}
	call_db_done(c);
	start(c, &p);
	if (!pour_payload(c, &p, max)) {
		stop(&p);
		return false;
	}
	return finish(c, &p);
}

bool body_copy(struct call *c, struct checksum *sum, struct blob_writer *w, const struct extent *from) {
	struct pour p = { .sum = sum, .w = w };
	struct body *body;
	int rc = body_find(c, from->object, from->at, from->n, &body);
	if (rc) {
		return fail_errno(c, rc);
	}
	call_db_done(c);
	start(c, &p);
	rc = body_read(c, body, take, &p);
	if (rc) {
		stop(&p);
		return fail_errno(c, rc);
	}
	return finish(c, &p);
}
