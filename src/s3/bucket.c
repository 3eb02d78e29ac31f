#include "s3/bucket.h"

#include "base/clock.h"
#include "core/cloud.h"
#include "s3/acl.h"
#include "s3/bucket_name.h"
#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault already_owned = { "BucketAlreadyOwnedByYou", 409 };
static const struct fault already_exists = { "BucketAlreadyExists", 409 };
static const struct fault too_many_buckets = { "TooManyBuckets", 400 };
static const struct fault illegal_location = { "IllegalLocationConstraintException", 400 };
static const struct fault invalid_location = { "InvalidLocationConstraint", 400 };

/* The region whose endpoint makes buckets anywhere, and whose buckets have no location constraint. */
static const str first_region = { "us-east-1", 9 };

/* --- create --- */

int64_t bucket_insert(struct db *db, const struct bucket_birth *b) {
	static const char blocks[] = "{\"BlockPublicAcls\":true,\"IgnorePublicAcls\":true,"
				     "\"BlockPublicPolicy\":true,\"RestrictPublicBuckets\":true}";
	AUTO_ARENA a = { 0 };
	str ownership = b->ownership.p ? b->ownership : S("BucketOwnerEnforced");
	if (db_run(db,
		   "INSERT INTO bucket(name, account, region, created, versioning, object_lock, ownership, policy)"
		   " VALUES(?, ?, ?, ?, ?, ?, ?, 0)",
		   "sssiiii", b->name, b->account, b->region, clock_now(),
		   (int64_t)(b->object_lock ? VERSIONING_ENABLED : VERSIONING_NEVER), (int64_t)b->object_lock,
		   (int64_t)ownership_of(ownership)) < 0) {
		return 0;
	}
	int64_t id = db_last_rowid(db);
	config_put(db, id, "publicAccessBlock", S(""), S(blocks));
	config_put(db, id, "ownershipControls", S(""),
		   str_printf(&a, "{\"Rule\":[{\"ObjectOwnership\":\"" STR_FMT "\"}]}", STR_ARG(ownership)));
	if (b->acl.p) {
		config_put(db, id, "acl", S(""), b->acl);
	}
	if (b->tags.p) {
		config_put(db, id, "tagging", S(""), b->tags);
	}
	return db_error(db) ? 0 : id;
}

struct creation {
	struct call *call;
	struct bucket_birth birth;
};

static bool taken(const struct creation *w, struct db *db, const struct bucket *old) {
	struct call *c = w->call;
	if (!str_eq(old->account, c->who.account)) {
		fail(c, &already_exists,
		     "The requested bucket name is not available. The bucket namespace is shared by all users of the "
		     "system. Please select a different name and try again.");
	} else if (str_eq(old->region, first_region) && str_eq(w->birth.region, first_region)) {
		/* AWS's oldest region answers 200 again, and sets the ACL anew. */
		if (w->birth.acl.p) {
			config_put(db, old->id, "acl", S(""), w->birth.acl);
		} else {
			config_drop(db, old->id, "acl", S(""));
		}
		return true;
	} else {
		fail(c, &already_owned,
		     "Your previous request to create the named bucket succeeded and you already own it.");
	}
	fail_detail(c, "BucketName", old->name);
	return false;
}

static int64_t buckets_of(struct db *db, str account) {
	AUTO_QUERY q = db_query(db, "SELECT count(*) FROM bucket WHERE account = ?", "s", account);
	return query_step(q) ? query_int(q, 0) : 0;
}

static int run_create(struct db *db, void *arg) {
	struct creation *w = arg;
	struct bucket old;
	if (bucket_find(db, w->call->arena, w->birth.name, &old)) {
		return taken(w, db, &old) ? 0 : 1;
	}
	if (buckets_of(db, w->birth.account) >= BUCKETS_MAX) {
		fail(w->call, &too_many_buckets, "You have attempted to create more buckets than allowed");
		return 1;
	}
	return bucket_insert(db, &w->birth) ? 0 : db_error(db);
}

static bool on_new_bucket(struct call *c) {
	str name = get_str(c->in, "Bucket");
	if (!bucket_name_ok(name)) {
		return bucket_misnamed(c, name);
	}
	c->resource.arn = str_printf(c->arena, "arn:aws:s3:::" STR_FMT, STR_ARG(name));
	/* Nobody's bucket is nobody's to make: his document need not be read for that. */
	return c->who.account.n || call_must(c, "s3:CreateBucket", &c->resource);
}

