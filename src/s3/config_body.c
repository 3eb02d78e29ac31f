/* The integrity of a whole body (RFC 1864; Amazon S3 User Guide, "Checking object integrity"). */
#include "s3/config.h"
#include "s3/meta.h"

/* The model asks for a checksum here, but AWS has always taken these without. */
static const char *const lenient[] = { "PutBucketAcl",     "PutBucketLogging",        "PutBucketPolicy",
				       "PutBucketWebsite", "PutBucketRequestPayment", "PutBucketVersioning",
				       "PutObjectAcl" };

static bool must_have(const struct call *c) {
	for (size_t i = 0; i < sizeof(lenient) / sizeof(*lenient); i++) {
		if (strcmp(lenient[i], c->op->name) == 0) {
			return false;
		}
	}
	return c->op->checksum_required;
}

static bool mismatch(struct call *c, const char *what) {
	return fail(c, &bad_digest, "The %s you specified did not match the calculated checksum.", what);
}

static bool check_md5(struct call *c, str want, str body) {
	struct digest_value v = digest_of(DIGEST_MD5, body);
	return !want.p || str_eq(want, digest_str(&v)) ? true : mismatch(c, "Content-MD5");
}

static bool check_sum(struct call *c, const struct checksum *s, str body) {
	str given = s->value;
	if (!given.p && s->trailer.p) {
		given = payload_trailer(&c->payload, str_z(c->arena, s->trailer));
	}
	if (!s->given || !given.p) {
		return true;
	}
	struct digest_value v = digest_of((enum digest_kind)s->kind, body);
	struct buf b = { .arena = c->arena };
	put_base64(&b, digest_str(&v));
	return str_eq(given, buf_str(&b)) ? true : mismatch(c, sum_name(s->kind));
}

bool config_check_body(struct call *c, str body) {
	struct checksum s = { 0 };
	if (strcmp(c->op->name, "CompleteMultipartUpload") == 0) {
		return true; /* its headers speak of the object */
	}
	if (!checksum_of_input(c, &s)) {
		return false;
	}
	if (must_have(c) && !s.given && !s.content_md5.p) {
		return fail(c, &invalid_request,
			    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
	}
	return check_md5(c, s.content_md5, body) && check_sum(c, &s, body);
}
