#include "s3/acl.h"

#include "base/log.h"
#include "core/cloud.h"
#include "s3/config.h"
#include "s3/grants.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/object_rows.h"
#include "s3/policy.h"
#include "s3/routes.h"

static const struct fault not_supported = { "AccessControlListNotSupported", 400 };
static const struct fault with_ownership = { "InvalidBucketAclWithObjectOwnership", 400 };
static const struct fault with_block = { "InvalidBucketAclWithBlockPublicAccessError", 400 };
static const struct fault missing_header = { "MissingSecurityHeader", 400 };

static const char list_op[] = "GetBucketAcl";

bool ownership_known(str ownership) {
	return str_is(ownership, "BucketOwnerEnforced") || str_is(ownership, "BucketOwnerPreferred") ||
	       str_is(ownership, "ObjectWriter");
}

enum ownership ownership_of(str ownership) {
	return str_is(ownership, "BucketOwnerPreferred") ? OWNER_PREFERRED
	       : str_is(ownership, "ObjectWriter")       ? OWNER_WRITER
							 : OWNER_ENFORCED;
}

/* The call's bucket takes no ACLs. */
static bool acls_disabled(struct call *c, struct db *db) {
	return bucket_ownership(db, call_bucket(c)->id) == OWNER_ENFORCED;
}

str object_owner(struct call *c) {
	const struct bucket *b = call_bucket(c);
	bool given = str_is(head_get(&c->x->head, "x-amz-acl"), "bucket-owner-full-control");
	bool writers = b->ownership == OWNER_WRITER || (b->ownership == OWNER_PREFERRED && !given);
	return writers ? c->who.account : b->account;
}

bool owner_known(struct db *db, struct arena *a, str account, str *id, str *name) {
	if (account.n) {
		return account_owner(db, a, account, id, name);
	}
	*id = S("65a011a29cdf8ec533ec3d1ccaae921c"); /* whom S3 shows for anybody without an account */
	*name = (str){ 0 };
	return true;
}

const struct val *acl_read(struct call *c, str document) {
	struct val *acl = config_new(c, list_op);
	if (!json_read(c->arena, acl, document)) {
		bug("a kept ACL cannot be read");
	}
	return acl;
}

bool acl_shares(struct call *c, str document) {
	return document.p && !grants_private(acl_read(c, document));
}

/* --- with the birth of a bucket, with an object --- */