/* What goes beyond making it. */
static bool may_have(struct call *c, const struct bucket_birth *b) {
	const struct resource *r = &c->resource;
	return (!b->acl.p || call_must(c, "s3:PutBucketAcl", r)) &&
	       (!b->object_lock || (call_must(c, "s3:PutBucketObjectLockConfiguration", r) &&
				    call_must(c, "s3:PutBucketVersioning", r))) &&
	       (!b->ownership.p || call_must(c, "s3:PutBucketOwnershipControls", r)) &&
	       (!b->tags.p || call_must(c, "s3:TagResource", r));
}

/* The region that the bucket is asked for. */
static bool location_of_input(struct call *c, const struct val *config, str *out) {
	str where = get_str(config, "LocationConstraint");
	if (!where.n) {
		*out = c->region;
		return str_eq(c->region, first_region)
			       ? true
			       : fail(c, &illegal_location,
				      "The unspecified location constraint is incompatible for the region specific "
				      "endpoint this request was sent to.");
	}
	*out = str_is(where, "EU") ? S("eu-west-1") : where;
	if (!region_known(*out) || str_eq(*out, first_region)) {
		fail(c, &invalid_location, "The specified location-constraint is not valid");
		fail_detail(c, "LocationConstraint", where);
		return false;
	}
	if (!str_eq(c->region, first_region) && !str_eq(c->region, *out)) {
		return fail(c, &illegal_location,
			    "The " STR_FMT " location constraint is incompatible for the region specific endpoint this "
			    "request was sent to.",
			    STR_ARG(where));
	}
	return true;
}

static bool general_purpose(struct call *c, const struct val *config) {
	str space = get_str(c->in, "BucketNamespace");
	if (get(config, "Bucket") || get(config, "Location")) {
		return fail(c, &not_implemented, "Directory buckets are not served by this version of Aerostat.");
	}
	return !space.n || str_is(space, "global")
		       ? true
		       : fail(c, &not_implemented,
			      "Bucket namespaces of an account are not served by this version of Aerostat.");
}

static bool tags_of_birth(struct call *c, const struct val *config, str *out) {
	const struct val *tags = get(config, "Tags");
	str kept;
	if (!tags || !tags->first) {
		return true;
	}
	if (!tags_of_set(c, tags, 50, &kept)) {
		return false;
	}
	struct val *v = config_new(c, "GetBucketTagging");
	val_copy(c->arena, set(c->arena, v, "TagSet"), tags);
	*out = config_write(c->arena, v);
	return true;
}

static bool birth_of_input(struct call *c, struct bucket_birth *b) {
	const struct val *config = get(c->in, "CreateBucketConfiguration");
	*b = (struct bucket_birth){ .name = get_str(c->in, "Bucket"),
				    .account = c->who.account,
				    .object_lock = get_int(c->in, "ObjectLockEnabledForBucket", 0) != 0,
				    .ownership = get_str(c->in, "ObjectOwnership") };
	if (!general_purpose(c, config) || !location_of_input(c, config, &b->region)) {
		return false;
	}
	if (b->ownership.p && !ownership_known(b->ownership)) {
		return fail(c, &invalid_argument, "Invalid x-amz-object-ownership header: " STR_FMT,
			    STR_ARG(b->ownership));
	}
	return tags_of_birth(c, config, &b->tags) && acl_of_birth(c, b->ownership, &b->acl);
}

static bool create_bucket(struct call *c) {
	struct creation w = { .call = c };
	if (!call_must(c, "s3:CreateBucket", &c->resource) || !birth_of_input(c, &w.birth) || !may_have(c, &w.birth) ||
	    !call_write(c, run_create, &w, NULL)) {
		return false;
	}
	str name = w.birth.name;
	bool here = str_eq(c->region, first_region) && str_eq(w.birth.region, first_region);
	set_str(c->arena, c->out, "Location",
		str_printf(c->arena, here ? "/" STR_FMT : "http://" STR_FMT ".s3.amazonaws.com/", STR_ARG(name)));
	return true;
}

/* --- delete --- */

static int run_delete(struct db *db, void *arg) {
	struct call *c = arg;
	const struct bucket *b = call_bucket(c);
	if (!bucket_alive(db, b->id)) {
		bucket_gone(c, b->name);
		return 1;
	}
	if (!bucket_empty(db, b->id)) {
		bool versions = bucket_versioning(db, b->id) != VERSIONING_NEVER;
		fail(c, &bucket_not_empty, "The bucket you tried to delete is not empty%s",
		     versions ? ". You must delete all versions in the bucket." : "");
		fail_detail(c, "BucketName", b->name);
		return 1;
	}
	uploads_forget(db, b->id);
	db_run(db, "DELETE FROM bucket_config WHERE bucket = ?", "i", b->id);
	db_run(db, "DELETE FROM bucket WHERE id = ?", "i", b->id);
	return 0;
}

