#include "base/rand.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_replication = { "ReplicationConfigurationNotFoundError", 404 };

enum { RULES_MAX = 1000, ID_MAX = 255 };

#define OLD_SCHEMA                                                                                                     \
	"must be specified for this version of Cross Region Replication configuration schema. "                        \
	"Please refer to S3 Developer Guide for more information"

static bool role_ok(str role) {
	str part[5];
	for (size_t i = 0; i < 5; i++) {
		if (!str_cut(role, ':', &part[i], &role)) {
			return false;
		}
	}
	return str_is(part[0], "arn") && str_is(part[2], "iam") && str_starts(role, S("role/"));
}

/* --- inside the work: the buckets as they are --- */

static bool check_destination(struct call *c, struct db *db, const struct val *rule) {
	str arn = get_str(get(rule, "Destination"), "Bucket");
	struct bucket b;
	if (!str_starts(arn, S("arn:aws:s3:::"))) {
		return fail_argument(c, "Bucket", arn, "Invalid bucket ARN.");
	}
	if (!bucket_find(db, c->arena, str_skip(arn, sizeof("arn:aws:s3:::") - 1), &b)) {
		return fail(c, &invalid_request, "Destination bucket must exist.");
	}
	return b.versioning == VERSIONING_ENABLED
		       ? true
		       : fail(c, &invalid_request, "Destination bucket must have versioning enabled.");
}

static bool check_buckets(struct call *c, struct db *db) {
	const struct val *rules = get(get(c->in, c->op->in->payload), "Rules");
	if (bucket_versioning(db, call_bucket(c)->id) != VERSIONING_ENABLED) {
		return fail(c, &invalid_request,
			    "Versioning must be 'Enabled' on the bucket to apply a replication configuration");
	}
	for (const struct val *r = rules->first; r; r = r->next) {
		if (!check_destination(c, db, r)) {
			return false;
		}
	}
	return true;
}

/* --- the document by itself --- */

static bool check_schema(struct call *c, const struct val *rule) {
	bool filter = get(rule, "Filter") != NULL;
	if (filter == (get(rule, "Prefix") != NULL)) {
		return malformed(c);
	}
	if (filter && !get(rule, "Priority")) {
		return fail(c, &invalid_request, "Priority " OLD_SCHEMA);
	}
	return filter && !get(rule, "DeleteMarkerReplication")
		       ? fail(c, &invalid_request, "DeleteMarkerReplication " OLD_SCHEMA)
		       : true;
}

static bool unlike_later(struct call *c, const struct val *rule) {
	for (const struct val *r = rule->next; r; r = r->next) {
		if (str_eq(get_str(r, "ID"), get_str(rule, "ID"))) {
			return fail(c, &invalid_argument, "Rule Id must be unique. Found same Rule Id more than once");
		}
		if (get(rule, "Priority") && get_int(r, "Priority", -1) == get_int(rule, "Priority", -2)) {
			return fail(c, &invalid_request,
				    "Found duplicate priority "
				    "%lld. Priority of rules must be unique.",
				    (long long)get_int(rule, "Priority", 0));
		}
	}
	return true;
}

static bool check_rules(struct call *c, struct val *rules) {
	for (struct val *r = rules->first; r; r = r->next) {
		if (get_str(r, "ID").n > ID_MAX) {
			return fail(c, &invalid_argument, "ID length should not exceed allowed limit of %d", ID_MAX);
		}
		if (!get_str(r, "ID").n) {
			set_str(c->arena, r, "ID", rand_uuid(c->arena));
		}
		if (!check_schema(c, r)) {
			return false;
		}
	}
	for (const struct val *r = rules->first; r; r = r->next) {
		if (!unlike_later(c, r)) {
			return false;
		}
	}
	return true;
}

static bool put_bucket_replication(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	struct val *rules = get(v, "Rules");
	if (!rules->first) {
		return malformed(c);
	}
	if (val_count(rules) > RULES_MAX) {
		return fail(c, &invalid_request,
			    "The number of replication rules must not exceed the allowed limit of %d "
			    "rules.",
			    RULES_MAX);
	}
	if (!role_ok(get_str(v, "Role"))) {
		return fail_argument(c, "Role", get_str(v, "Role"),
				     "Invalid Role specified in replication configuration");
	}
	if (!check_rules(c, rules)) {
		return false;
	}
	if (!must_pass_role(c, get_str(v, "Role"), "s3.amazonaws.com")) {
		return false;
	}
	return config_change(c, &(struct change){ .kind = "replication",
						  .document = config_write(c->arena, v),
						  .still = check_buckets });
}

static bool get_bucket_replication(struct call *c) {
	return config_show(c, "replication", &no_replication, "The replication configuration was not found");
}

static bool delete_bucket_replication(struct call *c) {
	return config_forget(c, "replication");
}

const struct route replication_routes[] = {
	{ "PutBucketReplication", put_bucket_replication, "s3:PutReplicationConfiguration", on_bucket, TIER1 },
	{ "GetBucketReplication", get_bucket_replication, "s3:GetReplicationConfiguration", on_bucket, TIER2 },
	{ "DeleteBucketReplication", delete_bucket_replication, "s3:PutReplicationConfiguration", on_bucket, NULL },
	{ 0 },
};
