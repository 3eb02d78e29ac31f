/* The default encryption. Since January 2023 every bucket has one: SSE-S3, unless it is told another. */
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/routes.h"

static bool check_rule(struct call *c, const struct val *rule) {
	const struct val *how = get(rule, "ApplyServerSideEncryptionByDefault");
	str algorithm = get_str(how, "SSEAlgorithm"), key = get_str(how, "KMSMasterKeyID");
	if (!how || str_is(algorithm, "aws:fsx")) {
		return malformed(c);
	}
	if (key.n && str_is(algorithm, "AES256")) {
		return fail_argument(
			c, "ApplyServerSideEncryptionByDefault", (str){ 0 },
			"a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
			"aws:kms:dsse");
	}
	return true;
}

static bool put_bucket_encryption(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	struct val *rules = get(v, "Rules");
	if (val_count(rules) != 1) {
		return malformed(c);
	}
	if (!check_rule(c, rules->first)) {
		return false;
	}
	if (!get(rules->first, "BucketKeyEnabled")) {
		set_int(c->arena, rules->first, "BucketKeyEnabled", false);
	}
	return config_keep(c, "encryption", v);
}

static bool get_bucket_encryption(struct call *c) {
	str kept = config_get(call_db(c), c->arena, call_bucket(c)->id, "encryption", S(""));
	config_answer(c, kept.p ? kept
				: S("{\"Rule\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"},"
				    "\"BucketKeyEnabled\":false}]}"));
	return true;
}

static bool delete_bucket_encryption(struct call *c) {
	return config_forget(c, "encryption");
}

const struct route encryption_routes[] = {
	{ "PutBucketEncryption", put_bucket_encryption, "s3:PutEncryptionConfiguration", on_bucket, TIER1 },
	{ "GetBucketEncryption", get_bucket_encryption, "s3:GetEncryptionConfiguration", on_bucket, TIER2 },
	{ "DeleteBucketEncryption", delete_bucket_encryption, "s3:PutEncryptionConfiguration", on_bucket, NULL },
	{ 0 },
};