static bool delete_bucket(struct call *c) {
	return call_write(c, run_delete, c, NULL);
}

/* --- head, location --- */

static bool head_bucket(struct call *c) {
	set_str(c->arena, c->out, "BucketRegion", call_bucket(c)->region);
	set_int(c->arena, c->out, "AccessPointAlias", false);
	return true;
}

/* The answer is the constraint itself as the root element, which the model does not say. */
static bool get_bucket_location(struct call *c) {
	str region = call_bucket(c)->region;
	struct buf b = { .arena = c->arena };
	putz(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"");
	if (str_eq(region, first_region)) {
		putz(&b, "/>");
	} else {
		put_byte(&b, '>');
		put_xml(&b, region);
		putz(&b, "</LocationConstraint>");
	}
	c->raw = true;
	c->raw_body = buf_str(&b);
	return true;
}

/* --- list --- */

struct listing {
	str prefix, region, after;
	int64_t max;
};

static bool listing_of_input(struct call *c, struct listing *l) {
	str token = get_str(c->in, "ContinuationToken");
	*l = (struct listing){ .prefix = get_str(c->in, "Prefix"),
			       .region = get_str(c->in, "BucketRegion"),
			       .after = S(""),
			       .max = get_int(c->in, "MaxBuckets", BUCKETS_MAX) };
	if (l->max < 1 || l->max > BUCKETS_MAX) {
		fail(c, &invalid_argument, "Argument max-buckets must be an integer between 1 and %d", BUCKETS_MAX);
		fail_detail(c, "ArgumentName", S("max-buckets"));
		return false;
	}
	if (l->region.n && !region_known(l->region)) {
		fail(c, &invalid_argument, "Argument value " STR_FMT " is not a valid AWS Region", STR_ARG(l->region));
		fail_detail(c, "ArgumentName", S("bucket-region"));
		return false;
	}
	if (token.n && !base64_decode(c->arena, token, &l->after)) {
		return fail(c, &invalid_argument, "The continuation token provided is incorrect");
	}
	return true;
}

static void show_bucket(struct call *c, struct val *list, struct query *q, bool with_region) {
	struct val *v = append(c->arena, list);
	set_str(c->arena, v, "Name", query_dup(c->arena, q, 0));
	set_int(c->arena, v, "CreationDate", query_int(q, 2) / 1000 * 1000);
	if (with_region) {
		set_str(c->arena, v, "BucketRegion", query_dup(c->arena, q, 1));
	}
}

static void list(struct call *c, const struct listing *l, bool asked) {
	struct val *buckets = set(c->arena, c->out, "Buckets");
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT name, region, created FROM bucket"
				" WHERE account = ? AND name > ? AND name >= ? ORDER BY name",
				"sss", c->who.account, l->after, l->prefix.p ? l->prefix : S(""));
	int64_t n = 0;
	str last = S("");
	while (query_step(q) && str_starts(query_str(q, 0), l->prefix)) {
		if (l->region.n && !str_eq(query_str(q, 1), l->region)) {
			continue;
		}
		if (n++ == l->max) {
			struct buf b = { .arena = c->arena };
			put_base64(&b, last);
			set_str(c->arena, c->out, "ContinuationToken", buf_str(&b));
			return;
		}
		show_bucket(c, buckets, q, asked);
		last = get_str(buckets->last, "Name");
	}
}

/* The action has no resource, but policies that name arn:aws:s3:::* for it, as AWS's examples do, are meant. */
static bool on_all_buckets(struct call *c) {
	c->resource.arn = S("arn:aws:s3:::*");
	return true;
}

static bool list_buckets(struct call *c) {
	struct listing l;
	if (!listing_of_input(c, &l)) {
		return false;
	}
	struct val *owner = set(c->arena, c->out, "Owner");
	set_str(c->arena, owner, "ID", c->who.canonical_id);
	set_str(c->arena, owner, "DisplayName", c->who.display_name);
	set_str(c->arena, c->out, "Prefix", l.prefix.n ? l.prefix : (str){ 0 });
	list(c, &l, val_count(c->in) > 0);
	return true;
}

const struct route bucket_routes[] = {
	{ "CreateBucket", create_bucket, "", on_new_bucket, TIER1 },
	{ "DeleteBucket", delete_bucket, NULL, on_bucket, NULL },
	{ "HeadBucket", head_bucket, "s3:ListBucket", on_bucket, TIER2 },
	{ "ListBuckets", list_buckets, "s3:ListAllMyBuckets", on_all_buckets, TIER1 },
	{ "GetBucketLocation", get_bucket_location, NULL, on_bucket, TIER2 },
	{ 0 },
};
