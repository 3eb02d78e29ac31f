/* Users, groups, roles, instance profiles and customer managed policies, as the store keeps them: one table for all,
 * for they share name, path, id and tags. The iam room makes and changes them; here is what every room may look up.
 *
 *   entity        by id (AIDA..., AGPA..., AROA..., AIPA..., ANPA...); names are unique in (account, kind) without case
 *   membership    holder (a group, an instance profile) has member (a user, a role)
 *   attachment    a managed policy, by its ARN, on a user, group or role
 *   inline_policy the documents that are embedded in one
 *   policy_version of a customer managed policy; entity.version is the default one
 *   access_key    of a user (or of the account: user NULL)
 * Deleting an entity is deleting its row; IAM refuses while something hangs on it, so nothing dangles. */
#pragma once

#include "core/call.h"

extern const struct store_table entity_tables[];

enum entity_kind { ENTITY_USER, ENTITY_GROUP, ENTITY_ROLE, ENTITY_PROFILE, ENTITY_POLICY };

struct entity {
	enum entity_kind kind;
	str id, account, name, path; /* path "/" or "/a/b/" */
	int64_t created; /* ms, virtual */
	str description; /* roles, policies; absent: none */
	str trust; /* roles: the AssumeRolePolicyDocument, as it was given */
	int64_t max_session; /* roles: seconds */
	str boundary; /* users, roles: the ARN of a managed policy; absent: none */
	str tags; /* JSON [{"Key":"k","Value":"v"},...]; absent: none */
	int64_t version, next_version; /* policies: the default one; the number that the next one gets */
	int64_t changed; /* policies: UpdateDate */
	int64_t used; /* roles: last assumed and used, users: password last used; 0: never */
	str used_region;
};

/* By account, kind and name of *e, which is filled. Names have no case. */
bool entity_find(struct db *db, struct arena *a, struct entity *e);
bool entity_by_id(struct db *db, struct arena *a, str id, struct entity *out);
/* arn:aws:iam::123456789012:role/service/NAME and so on. False: no such ARN, or nobody has it. */
bool entity_of_arn(struct db *db, struct arena *a, str arn, struct entity *out);
str entity_arn(struct arena *a, const struct entity *e);
/* A policy document with Principal, as it is kept: the ARNs of users and roles of this cloud as their ids, so that who
 * is renamed is still named, and who is made anew under an old name is not (IAM User Guide, "Principal"). And as it is
 * shown: ids as ARNs again, but for those of who is gone. */
str principals_kept(struct db *db, struct arena *a, str document);
str principals_shown(struct db *db, struct arena *a, str document);
/* resource.tag for a resource whose subject is a struct entity. */
bool entity_tag(struct call *c, const struct resource *r, str name, str *value);
/* An access key's id, "AKIA" or "ASIA" and 16 characters, that tells whose it is as AWS's do: 40 bits of account number
 * in the first six bytes of its base 32. False: no such id. */
str new_key_id(struct arena *a, const char *prefix, str account);
bool key_id_account(struct arena *a, str id, str *account);
/* A new id of the right form: the prefix and 17 of A-Z 2-7 (21 in all). */
str new_id(struct arena *a, const char *prefix);
const char *entity_prefix(enum entity_kind kind); /* "AIDA", ... */
const char *entity_noun(
	enum entity_kind kind); /* as ARNs have it: "user", "group", "role", "instance-profile", "policy" */

/* For queries that return entities: SELECT ENTITY_COLUMNS FROM entity e ..., read from column 0 on. */
#define ENTITY_COLUMNS                                                                                                 \
	"e.id, e.kind, e.account, e.name, e.path, e.created, e.description, e.trust, e.max_session, e.boundary, "      \
	"e.tags, e.version, e.next_version, e.changed, e.used, e.used_region"
void entity_read(struct arena *a, struct query *q, struct entity *out);

/* In works. */
int entity_insert(struct db *db, const struct entity *e); /* -EEXIST: the name is taken; 0 or -errno */
int entity_update(struct db *db, const struct entity *e); /* all columns but id, account, kind; -EEXIST likewise */

/* The document of a managed policy, AWS's or the account's own: the default version, or version. Absent: none such. */
str managed_document(struct db *db, struct arena *a, str arn, int64_t version /* 0: the default */);
