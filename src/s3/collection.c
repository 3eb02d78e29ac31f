/* The configurations that a bucket has several of, each with an id: metrics, analytics, inventory, intelligent
 * tiering. */
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_configuration = { "NoSuchConfiguration", 404 };
static const struct fault too_many = { "TooManyConfigurations", 400 };

enum { ALL_MAX = 1000, PAGE = 100, ID_MAX = 64 };

/* The id in the query; it must be that of the document. */
static bool id_of_input(struct call *c, str *id) {
	*id = get_str(c->in, "Id");
	return id->n && id->n <= ID_MAX
		       ? true
		       : fail_argument(c, "id", *id, "The id must be 1 to 64 characters of a-z A-Z 0-9 - _ .");
}

static int64_t count(struct db *db, int64_t bucket, const char *kind) {
	AUTO_QUERY q = db_query(db, "SELECT count(*) FROM bucket_config WHERE bucket = ? AND kind = ?", "is", bucket,
				str_from(kind));
	return query_step(q) ? query_int(q, 0) : 0;
}

static const struct collection {
	const char *word, *kind, *list; /* in the operation's name; in the query; in the answer */
} collections[] = {
	{ "Metrics", "metrics", "MetricsConfigurationList" },
	{ "Analytics", "analytics", "AnalyticsConfigurationList" },
	{ "Inventory", "inventory", "InventoryConfigurationList" },
	{ "IntelligentTiering", "intelligent-tiering", "IntelligentTieringConfigurationList" },
};

static const struct collection *collection_of(const struct call *c) {
	const struct collection *k = collections;
	while (!strstr(c->op->name, k->word)) {
		k++;
	}
	return k;
}

static const char *kind_of(const struct call *c) {
	return collection_of(c)->kind;
}

static bool has_room(struct call *c, struct db *db) {
	int64_t bucket = call_bucket(c)->id;
	if (config_get(db, c->arena, bucket, kind_of(c), get_str(c->in, "Id")).p ||
	    count(db, bucket, kind_of(c)) < ALL_MAX) {
		return true;
	}
	return fail(c, &too_many,
		    "You are attempting to create a new configuration but have already reached the 1,000-configuration "
		    "limit.");
}

static bool put_one(struct call *c) {
	const struct val *v = config_body(c);
	str id;
	if (!v || !id_of_input(c, &id)) {
		return false;
	}
	if (!str_eq(id, get_str(v, "Id"))) {
		return fail_argument(c, "id", id, "The id in the request does not match the id of the configuration");
	}
	return config_change(
		c, &(struct change){
			   .kind = kind_of(c), .id = id, .document = config_write(c->arena, v), .still = has_room });
}

static bool missing(struct call *c) {
	return config_missing(c, &no_configuration, "The specified configuration does not exist.");
}

static bool get_one(struct call *c) {
	str id;
	if (!id_of_input(c, &id)) {
		return false;
	}
	str document = config_get(call_db(c), c->arena, call_bucket(c)->id, kind_of(c), id);
	if (!document.p) {
		return missing(c);
	}
	config_answer(c, document);
	return true;
}

static bool is_there(struct call *c, struct db *db) {
	str id = get_str(c->in, "Id");
	return config_get(db, c->arena, call_bucket(c)->id, kind_of(c), id).p ? true : missing(c);
}

static bool delete_one(struct call *c) {
	str id;
	c->status = 204;
	return id_of_input(c, &id) &&
	       config_change(c, &(struct change){ .kind = kind_of(c), .id = id, .still = is_there });
}

static void answer_more(struct call *c, str last) {
	struct buf b = { .arena = c->arena };
	put_base64(&b, last);
	set_str(c->arena, c->out, "NextContinuationToken", buf_str(&b));
	set_int(c->arena, c->out, "IsTruncated", true);
}

static bool list_all(struct call *c) {
	str token = get_str(c->in, "ContinuationToken"), after = S(""), last = S("");
	if (token.n && !base64_decode(c->arena, token, &after)) {
		return fail_argument(c, "continuation-token", token, "The continuation token provided is incorrect");
	}
	struct val *all = set(c->arena, c->out, collection_of(c)->list);
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT id, document FROM bucket_config WHERE bucket = ? AND kind = ? AND id > ?"
				" ORDER BY id",
				"iss", call_bucket(c)->id, str_from(kind_of(c)), after);
	set_int(c->arena, c->out, "IsTruncated", false);
	set_str(c->arena, c->out, "ContinuationToken", token.n ? token : (str){ 0 });
	for (int n = 0; query_step(q); n++) {
		if (n == PAGE) {
			answer_more(c, last);
			break;
		}
		last = query_dup(c->arena, q, 0);
		json_read(c->arena, append(c->arena, all), query_dup(c->arena, q, 1));
	}
	return true;
}

const struct route collection_routes[] = {
	{ "PutBucketMetricsConfiguration", put_one, "s3:PutMetricsConfiguration", on_bucket, TIER1 },
	{ "GetBucketMetricsConfiguration", get_one, "s3:GetMetricsConfiguration", on_bucket, TIER2 },
	{ "DeleteBucketMetricsConfiguration", delete_one, "s3:PutMetricsConfiguration", on_bucket, NULL },
	{ "ListBucketMetricsConfigurations", list_all, "s3:GetMetricsConfiguration", on_bucket, TIER1 },
	{ "PutBucketAnalyticsConfiguration", put_one, "s3:PutAnalyticsConfiguration", on_bucket, TIER1 },
	{ "GetBucketAnalyticsConfiguration", get_one, "s3:GetAnalyticsConfiguration", on_bucket, TIER2 },
	{ "DeleteBucketAnalyticsConfiguration", delete_one, "s3:PutAnalyticsConfiguration", on_bucket, NULL },
	{ "ListBucketAnalyticsConfigurations", list_all, "s3:GetAnalyticsConfiguration", on_bucket, TIER1 },
	{ "PutBucketInventoryConfiguration", put_one, "s3:PutInventoryConfiguration", on_bucket, TIER1 },
	{ "GetBucketInventoryConfiguration", get_one, "s3:GetInventoryConfiguration", on_bucket, TIER2 },
	{ "DeleteBucketInventoryConfiguration", delete_one, "s3:PutInventoryConfiguration", on_bucket, NULL },
	{ "ListBucketInventoryConfigurations", list_all, "s3:GetInventoryConfiguration", on_bucket, TIER1 },
	{ "PutBucketIntelligentTieringConfiguration", put_one, "s3:PutIntelligentTieringConfiguration", on_bucket,
	  TIER1 },
	{ "GetBucketIntelligentTieringConfiguration", get_one, "s3:GetIntelligentTieringConfiguration", on_bucket,
	  TIER2 },
	{ "DeleteBucketIntelligentTieringConfiguration", delete_one, "s3:PutIntelligentTieringConfiguration", on_bucket,
	  NULL },
	{ "ListBucketIntelligentTieringConfigurations", list_all, "s3:GetIntelligentTieringConfiguration", on_bucket,
	  TIER1 },
	{ 0 },
};
