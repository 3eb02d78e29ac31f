/* What a call is about: its bucket, its key. */
#include "s3/bucket_name.h"
#include "s3/config.h"
#include "s3/meta.h"
#include "s3/resource.h"

static const struct fault invalid_bucket_name = { "InvalidBucketName", 400 };
static const struct fault invalid_uri = { "InvalidURI", 400 };
static const struct fault invalid_expected_owner = { "InvalidBucketOwnerAWSAccountID", 400 };
static const struct fault permanent_redirect = { "PermanentRedirect", 301 };

enum { KEY_MAX = 1024 };

bool bucket_gone(struct call *c, str name) {
	fail(c, &no_such_bucket, "The specified bucket does not exist");
	fail_detail(c, "BucketName", name);
	return false;
}

bool bucket_misnamed(struct call *c, str name) {
	fail(c, &invalid_bucket_name, "The specified bucket is not valid.");
	fail_detail(c, "BucketName", name);
	return false;
}

static bool account_id(str s) {
	int64_t n;
	return s.n == 12 && str_uint(s, &n);
}

static bool owner_expected(struct call *c, const struct bucket *b) {
	str want = head_get(&c->x->head, "x-amz-expected-bucket-owner");
	if (!want.p) {
		return true;
	}
	if (!account_id(want)) {
		return fail(c, &invalid_expected_owner,
			    "The value of the expected bucket owner parameter must be an AWS Account ID... [" STR_FMT
			    "]",
			    STR_ARG(want));
	}
	return str_eq(want, b->account) ? true : fail(c, &access_denied, "Access Denied");
}

/* Clients that speak to an address or to a name of the user's own reach every region through it, so only Amazon's
 * regional names are held to theirs. */
static bool right_region(struct call *c, const struct bucket *b) {
	if (!c->host_region.n || str_eq(c->host_region, b->region)) {
		return true;
	}
	putf(&c->headers, "x-amz-bucket-region: " STR_FMT "\r\n", STR_ARG(b->region));
	fail(c, &permanent_redirect,
	     "The bucket you are attempting to access must be addressed using the specified endpoint. "
	     "Please send all future requests to this endpoint.");
	fail_detail(
		c, "Endpoint",
		str_printf(c->arena, STR_FMT ".s3." STR_FMT ".amazonaws.com", STR_ARG(b->name), STR_ARG(b->region)));
	fail_detail(c, "Bucket", b->name);
	return false;
}

bool on_bucket(struct call *c) {
	str name = get_str(c->in, "Bucket");
	struct bucket *b = NEW(c->arena, struct bucket);
	if (!bucket_name_ok(name)) {
		return bucket_misnamed(c, name);
	}
	if (!bucket_find(call_db(c), c->arena, name, b)) {
		return bucket_gone(c, name);
	}
	c->subject = b;
	bucket_resource(c, b, &c->resource);
	return owner_expected(c, b) && right_region(c, b);
}

struct bucket *call_bucket(struct call *c) {
	return c->subject;
}

static bool key_ok(struct call *c, str key) {
	if (key.n > KEY_MAX) {
		fail(c, &key_too_long, "Your key is too long");
		fail_detail(c, "Size", str_printf(c->arena, "%zu", key.n));
		fail_detail(c, "MaxSizeAllowed", S("1024"));
		return false;
	}
	return key.n && str_utf8(key) ? true : fail(c, &invalid_uri, "Couldn't parse the specified URI.");
}

bool on_object(struct call *c) {
	str key = get_str(c->in, "Key");
	if (!key_ok(c, key) || !on_bucket(c)) {
		return false;
	}
	const struct resource bucket = c->resource;
	object_resource(c, &bucket, key, (str){ 0 }, &c->resource);
	return true;
}
