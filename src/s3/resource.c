#include "s3/resource.h"

#include "s3/config.h"
#include "s3/policy.h"

#define ARN "arn:aws:s3:::"

/* key absent: of the bucket. */
static str arn_of(struct arena *a, str name, str key) {
	struct buf b = { .arena = a };
	put(&b, S(ARN));
	put(&b, name);
	put(&b, key.p ? S("/") : S(""));
	put(&b, key);
	return buf_str(&b);
}

/* Binds the bucket's policy, if it has one. */
static void bind(struct db *db, struct arena *a, const struct bucket *b, struct resource *r) {
	const struct kept_policy *k = policy_kept(db, a, b);
	if (!k) {
		return;
	}
	struct bound *bound = NEW(a, struct bound);
	*bound = (struct bound){ .policy = k->policy, .name = S("bucket policy"), .from = r->arn };
	r->policy = bound;
	r->restricted = k->open && block_is_set(db, a, b, BLOCK_RESTRICT);
}

void bucket_resource(struct call *c, struct bucket *b, struct resource *out) {
	struct target *t = NEW(c->arena, struct target);
	t->bucket = b;
	*out = (struct resource){
		.arn = arn_of(c->arena, b->name, (str){ 0 }), .account = b->account, .granted = acl_grants, .subject = t
	};
	if (b->policy > 0) {
		bind(call_db(c), c->arena, b, out);
	}
}

void object_resource(struct call *c, const struct resource *bucket, str key, str version, struct resource *out) {
	const struct target *in = bucket->subject;
	struct target *t = NEW(c->arena, struct target);
	t->bucket = in->bucket;
	t->key = key;
	t->version = version;
	*out = *bucket;
	out->account = t->bucket->account;
	out->arn = arn_of(c->arena, t->bucket->name, key);
	out->subject = t;
}

const struct object *target_object(struct call *c, struct target *t) {
	if (!t->looked) {
		t->object = (struct object){ .bucket = t->bucket->id, .key = t->key, .version = t->version };
		t->found = object_find(call_db(c), c->arena, &t->object);
		t->looked = true;
	}
	return t->found ? &t->object : NULL;
}

/* The actions that look at an object, and whether its owner allows them (else the bucket's). */
static const struct {
	const char *action;
	bool owners;
} looking[] = {
	{ "s3:GetObject", true },
	{ "s3:GetObjectVersion", true },
	{ "s3:GetObjectAttributes", true },
	{ "s3:GetObjectVersionAttributes", true },
	{ "s3:GetObjectAcl", true },
	{ "s3:GetObjectVersionAcl", true },
	{ "s3:PutObjectAcl", true },
	{ "s3:PutObjectVersionAcl", true },
	{ "s3:GetObjectTagging", false },
	{ "s3:GetObjectVersionTagging", false },
	{ "s3:PutObjectTagging", false },
	{ "s3:PutObjectVersionTagging", false },
	{ "s3:DeleteObjectTagging", false },
	{ "s3:DeleteObjectVersionTagging", false },
};

static void give_to_owner(struct call *c, struct resource *r) {
	struct target *t = r->subject;
	const struct object *o = t->bucket->ownership == OWNER_ENFORCED ? NULL : target_object(c, t);
	if (o && !o->marker && !str_eq(o->account, t->bucket->account)) {
		r->account = o->account.n ? o->account : S("anonymous");
		r->restricted = true;
	}
}

void resource_see(struct call *c, struct resource *object, const char *action, str version) {
	struct target *t = NEW(c->arena, struct target);
	*t = *(const struct target *)object->subject;
	for (size_t i = 0; i < sizeof(looking) / sizeof(*looking); i++) {
		if (strcmp(action, looking[i].action) == 0) {
			t->version = version;
			t->seen = true;
			object->subject = t;
			if (looking[i].owners) {
				give_to_owner(c, object);
			}
			return;
		}
	}
}

bool s3_policy_of(struct db *db, struct arena *a, str arn, struct resource *out) {
	str name, key;
	struct bucket b;
	if (!str_starts(arn, S(ARN))) {
		return false;
	}
	str_cut(str_skip(arn, sizeof(ARN) - 1), '/', &name, &key);
	if (!bucket_find(db, a, name, &b)) {
		return false;
	}
	*out = (struct resource){ .arn = arn_of(a, name, (str){ 0 }), .account = b.account };
	if (b.policy > 0) {
		bind(db, a, &b, out);
	}
	out->arn = arn;
	return true;
}
