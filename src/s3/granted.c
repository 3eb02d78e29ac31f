/* What ACLs let pass (docs: "Access control list (ACL) overview", "Mapping of ACL permissions and access policy
 * permissions"), and what who began an upload may do with it. */
#include "s3/acl.h"
#include "s3/grants.h"
#include "s3/meta.h"
#include "s3/policy.h"
#include "s3/resource.h"
#include "s3/upload.h"

static const struct permission {
	const char *action, *name;
	bool object; /* of the object's list, else of the bucket's */
} permissions[] = {
	{ "s3:GetObject", "READ", true },
	{ "s3:GetObjectVersion", "READ", true },
	{ "s3:GetObjectAcl", "READ_ACP", true },
	{ "s3:GetObjectVersionAcl", "READ_ACP", true },
	{ "s3:PutObjectAcl", "WRITE_ACP", true },
	{ "s3:PutObjectVersionAcl", "WRITE_ACP", true },
	{ "s3:ListBucket", "READ", false },
	{ "s3:ListBucketVersions", "READ", false },
	{ "s3:ListBucketMultipartUploads", "READ", false },
	{ "s3:PutObject", "WRITE", false },
	{ "s3:DeleteObject", "WRITE", false },
	{ "s3:GetBucketAcl", "READ_ACP", false },
	{ "s3:PutBucketAcl", "WRITE_ACP", false },
	{ 0 },
};

static const struct permission *permission_for(const char *action) {
	const struct permission *p = permissions;
	while (p->action && strcmp(p->action, action) != 0) {
		p++;
	}
	return p->action ? p : NULL;
}

/* The list document (absent: the owner's alone) lets the caller pass. */
static bool permits(struct call *c, const struct target *t, str document, const char *permission) {
	bool ignored = block_is_set(call_db(c), c->arena, t->bucket, BLOCK_IGNORE_ACLS);
	return document.p && grants_permit(acl_read(c, document), &c->who, permission, !ignored);
}

static bool bucket_permits(struct call *c, const struct target *t, const char *permission) {
	str document = config_get(call_db(c), c->arena, t->bucket->id, "acl", S(""));
	return permits(c, t, document, permission);
}

static bool is_callers(const struct call *c, const struct object *o) {
	return str_eq(o->account.n ? o->account : (str){ 0 }, c->who.account);
}

/* Of what is not there, who may list the bucket may know that. */
static bool object_permits(struct call *c, struct target *t, const char *permission) {
	const struct object *o = target_object(c, t);
	if (!o || o->marker) {
		return bucket_permits(c, t, "READ");
	}
	return is_callers(c, o) || permits(c, t, meta_get(o->meta, "acl"), permission);
}

/* WRITE lets others make objects; those that are there can be replaced and deleted by their owners alone. */
static bool write_permits(struct call *c, struct target *t) {
	const struct object *o = target_object(c, t);
	return (!o || o->marker || is_callers(c, o)) && bucket_permits(c, t, "WRITE");
}

static bool began_upload(struct call *c, const char *action, const struct target *t) {
	struct upload u = { .bucket = t->bucket->id, .key = t->key };
	if (!c->who.account.n ||
	    (strcmp(action, "s3:AbortMultipartUpload") != 0 && strcmp(action, "s3:ListMultipartUploadParts") != 0)) {
		return false;
	}
	u.upload_id = get_str(c->in, "UploadId");
	return upload_find(call_db(c), c->arena, &u) && str_eq(u.initiator, c->who.account);
}

bool acl_grants(struct call *c, const char *action, const struct resource *r) {
	struct target *t = r->subject;
	const struct permission *p = permission_for(action);
	if (!p || t->bucket->ownership == OWNER_ENFORCED) {
		return !p && began_upload(c, action, t);
	}
	if (p->object) {
		return object_permits(c, t, p->name);
	}
	return strcmp(p->name, "WRITE") == 0 ? write_permits(c, t) : bucket_permits(c, t, p->name);
}
