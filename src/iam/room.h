/* What the files of this room share. */
#pragma once

#include "core/control.h"
#include "core/entity.h"
#include "core/identity.h"

extern const struct route iam_user_routes[], iam_group_routes[], iam_role_routes[], iam_profile_routes[],
	iam_tag_routes[], iam_boundary_routes[], iam_managed_routes[], iam_version_routes[], iam_inline_routes[],
	iam_attach_routes[], iam_granting_routes[], iam_key_routes[], iam_account_routes[], iam_login_routes[],
	iam_linked_routes[], iam_details_routes[], iam_simulate_routes[];
extern const struct command iam_commands[];

extern const struct fault no_such_entity, entity_already_exists, delete_conflict, limit_exceeded, invalid_input,
	malformed_policy, unmodifiable_entity, validation_error;

/* --- quotas (IAM User Guide, "IAM and AWS STS quotas"); how many entities an account can have is in struct words
 * --- */
enum {
	GROUPS_PER_USER = 10,
	KEYS_PER_USER = 2,
	ATTACHED_MAX = 10, /* managed policies on an entity */
	VERSIONS_MAX = 5, /* of a managed policy */
	/* Characters of documents, as policy_size counts: of a managed policy, of a trust policy, of all inline
	 * policies of an entity together. */
	DOCUMENT_MAX = 6144,
	TRUST_MAX = 2048,
	USER_INLINE_MAX = 2048,
	GROUP_INLINE_MAX = 5120,
	ROLE_INLINE_MAX = 10240,
	SESSION_SECONDS = 3600, /* a role's MaxSessionDuration unless told */
};

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
 * there it is made with path "/", for AWS decides before it looks. c->subject is the struct entity, or NULL.
 * aws:ResourceTag and iam:ResourceTag answer from its tags. Refusals call who or what is named by the input "role
 * NAME", "policy ARN", as IAM's do; what is made, listed or handed over goes by its ARN. --- */
bool on_user(struct call *c); /* UserName; without one (GetUser, CreateAccessKey ...): the caller himself */
bool on_group(struct call *c); /* GroupName */
bool on_role(struct call *c); /* RoleName */
bool on_profile(struct call *c); /* InstanceProfileName */
bool on_policy(struct call *c); /* PolicyArn */
bool on_users(struct call *c), on_groups(struct call *c), on_roles(struct call *c),
	on_profiles(struct call *c); /* PathPrefix */
bool on_new_user(struct call *c), on_new_group(struct call *c), on_new_role(struct call *c),
	on_new_profile(struct call *c), on_new_policy(struct call *c); /* the ARN by name and Path of the input */

/* Which kind the call is about, by the members of its input: a profile before a role before a group before a user
 * before a policy, so that AttachUserPolicy is about a user. */
enum entity_kind kind_of_input(const struct call *c);
/* A member of the input; absent also where the shape lacks it. */
str input_str(const struct call *c, const char *name);
struct val *input_val(const struct call *c, const char *name);

/* The entity of the call, in the state of db: false, and NoSuchEntity in AWS's words ("The role with name X cannot be
 * found."). For handlers that read, and in works for those that write. */
bool must_find(struct call *c, struct db *db, enum entity_kind kind, struct entity *out);
bool no_such(struct call *c, enum entity_kind kind, str name);
/* Who asks, as an entity, for operations whose UserName may be left out: false, and ValidationError, if he is no
 * user. */
bool must_be_user(struct call *c, struct db *db, struct entity *out);
/* Roles of path /aws-service-role/ belong to their service. Fails with UnmodifiableEntity. */
bool is_linked(const struct entity *e);
bool must_be_modifiable(struct call *c, const struct entity *e);
int64_t entity_count(struct db *db, str account, enum entity_kind kind);
int64_t groups_count(struct db *db, str user); /* that the user is in */
/* "Cannot exceed quota for GroupsPerUser: 10" */
bool over_quota(struct call *c, const char *quota, int64_t max);

/* --- what is done alike with all kinds --- */
/* Makes e, whose kind and own members are filled: name, path, tags and boundary are of the input. check (may be NULL)
 * is asked in the work, and may change it. Shows it. EntityAlreadyExists, quotas. */
bool create_entity(struct call *c, struct entity *e, bool (*check)(struct call *c, struct db *db, struct entity *e));
bool get_entity(struct call *c, enum entity_kind kind);
bool list_entities(struct call *c, enum entity_kind kind);
bool delete_entity(struct call *c, enum entity_kind kind); /* DeleteConflict while something hangs on it */
/* In a work: the entity of the call as apply leaves it. apply may fail. */
bool change_entity(struct call *c, enum entity_kind kind,
		   bool (*apply)(struct call *c, struct db *db, struct entity *e));
