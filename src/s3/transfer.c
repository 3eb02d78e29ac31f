/* How a bucket's bytes travel, and who pays: acceleration and request payment. */
#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static bool put_bucket_accelerate_configuration(struct call *c) {
	const struct val *v = config_body(c);
	size_t at;
	if (!v) {
		return false;
	}
	if (!get(v, "Status")) {
		return malformed(c);
	}
	if (str_find(call_bucket(c)->name, S("."), &at)) {
		return fail(c, &invalid_request,
			    "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names");
	}
	return config_keep(c, "accelerate", v);
}

static bool get_bucket_accelerate_configuration(struct call *c) {
	return config_show(c, "accelerate", NULL, NULL);
}

static bool put_bucket_request_payment(struct call *c) {
	const struct val *v = config_body(c);
	return v && config_keep(c, "requestPayment", v);
}

static bool get_bucket_request_payment(struct call *c) {
	str kept = config_get(call_db(c), c->arena, call_bucket(c)->id, "requestPayment", S(""));
	config_answer(c, kept.p ? kept : S("{\"Payer\":\"BucketOwner\"}"));
	return true;
}

const struct route transfer_routes[] = {
	{ "PutBucketAccelerateConfiguration", put_bucket_accelerate_configuration, "s3:PutAccelerateConfiguration",
	  on_bucket, TIER1 },
	{ "GetBucketAccelerateConfiguration", get_bucket_accelerate_configuration, "s3:GetAccelerateConfiguration",
	  on_bucket, TIER2 },
	{ "PutBucketRequestPayment", put_bucket_request_payment, NULL, on_bucket, TIER1 },
	{ "GetBucketRequestPayment", get_bucket_request_payment, NULL, on_bucket, TIER2 },
	{ 0 },
};
