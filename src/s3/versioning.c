#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault illegal_versioning = { "IllegalVersioningConfigurationException", 400 };
static const struct fault invalid_bucket_state = { "InvalidBucketState", 409 };

struct versioning_change {
	struct call *call;
	enum versioning state;
	bool mfa_delete_off;
};

/* Why the versions of this bucket cannot be suspended; NULL: they can. */
static const char *bound_by(struct call *c, struct db *db, const struct bucket *now) {
	if (now->object_lock) {
		return "An Object Lock configuration";
	}
	return config_get(db, c->arena, now->id, "replication", S("")).p ? "A replication configuration" : NULL;
}

static int run_put(struct db *db, void *arg) {
	struct versioning_change *w = arg;
	struct call *c = w->call;
	struct bucket now;
	if (!bucket_find(db, c->arena, call_bucket(c)->name, &now) || now.id != call_bucket(c)->id) {
		bucket_gone(c, call_bucket(c)->name);
		return 1;
	}
	const char *bound = w->state == VERSIONING_SUSPENDED ? bound_by(c, db, &now) : NULL;
	if (bound) {
		fail(c, &invalid_bucket_state,
		     "%s is present on this bucket, so the versioning state cannot be changed.", bound);
		return 1;
	}
	db_run(db, "UPDATE bucket SET versioning = ? WHERE id = ?", "ii", (int64_t)w->state, now.id);
	if (w->mfa_delete_off) {
		config_put(db, now.id, "mfaDelete", S(""), S("Disabled"));
	}
	return 0;
}

static bool put_bucket_versioning(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	str status = get_str(v, "Status"), mfa = get_str(v, "MFADelete");
	if (!status.p) {
		return fail(c, &illegal_versioning, "The Versioning element must be specified");
	}
	/* No device of the account can be registered for this here, as at AWS for all but the root user. */
	if (str_is(mfa, "Enabled")) {
		return fail(c, &access_denied, "Mfa Authentication must be used for this request");
	}
	struct versioning_change w = { c, str_is(status, "Enabled") ? VERSIONING_ENABLED : VERSIONING_SUSPENDED,
				       mfa.p != NULL };
	return call_write(c, run_put, &w, NULL);
}

static bool get_bucket_versioning(struct call *c) {
	const struct bucket *b = call_bucket(c);
	if (b->versioning != VERSIONING_NEVER) {
		set_str(c->arena, c->out, "Status",
			b->versioning == VERSIONING_ENABLED ? S("Enabled") : S("Suspended"));
	}
	set_str(c->arena, c->out, "MFADelete", config_get(call_db(c), c->arena, b->id, "mfaDelete", S("")));
	return true;
}

const struct route versioning_routes[] = {
	{ "PutBucketVersioning", put_bucket_versioning, NULL, on_bucket, TIER1 },
	{ "GetBucketVersioning", get_bucket_versioning, NULL, on_bucket, TIER2 },
	{ 0 },
};