bool rename_entity(struct call *c, enum entity_kind kind, const char *action); /* NewPath, NewUserName */
bool already_exists(struct call *c, enum entity_kind kind, str name);
/* An ARN that can be a boundary: a managed policy of AWS or of the caller's account. NoSuchEntity, InvalidInput. */
bool boundary_ok(struct call *c, struct db *db, str arn);
/* Whom a trust policy (well made) names: principals of accounts of this cloud must be there; other accounts are taken
 * to exist elsewhere. MalformedPolicyDocument. */
bool principals_ok(struct call *c, struct db *db, str document);
/* face.key */
bool iam_key(struct call *c, const struct resource *r, str key, struct values *out);

/* --- pages: Marker and MaxItems (100 unless told, at most 1000), IsTruncated and Marker of the answer --- */
struct page {
	str after; /* of the sort key: the page begins behind it; "" at the start. A key has 230 bytes at most, for a
		      Marker that comes back has 320: names and ids, no ARNs */
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
/* Fails: InvalidInput for keys that repeat or are reserved. */
bool tag_list_of_input(struct call *c, const struct val *list, str *out);
/* The tags that something is made with; also AccessDenied, for it takes the right to tag it. */
bool new_tags_of_input(struct call *c, struct entity *e);
void tag_list_show(struct call *c, struct val *list, str tags);
size_t tag_list_read(struct arena *a, str tags, struct tag **out);
str tag_list_write(struct arena *a, struct tag *tags, size_t n); /* sorts them; absent if there are none */

/* How the API shows them, into a structure of that shape (User, Group, Role, InstanceProfile, Policy); members that the
 * shape lacks (UserDetail) are left out. Lists leave out tags, boundary and last use: show_listed. */
void show_entity(struct call *c, struct db *db, struct val *v, const struct entity *e);
void show_listed(struct call *c, struct db *db, struct val *v, const struct entity *e);
/* A time, in whole seconds as IAM has them. */
void set_date(struct arena *a, struct val *v, const char *name, int64_t ms);
/* The output's list from a query that selects ENTITY_COLUMNS in the order of entity.low, behind page->after and
 * page->max + 1 rows at most; and page_end. */
void show_page(struct call *c, const char *list, const struct page *page, struct query *q);

/* --- who may hold policies: a user, a group or a role --- */
struct holder {
	enum entity_kind kind;
	const char *quota; /* of attached policies: "PoliciesPerUser" */
	size_t inline_max; /* characters of all inline policies, as policy_size counts */
};
const struct holder *holder_of_kind(enum entity_kind kind);
const struct holder *holder_of(const struct call *c); /* by kind_of_input */
bool must_find_holder(struct call *c, struct db *db, struct entity *out);

/* --- managed policies: AWS's own are entities of the account "aws" --- */
int64_t attached_count(struct db *db, str entity);
struct aws_policy;
struct entity entity_of_aws(const struct aws_policy *p);
/* A PolicyVersion, but for its document. created: ms */
void show_version(struct call *c, struct val *v, const struct entity *policy, int64_t version, int64_t created);
bool managed_find(struct db *db, struct arena *a, str arn, struct entity *out);
/* AWS's or the caller's. Fails: NoSuchEntity "Policy ARN was not found.", InvalidInput for what is no ARN. */
bool must_find_managed(struct call *c, struct db *db, str arn, struct entity *out);
/* The same in the words of attaching: "Policy ARN does not exist or is not attachable." Also for boundaries. */
bool must_find_attachable(struct call *c, struct db *db, str arn, struct entity *out);
/* The policy of the input, to change it: AccessDenied if it is AWS's. */
bool must_find_own(struct call *c, struct db *db, struct entity *out);
/* How often a policy is attached, and is a boundary, in the caller's account. */
struct usage_count {
	int64_t attached, boundary;
};
struct usage_count managed_usage(struct call *c, struct db *db, const struct entity *policy);

/* Lists of them, in the order of their names. Zeroed at first. */
struct policies {
	struct listed_policy {
		str key; /* for Markers */
		struct entity policy;
	} * p;
	size_t n, cap;
};
void policies_add(struct arena *a, struct policies *to, const struct entity *policy);
void policies_sort(struct policies *list);
/* Only those whose path begins with prefix (absent: all), behind a page's start. */
void policies_keep(struct policies *list, str prefix, str after);
void policies_end(struct call *c, const struct policies *list, const struct page *page); /* page_end */
void attached_of(struct db *db, struct arena *a, str entity, struct policies *out); /* sorted */

/* face.born: the role SageMakerRole, which SageMaker may assume, with AmazonSageMakerFullAccess and
 * AmazonS3FullAccess. */
int account_born(struct db *db, struct arena *a, str account);
