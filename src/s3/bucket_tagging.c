#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_such_tag_set = { "NoSuchTagSet", 404 };

enum { BUCKET_TAGS = 50 };

static bool put_bucket_tagging(struct call *c) {
	const struct val *v = config_body(c);
	str tags;
	if (!v || !tags_of_set(c, get(v, "TagSet"), BUCKET_TAGS, &tags)) {
		return false;
	}
	c->status = 204;
	return get(v, "TagSet")->first ? config_keep(c, "tagging", v) : config_forget(c, "tagging");
}

static bool get_bucket_tagging(struct call *c) {
	return config_show(c, "tagging", &no_such_tag_set, "The TagSet does not exist");
}

static bool delete_bucket_tagging(struct call *c) {
	return config_forget(c, "tagging");
}

const struct route bucket_tagging_routes[] = {
	{ "PutBucketTagging", put_bucket_tagging, NULL, on_bucket, TIER1 },
	{ "GetBucketTagging", get_bucket_tagging, NULL, on_bucket, TIER2 },
	{ "DeleteBucketTagging", delete_bucket_tagging, "s3:PutBucketTagging", on_bucket, NULL },
	{ 0 },
};
