#include "s3/grants.h"

#include "core/cloud.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"

static const struct fault malformed_acl = { "MalformedACLError", 400 };
static const struct fault unresolvable_email = { "UnresolvableGrantByEmailAddress", 400 };
static const struct fault unexpected_content = { "UnexpectedContent", 400 };

enum { GRANTS_MAX = 100, CANONICAL_ID = 64 };

#define GROUPS "http://acs.amazonaws.com/groups/"
static const char everybody[] = GROUPS "global/AllUsers", accounts[] = GROUPS "global/AuthenticatedUsers",
		  log_delivery[] = GROUPS "s3/LogDelivery";

/* EC2's own, which reads the bundles of aws-exec-read. */
static const char ec2_id[] = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

static const struct grant_header {
	const char *header, *permission;
} grant_headers[] = {
	{ "x-amz-grant-full-control", "FULL_CONTROL" }, { "x-amz-grant-read", "READ" },
	{ "x-amz-grant-read-acp", "READ_ACP" },         { "x-amz-grant-write", "WRITE" },
	{ "x-amz-grant-write-acp", "WRITE_ACP" },
};
enum { GRANT_HEADERS = sizeof(grant_headers) / sizeof(*grant_headers) };

/* What a canned ACL grants beside FULL_CONTROL to the owner. who NULL: the bucket's owner. */
static const struct canned {
	const char *name, *who, *permission, *more;
} canned_acls[] = {
	{ "private", NULL, NULL, NULL },
	{ "public-read", everybody, "READ", NULL },
	{ "public-read-write", everybody, "READ", "WRITE" },
	{ "authenticated-read", accounts, "READ", NULL },
	{ "log-delivery-write", log_delivery, "WRITE", "READ_ACP" },
	{ "aws-exec-read", ec2_id, "READ", NULL },
	{ "bucket-owner-read", NULL, "READ", NULL },
	{ "bucket-owner-full-control", NULL, "FULL_CONTROL", NULL },
	{ 0 },
};

static const struct canned *canned_find(str name) {
	for (const struct canned *k = canned_acls; k->name; k++) {
		if (str_is(name, k->name)) {
			return k;
		}
	}
	return NULL;
}

/* --- a grant in an answer --- */

static struct val *new_grant(struct arena *a, struct val *acl, const char *permission) {
	struct val *list = get(acl, "Grants");
	struct val *grant = append(a, list ? list : set(a, acl, "Grants"));
	struct val *grantee = set(a, grant, "Grantee");
	set_str(a, grant, "Permission", str_from(permission));
	return grantee;
}

static void grant_group(struct arena *a, struct val *acl, str uri, const char *permission) {
	struct val *grantee = new_grant(a, acl, permission);
	set_str(a, grantee, "Type", S("Group"));
	set_str(a, grantee, "URI", uri);
}

static void grant_user(struct arena *a, struct val *acl, str id, str name, const char *permission) {
	struct val *grantee = new_grant(a, acl, permission);
	set_str(a, grantee, "DisplayName", name.n ? name : (str){ 0 });
	set_str(a, grantee, "ID", id);
	set_str(a, grantee, "Type", S("CanonicalUser"));
}

static void set_owner(struct arena *a, struct val *acl, const struct acl_input *in) {
	struct val *owner = set(a, acl, "Owner");
	set_str(a, owner, "DisplayName", in->owner_name.n ? in->owner_name : (str){ 0 });
	set_str(a, owner, "ID", in->owner);
}

/* --- canned --- */

static void grant_canned(struct arena *a, struct val *acl, const struct acl_input *in, const struct canned *k) {
	grant_user(a, acl, in->owner, in->owner_name, "FULL_CONTROL");
	if (!k->permission) {
		return;
	}
	if (!k->who) {
		if (!str_eq(in->owner, in->bucket_owner)) {
			grant_user(a, acl, in->bucket_owner, in->bucket_owner_name, k->permission);
		}
	} else if (k->who == ec2_id) {
		grant_user(a, acl, S("6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"), S("za-team"),
			   k->permission);
	} else {
		grant_group(a, acl, str_from(k->who), k->permission);
		if (k->more) {
			grant_group(a, acl, str_from(k->who), k->more);
		}
	}
}

/* --- headers: id="...", uri="...", emailAddress="..." --- */

static bool group_known(str uri) {
	return str_is(uri, everybody) || str_is(uri, accounts) || str_is(uri, log_delivery);
}

