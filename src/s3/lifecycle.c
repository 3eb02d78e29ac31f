#include "s3/lifecycle.h"

#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_lifecycle = { "NoSuchLifecycleConfiguration", 404 };

/* Which objects are too small to transition: all under 128 KiB, unless the client says that it varies by class. */
static const char smallest[] = "TransitionDefaultMinimumObjectSize";
static const str by_default = { "all_storage_classes_128K", 24 };

struct keeping {
	struct call *call;
	str document, smallest;
};

static int run_put(struct db *db, void *arg) {
	const struct keeping *w = arg;
	struct bucket *b = call_bucket(w->call);
	if (!bucket_alive(db, b->id)) {
		bucket_gone(w->call, b->name);
		return 1;
	}
	config_put(db, b->id, "lifecycle", S(""), w->document);
	config_put(db, b->id, smallest, S(""), w->smallest);
	return 0;
}

static bool put_bucket_lifecycle(struct call *c) {
	struct keeping w = { .call = c, .smallest = get_str(c->in, smallest) };
	const struct val *v = config_body(c);
	if (!v || !lifecycle_check(c->arena, get(v, "Rules"), &c->refusal)) {
		return false;
	}
	if (!w.smallest.p) {
		w.smallest = by_default;
	} else if (!str_eq(w.smallest, by_default) && !str_is(w.smallest, "varies_by_storage_class")) {
		return fail(
			c, &invalid_request,
			"The value specified for the x-amz-transition-default-minimum-object-size header is invalid");
	}
	w.document = config_write(c->arena, v);
	set_str(c->arena, c->out, smallest, w.smallest);
	return call_write(c, run_put, &w, NULL);
}

static bool get_bucket_lifecycle(struct call *c) {
	if (!config_show(c, "lifecycle", &no_lifecycle, "The lifecycle configuration does not exist")) {
		return false;
	}
	str kept = config_get(call_db(c), c->arena, call_bucket(c)->id, smallest, S(""));
	set_str(c->arena, c->out, smallest, kept.p ? kept : by_default);
	return true;
}

static bool delete_bucket_lifecycle(struct call *c) {
	return config_forget(c, "lifecycle");
}

const struct route lifecycle_routes[] = {
	{ "PutBucketLifecycleConfiguration", put_bucket_lifecycle, "s3:PutLifecycleConfiguration", on_bucket, TIER1 },
	{ "GetBucketLifecycleConfiguration", get_bucket_lifecycle, "s3:GetLifecycleConfiguration", on_bucket, TIER2 },
	{ "DeleteBucketLifecycle", delete_bucket_lifecycle, "s3:PutLifecycleConfiguration", on_bucket, NULL },
	{ 0 },
};
