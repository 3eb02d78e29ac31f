/* The block of public access: of a bucket, born with it (bucket_insert), all four of it; and of an account. */
#include "s3/config.h"
#include "s3/meta.h"
#include "s3/policy.h"
#include "s3/routes.h"
#include "wire/tree.h"

static const struct fault no_block = { "NoSuchPublicAccessBlockConfiguration", 404 };
static const char not_found[] = "The public access block configuration was not found";

/* In the order of enum public_block. */
static const char *const blocks[] = { "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
				      "RestrictPublicBuckets" };

static str account_block(struct db *db, struct arena *a, str account) {
	AUTO_QUERY q = db_query(db, "SELECT document FROM account_block WHERE account = ?", "s", account);
	return query_step(q) ? query_dup(a, q, 0) : (str){ 0 };
}

static bool sets(struct arena *a, str document, enum public_block which) {
	const struct tree *set = document.p ? tree_get(tree_read(a, document), blocks[which]) : NULL;
	return set && str_is(set->s, "true");
}

bool block_is_set(struct db *db, struct arena *a, const struct bucket *b, enum public_block which) {
	return sets(a, config_get(db, a, b->id, "publicAccessBlock", S("")), which) ||
	       sets(a, account_block(db, a, b->account), which);
}

bool fail_blocked(struct call *c, const char *action, const char *what, enum public_block which) {
	if (!str_eq(c->who.account, call_bucket(c)->account)) {
		return fail(c, &access_denied, "Access Denied");
	}
	return fail(c, &access_denied,
		    "User: " STR_FMT " is not authorized to perform: %s on resource: \"" STR_FMT
		    "\" because public %s are prevented by the %s setting in S3 Block Public Access.",
		    STR_ARG(c->who.arn), action, STR_ARG(c->resource.arn), what, blocks[which]);
}

/* All four of the document that came; NULL: failed. */
static const struct val *blocks_of_input(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return NULL;
	}
	struct val *all = config_new(c, "GetPublicAccessBlock");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		set_int(c->arena, all, blocks[i], get_int(v, blocks[i], false));
	}
	return all;
}

static bool put_public_access_block(struct call *c) {
	const struct val *all = blocks_of_input(c);
	return all && config_keep(c, "publicAccessBlock", all);
}

static bool get_public_access_block(struct call *c) {
	return config_show(c, "publicAccessBlock", &no_block, not_found);
}

static bool delete_public_access_block(struct call *c) {
	return config_forget(c, "publicAccessBlock");
}

/* --- of an account --- */

static bool on_account(struct call *c) {
	c->resource.account = get_str(c->in, "AccountId");
	return c->who.account.n && str_eq(c->resource.account, c->who.account)
		       ? true
		       : fail(c, &access_denied, "Access Denied");
}

/* One of an account, or none of it any more. */
struct account_change {
	str account, document;
};

static int run_account_change(struct db *db, void *arg) {
	const struct account_change *w = arg;
	if (w->document.p) {
		db_run(db, "INSERT OR REPLACE INTO account_block(account, document) VALUES(?, ?)", "ss", w->account,
		       w->document);
	} else {
		db_run(db, "DELETE FROM account_block WHERE account = ?", "s", w->account);
	}
	return db_error(db);
}

static bool put_account_block(struct call *c) {
	const struct val *all = blocks_of_input(c);
	struct account_change w = { .account = c->who.account };
	if (!all) {
		return false;
	}
	w.document = config_write(c->arena, all);
	return call_write(c, run_account_change, &w, NULL);
}

static bool get_account_block(struct call *c) {
	str document = account_block(call_db(c), c->arena, c->who.account);
	if (!document.p) {
		fail(c, &no_block, "%s", not_found);
		fail_detail(c, "AccountId", c->who.account);
		return false;
	}
	config_answer(c, document);
	return true;
}

static bool delete_account_block(struct call *c) {
	struct account_change w = { .account = c->who.account };
	c->status = 204;
	return call_write(c, run_account_change, &w, NULL);
}

const struct route account_block_routes[] = {
	{ "PutPublicAccessBlock", put_account_block, "s3:PutAccountPublicAccessBlock", on_account, NULL },
	{ "GetPublicAccessBlock", get_account_block, "s3:GetAccountPublicAccessBlock", on_account, NULL },
	{ "DeletePublicAccessBlock", delete_account_block, "s3:PutAccountPublicAccessBlock", on_account, NULL },
	{ 0 },
};

const struct route access_block_routes[] = {
	{ "PutPublicAccessBlock", put_public_access_block, "s3:PutBucketPublicAccessBlock", on_bucket, TIER1 },
	{ "GetPublicAccessBlock", get_public_access_block, "s3:GetBucketPublicAccessBlock", on_bucket, TIER2 },
	{ "DeletePublicAccessBlock", delete_public_access_block, "s3:PutBucketPublicAccessBlock", on_bucket, NULL },
	{ 0 },
};