static bool canonical_id(str id) {
	for (size_t i = 0; i < id.n; i++) {
		char ch = id.p[i];
		if (!((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f'))) {
			return false;
		}
	}
	return id.n == CANONICAL_ID;
}

static bool no_email(struct call *c) {
	return fail(c, &unresolvable_email, "The e-mail address you provided does not match any account on record.");
}

static bool grant_id(struct call *c, struct val *acl, str id, str name, const char *permission) {
	if (!canonical_id(id)) {
		return fail_argument(c, "CanonicalUser/ID", id, "Invalid id");
	}
	grant_user(c->arena, acl, id, name, permission);
	return true;
}

static bool grant_uri(struct call *c, struct val *acl, str uri, const char *permission) {
	if (!group_known(uri)) {
		return fail_argument(c, "Group/URI", uri, "Invalid group uri");
	}
	grant_group(c->arena, acl, uri, permission);
	return true;
}

static str unquoted(str s) {
	s = str_trim(s);
	bool quoted = s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"';
	return quoted ? (str){ s.p + 1, s.n - 2 } : s;
}

static bool grant_header(struct call *c, struct val *acl, const struct grant_header *h, str text) {
	str one, rest = text, kind, who;
	for (bool more = true; more;) {
		more = str_cut(rest, ',', &one, &rest);
		if (!str_cut(str_trim(one), '=', &kind, &who)) {
			return fail_argument(c, h->header, text, "Argument format not recognized");
		}
		who = unquoted(who);
		bool ok = str_ieq(kind, S("id"))    ? grant_id(c, acl, who, (str){ 0 }, h->permission)
			  : str_ieq(kind, S("uri")) ? grant_uri(c, acl, who, h->permission)
			  : str_ieq(kind, S("emailAddress"))
				  ? no_email(c)
				  : fail_argument(c, h->header, text, "Argument format not recognized");
		if (!ok) {
			return false;
		}
	}
	return true;
}

static bool grant_headers_read(struct call *c, struct val *acl) {
	for (const struct grant_header *h = grant_headers; h < grant_headers + GRANT_HEADERS; h++) {
		str text = head_get(&c->x->head, h->header);
		if (text.p && !grant_header(c, acl, h, text)) {
			return false;
		}
	}
	return true;
}

/* --- the document --- */

static bool malformed_list(struct call *c) {
	return fail(c, &malformed_acl,
		    "The XML you provided was not well-formed or did not validate against our published schema");
}

static bool grant_element(const struct acl_input *in, struct val *acl, const struct val *grant) {
	struct call *c = in->c;
	const struct val *who = get(grant, "Grantee");
	str type = get_str(who, "Type"), permission = get_str(grant, "Permission"), id = get_str(who, "ID");
	if (!permission.n || !type.n) {
		return malformed_list(c);
	}
	if (str_is(type, "AmazonCustomerByEmail")) {
		return no_email(c);
	}
	if (str_is(type, "Group")) {
		return grant_uri(c, acl, get_str(who, "URI"), str_z(c->arena, permission));
	}
	str name = str_eq(id, in->owner) ? in->owner_name : (str){ 0 };
	return grant_id(c, acl, id, name, str_z(c->arena, permission));
}

static bool grant_document(const struct acl_input *in, struct val *acl) {
	const struct val *list = get(in->policy, "Grants");
	str owner = get_str(get(in->policy, "Owner"), "ID");
	if (!owner.n || val_count(list) > GRANTS_MAX) {
		return malformed_list(in->c);
	}
	if (!str_eq(owner, in->owner)) {
		return fail(in->c, &access_denied, "Access Denied");
	}
	for (const struct val *g = list ? list->first : NULL; g; g = g->next) {
		if (!grant_element(in, acl, g)) {
			return false;
		}
	}
	return true;
}

/* --- all three --- */

static bool mixed(const struct acl_input *in) {
	struct call *c = in->c;
	if (in->canned.p && in->headers) {
		return fail(c, &invalid_request, "Specifying both Canned ACLs and Header Grants is not allowed");
	}
	return in->policy && (in->canned.p || in->headers)
		       ? fail(c, &unexpected_content, "This request does not support content")
		       : true;
}

bool grants_input(struct call *c, struct acl_input *in) {
	in->c = c;
	in->canned = head_get(&c->x->head, "x-amz-acl");
	in->headers = false;
	for (const struct grant_header *h = grant_headers; h < grant_headers + GRANT_HEADERS; h++) {
		in->headers |= head_get(&c->x->head, h->header).p != NULL;
	}
	in->policy = NULL;
	if (shape_member(c->op->in, S("AccessControlPolicy"))) {
		in->policy = get(c->in, "AccessControlPolicy");
	}
	return mixed(in);
}

bool grants_read(const struct acl_input *in, struct val *acl) {
	struct call *c = in->c;
	set_owner(c->arena, acl, in);
	set(c->arena, acl, "Grants");
	if (in->policy) {
		return grant_document(in, acl);
	}
	if (in->headers) {
		return grant_headers_read(c, acl);
	}
	const struct canned *k = canned_find(in->canned.p ? in->canned : S("private"));
	if (!k) {
		return fail_argument(c, "x-amz-acl", in->canned, "");
	}
	grant_canned(c->arena, acl, in, k);
	return true;
}

static bool is_grantee(const struct val *grantee, const struct principal *who, bool open) {
	str uri = get_str(grantee, "URI"), id = get_str(grantee, "ID");
	if (uri.n) {
		return open && (str_is(uri, everybody) || (who->account.n && str_is(uri, accounts)));
	}
	return id.n && str_eq(id, who->canonical_id);
}

bool grants_permit(const struct val *acl, const struct principal *who, const char *permission, bool open) {
	const struct val *list = get(acl, "Grants");
	for (const struct val *g = list ? list->first : NULL; g; g = g->next) {
		str granted = get_str(g, "Permission");
		if ((str_is(granted, permission) || str_is(granted, "FULL_CONTROL")) &&
		    is_grantee(get(g, "Grantee"), who, open)) {
			return true;
		}
	}
	return false;
}

bool grants_public(const struct val *acl) {
	const struct val *list = get(acl, "Grants");
	for (const struct val *g = list ? list->first : NULL; g; g = g->next) {
		str uri = get_str(get(g, "Grantee"), "URI");
		if (str_is(uri, everybody) || str_is(uri, accounts)) {
			return true;
		}
	}
	return false;
}

bool grants_private(const struct val *acl) {
	const struct val *list = get(acl, "Grants");
	str owner = get_str(get(acl, "Owner"), "ID");
	return val_count(list) == 1 && str_eq(get_str(get(list->first, "Grantee"), "ID"), owner) &&
	       str_is(get_str(list->first, "Permission"), "FULL_CONTROL");
}
