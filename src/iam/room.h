/* What the files of this room share. */
#pragma once

#include "core/control.h"
#include "core/entity.h"
#include "core/identity.h"

extern const struct route iam_user_routes[], iam_group_routes[], iam_role_routes[], iam_profile_routes[],
	iam_tag_routes[], iam_boundary_routes[], iam_managed_routes[], iam_version_routes[], iam_inline_routes[],
	iam_attach_routes[], iam_key_routes[], iam_account_routes[], iam_login_routes[], iam_linked_routes[],
	iam_details_routes[], iam_simulate_routes[];
extern const struct command iam_commands[];

extern const struct fault no_such_entity, entity_already_exists, delete_conflict, limit_exceeded, invalid_input,
	malformed_policy, unmodifiable_entity, validation_error;

/* --- the words that the API has for a kind of entity --- */
struct words {
	const char *title; /* "User": begins sentences, and the members UserName, UserId, User */
	const char *noun; /* "user": within sentences */
	const char *list; /* "Users" */
	const char *name, *id; /* members of its shape: "UserName", "UserId" */
	const char *quota; /* "UsersPerAccount" */
	int64_t max; /* in an account */
};
const struct words *words_of(enum entity_kind kind);

/* --- what a call is about: resource functions for the routes. The resource's ARN is the entity's; of one that is not
 * there it is made with path "/", for AWS decides before it looks. c->subject is the struct entity, or NULL. aws:ResourceTag
 * and iam:ResourceTag answer from its tags. --- */
bool on_user(struct call *c); /* UserName; without one (GetUser, CreateAccessKey ...): the caller himself */
bool on_group(struct call *c); /* GroupName */
bool on_role(struct call *c); /* RoleName */
bool on_profile(struct call *c); /* InstanceProfileName */
bool on_policy(struct call *c); /* PolicyArn */
bool on_new_user(struct call *c), on_new_group(struct call *c), on_new_role(struct call *c),
	on_new_profile(struct call *c), on_new_policy(struct call *c); /* the ARN by name and Path of the input */

/* The entity of the call, in the state of db: false, and NoSuchEntity in AWS's words ("The role with name X cannot be
 * found."). For handlers that read, and in works for those that write. */
bool must_find(struct call *c, struct db *db, enum entity_kind kind, struct entity *out);
/* By a name that is not the route's own (RoleName of AddRoleToInstanceProfile). */
bool must_find_named(struct call *c, struct db *db, enum entity_kind kind, str name, struct entity *out);
bool no_such(struct call *c, enum entity_kind kind, str name);
/* Who asks, as an entity, for operations whose UserName may be left out: false, and ValidationError, if it is no user. */
bool must_be_user(struct call *c, struct db *db, struct entity *out);
/* Roles of path /aws-service-role/ belong to their service. Fails with UnmodifiableEntity. */
bool is_linked(const struct entity *e);
bool must_be_modifiable(struct call *c, const struct entity *e);
/* "Cannot exceed quota for GroupsPerUser: 10" */
bool over_quota(struct call *c, const char *quota, int64_t max);

/* --- pages: Marker and MaxItems (100 unless told, at most 1000), IsTruncated and Marker of the answer --- */
struct page {
	str after; /* of the sort key: the page begins behind it; "" at the start. A key has 230 bytes at most, for a Marker
		      that comes back has 320: names and ids, no ARNs */
	int64_t max;
};
bool page_of_input(struct call *c, struct page *p); /* ValidationError for a marker that is not ours */
void page_end(struct call *c, bool more, str last); /* sets IsTruncated, and Marker when there is more */

/* --- documents --- */
/* A policy document of the input: present, URL-decoded already, at most max characters as IAM counts (white space not),
 * well made. Fails: MalformedPolicyDocument with sentence and place, LimitExceeded. */
bool document_ok(struct call *c, str document, enum policy_kind kind, size_t max);
/* As answers carry it: URL-encoded (RFC 3986). */
str document_shown(struct arena *a, str document);

/* --- tags: JSON [{"Key":..,"Value":..}] <-> lists of the model --- */
bool tags_of_input(struct call *c, const struct val *list, str *out); /* ValidationError, InvalidInput: repeated keys */
void tags_show(struct call *c, struct val *list, str tags);
size_t tags_read(struct arena *a, str tags, struct tag **out);
str tags_write(struct arena *a, const struct tag *tags, size_t n); /* absent if there are none */

/* How the API shows them, into a structure of that shape (User, Group, Role, InstanceProfile, Policy); members that the
 * shape lacks (UserDetail) are left out. Lists leave out tags, boundary and last use: show_listed. */
void show_entity(struct call *c, struct db *db, struct val *v, const struct entity *e);
void show_listed(struct call *c, struct db *db, struct val *v, const struct entity *e);
/* The output's list from a query that selects ENTITY_COLUMNS in the order of entity.low, behind page->after and
 * page->max + 1 rows at most; and page_end. */
void show_page(struct call *c, const char *list, const struct page *page, struct query *q);

/* 1 if something of the entity would be left; for DeleteConflict. */
bool has_inline(struct db *db, str entity), has_attached(struct db *db, str entity);