bool acl_of_birth(struct call *c, str ownership, str *document) {
	struct acl_input in = { .owner = c->who.canonical_id, .owner_name = c->who.display_name };
	struct val *acl = config_new(c, list_op);
	in.bucket_owner = in.owner;
	if (!grants_input(c, &in) || !grants_read(&in, acl)) {
		return false;
	}
	*document = grants_private(acl) ? (str){ 0 } : config_write(c->arena, acl);
	if (document->p && (!ownership.p || str_is(ownership, "BucketOwnerEnforced"))) {
		return fail(c, &with_ownership,
			    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
	}
	return grants_public(acl)
		       ? fail(c, &with_block, "Bucket cannot have public ACLs set with BlockPublicAccess enabled")
		       : true;
}

static void set_bucket_owner(struct call *c, struct acl_input *in) {
	account_owner(call_db(c), c->arena, call_bucket(c)->account, &in->bucket_owner, &in->bucket_owner_name);
}

/* Of a bucket or an object that is there; what the bucket allows has been looked at when this returns. */
static bool list_of_input(struct acl_input *in, str *document) {
	struct call *c = in->c;
	struct val *acl = config_new(c, list_op);
	if (acls_disabled(c, call_db(c)) && !in->policy && !str_is(in->canned, "bucket-owner-full-control")) {
		return fail(c, &not_supported, "The bucket does not allow ACLs");
	}
	if (!grants_read(in, acl)) {
		return false;
	}
	if (acls_disabled(c, call_db(c)) && !grants_private(acl)) {
		return fail(c, &not_supported, "The bucket does not allow ACLs");
	}
	if (grants_public(acl) && block_is_set(call_db(c), c->arena, call_bucket(c), BLOCK_ACLS)) {
		return fail_blocked(c, str_printf(c->arena, "s3:%s", c->op->name).p, "access control lists (ACLs)",
				    BLOCK_ACLS);
	}
	*document = grants_private(acl) ? (str){ 0 } : config_write(c->arena, acl);
	return true;
}

bool acl_of_object(struct call *c, str *document) {
	struct acl_input in = { 0 };
	*document = (str){ 0 };
	owner_known(call_db(c), c->arena, object_owner(c), &in.owner, &in.owner_name);
	set_bucket_owner(c, &in);
	if (!grants_input(c, &in)) {
		return false;
	}
	return in.canned.p || in.headers ? list_of_input(&in, document) : true;
}

/* --- the sub-resource --- */

static bool list_of_request(struct call *c, struct acl_input *in, str *document) {
	if (!grants_input(c, in)) {
		return false;
	}
	if (!in->canned.p && !in->headers && !in->policy) {
		fail(c, &missing_header, "Your request was missing a required header");
		fail_detail(c, "MissingHeaderName", S("x-amz-acl"));
		return false;
	}
	if (in->policy && !config_body(c)) {
		return false;
	}
	return list_of_input(in, document);
}

/* What the list was checked against may have changed since. */
static bool still_allowed(struct call *c, struct db *db) {
	return acls_disabled(c, db) ? fail(c, &not_supported, "The bucket does not allow ACLs") : true;
}

static bool put_bucket_acl(struct call *c) {
	struct acl_input in = { 0 };
	str document;
	set_bucket_owner(c, &in);
	in.owner = in.bucket_owner;
	in.owner_name = in.bucket_owner_name;
	if (!list_of_request(c, &in, &document)) {
		return false;
	}
	return config_change(
		c, &(struct change){ .kind = "acl", .document = document, .still = document.p ? still_allowed : NULL });
}

/* FULL_CONTROL for the owner, who is an account. */
static void answer_private(struct call *c, str account) {
	str id = { 0 }, name = { 0 };
	owner_known(call_db(c), c->arena, account, &id, &name);
	struct acl_input in = { .c = c, .owner = id, .owner_name = name, .bucket_owner = id };
	grants_read(&in, c->out);
}

static bool get_bucket_acl(struct call *c) {
	str document = config_get(call_db(c), c->arena, call_bucket(c)->id, "acl", S(""));
	if (document.p) {
		config_answer(c, document);
	} else {
		answer_private(c, call_bucket(c)->account);
	}
	return true;
}

/* --- of an object --- */

static bool get_object_acl(struct call *c) {
	struct object o;
	if (!must_allow_version(c, "s3:GetObjectAcl", "s3:GetObjectVersionAcl") ||
	    !object_of_input(c, call_db(c), &o)) {
		return false;
	}
	str document = meta_get(o.meta, "acl");
	if (document.p && !acls_disabled(c, call_db(c))) {
		config_answer(c, document);
	} else {
		/* Without ACLs all objects are the bucket owner's. */
		answer_private(c, acls_disabled(c, call_db(c)) ? call_bucket(c)->account : o.account);
	}
	return true;
}

struct object_change {
	struct call *call;
	str document;
};

static int run_put_object(struct db *db, void *arg) {
	struct object_change *w = arg;
	struct call *c = w->call;
	struct object o;
	if (!bucket_alive(db, call_bucket(c)->id)) {
		bucket_gone(c, call_bucket(c)->name);
		return 1;
	}
	if (!object_of_input(c, db, &o) || (w->document.p && !still_allowed(c, db))) {
		return 1;
	}
	o.meta = pairs_with(c->arena, o.meta, S("acl"), w->document);
	object_update(db, &o);
	return 0;
}

static bool put_object_acl(struct call *c) {
	struct acl_input in = { 0 };
	struct object_change w = { .call = c };
	struct object o;
	if (!must_allow_version(c, "s3:PutObjectAcl", "s3:PutObjectVersionAcl") ||
	    !object_of_input(c, call_db(c), &o)) {
		return false;
	}
	set_bucket_owner(c, &in);
	owner_known(call_db(c), c->arena, acls_disabled(c, call_db(c)) ? call_bucket(c)->account : o.account, &in.owner,
		    &in.owner_name);
	return list_of_request(c, &in, &w.document) && call_write(c, run_put_object, &w, NULL);
}

const struct route acl_routes[] = {
	{ "GetBucketAcl", get_bucket_acl, NULL, on_bucket, TIER2 },
	{ "PutBucketAcl", put_bucket_acl, NULL, on_bucket, TIER1 },
	{ "GetObjectAcl", get_object_acl, "", on_object, TIER2 },
	{ "PutObjectAcl", put_object_acl, "", on_object, TIER1 },
	{ 0 },
};
