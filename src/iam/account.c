#include "iam/room.h"

#include "iam/password.h"
#include "policy/arn.h"

/* --- the alias: one an account, and nobody else's --- */

static int run_create_alias(struct db *db, void *arg) {
	struct call *c = arg;
	str alias = get_str(c->in, "AccountAlias");
	AUTO_QUERY q = db_query(db, "SELECT id FROM account WHERE alias = ?", "t", alias);
	if (query_step(q) && !str_eq(query_str(q, 0), c->who.account)) {
		fail(c, &entity_already_exists, "The account alias " STR_FMT " already exists.", STR_ARG(alias));
		return 1;
	}
	db_run(db, "UPDATE account SET alias = ? WHERE id = ?", "tt", alias, c->who.account);
	return 0;
}

static bool create_account_alias(struct call *c) {
	str alias = get_str(c->in, "AccountAlias");
	if (is_account(alias)) {
		return fail(c, &validation_error, "An account alias cannot be a number of 12 digits.");
	}
	return call_write(c, run_create_alias, c, NULL);
}

static int run_delete_alias(struct db *db, void *arg) {
	struct call *c = arg;
	str alias = get_str(c->in, "AccountAlias");
	if (db_run(db, "UPDATE account SET alias = NULL WHERE id = ? AND alias = ?", "tt", c->who.account, alias) ==
	    0) {
		fail(c, &no_such_entity, "The account alias " STR_FMT " cannot be found.", STR_ARG(alias));
		return 1;
	}
	return 0;
}

static bool delete_account_alias(struct call *c) {
	return call_write(c, run_delete_alias, c, NULL);
}

static bool list_account_aliases(struct call *c) {
	struct page page;
	if (!page_of_input(c, &page)) {
		return false;
	}
	struct val *list = set(c->arena, c->out, "AccountAliases");
	AUTO_QUERY q = db_query(call_db(c), "SELECT alias FROM account WHERE id = ? AND alias > ?", "tt",
				c->who.account, page.after);
	if (query_step(q)) {
		append(c->arena, list)->s = query_dup(c->arena, q, 0);
	}
	page_end(c, false, (str){ 0 });
	return true;
}

/* --- the password policy, kept as the JSON of the request --- */

static bool no_policy(struct call *c) {
	return fail(c, &no_such_entity, "The Password Policy with domain name " STR_FMT " cannot be found.",
		    STR_ARG(c->who.account));
}

static int run_put_policy(struct db *db, void *arg) {
	struct call *c = arg;
	struct buf b = { .arena = c->arena };
	json_write(&b, c->in);
	db_run(db, "UPDATE account SET password_policy = ? WHERE id = ?", "tt", buf_str(&b), c->who.account);
	return 0;
}

static bool update_account_password_policy(struct call *c) {
	return call_write(c, run_put_policy, c, NULL);
}

static bool get_account_password_policy(struct call *c) {
	const struct val *policy = password_policy_of(c, call_db(c));
	if (!policy) {
		return no_policy(c);
	}
	val_copy(c->arena, set(c->arena, c->out, "PasswordPolicy"), policy);
	return true;
}

static int run_delete_policy(struct db *db, void *arg) {
	struct call *c = arg;
	if (db_run(db, "UPDATE account SET password_policy = NULL WHERE id = ? AND password_policy IS NOT NULL", "t",
		   c->who.account) == 0) {
		no_policy(c);
		return 1;
	}
	return 0;
}

static bool delete_account_password_policy(struct call *c) {
	return call_write(c, run_delete_policy, c, NULL);
}

/* --- the summary --- */

static const struct figure {
	const char *key;
	int64_t value;
} quotas[] = {
	{ "GroupsPerUserQuota", GROUPS_PER_USER },
	{ "AccessKeysPerUserQuota", KEYS_PER_USER },
	{ "AttachedPoliciesPerUserQuota", ATTACHED_MAX },
	{ "AttachedPoliciesPerGroupQuota", ATTACHED_MAX },
	{ "AttachedPoliciesPerRoleQuota", ATTACHED_MAX },
	{ "UserPolicySizeQuota", USER_INLINE_MAX },
	{ "GroupPolicySizeQuota", GROUP_INLINE_MAX },
	{ "RolePolicySizeQuota", ROLE_INLINE_MAX },
	{ "AssumeRolePolicySizeQuota", TRUST_MAX },
	{ "PolicySizeQuota", DOCUMENT_MAX },
	{ "VersionsPerPolicyQuota", VERSIONS_MAX },
	{ "PolicyVersionsInUseQuota", 10000 },
	{ "ServerCertificatesQuota", 20 },
	{ "SigningCertificatesPerUserQuota", 2 },
	/* What is not served, and so is not there; the root user always has a password. */
	{ "ServerCertificates", 0 },
	{ "MFADevices", 0 },
	{ "MFADevicesInUse", 0 },
	{ "AccountMFAEnabled", 0 },
	{ "AccountPasswordPresent", 1 },
	{ "AccountSigningCertificatesPresent", 0 },
	{ "Providers", 0 },
	{ "GlobalEndpointTokenVersion", 1 },
};

static const enum entity_kind counted[] = { ENTITY_USER, ENTITY_GROUP, ENTITY_ROLE, ENTITY_PROFILE, ENTITY_POLICY };

static void add_figure(struct call *c, struct val *map, const char *key, int64_t value) {
	add_key(c->arena, map, str_from(key))->i = value;
}

/* How many there are, and how many there can be: "Users", "UsersQuota". */
static void add_entities(struct call *c, struct val *map, enum entity_kind kind) {
	const struct words *w = words_of(kind);
	add_figure(c, map, w->list, entity_count(call_db(c), c->who.account, kind));
	add_figure(c, map, str_printf(c->arena, "%sQuota", w->list).p, w->max);
}

static int64_t versions_in_use(struct call *c) {
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT count(*) FROM policy_version v JOIN entity e ON e.id = v.policy"
				" WHERE e.account = ?",
				"t", c->who.account);
	return query_step(q) ? query_int(q, 0) : 0;
}

static bool has_root_key(struct call *c) {
	AUTO_QUERY q = db_query(call_db(c), "SELECT 1 FROM access_key WHERE account = ? AND user IS NULL", "t",
				c->who.account);
	return query_step(q);
}

static bool get_account_summary(struct call *c) {
	struct val *map = set(c->arena, c->out, "SummaryMap");
	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++) {
		add_entities(c, map, counted[i]);
	}
	for (size_t i = 0; i < sizeof(quotas) / sizeof(*quotas); i++) {
		add_figure(c, map, quotas[i].key, quotas[i].value);
	}
	add_figure(c, map, "PolicyVersionsInUse", versions_in_use(c));
	add_figure(c, map, "AccountAccessKeysPresent", has_root_key(c));
	return true;
}

const struct route iam_account_routes[] = {
	{ .op = "CreateAccountAlias", .run = create_account_alias },
	{ .op = "DeleteAccountAlias", .run = delete_account_alias },
	{ .op = "ListAccountAliases", .run = list_account_aliases },
	{ .op = "GetAccountPasswordPolicy", .run = get_account_password_policy },
	{ .op = "UpdateAccountPasswordPolicy", .run = update_account_password_policy },
	{ .op = "DeleteAccountPasswordPolicy", .run = delete_account_password_policy },
	{ .op = "GetAccountSummary", .run = get_account_summary },
	{ 0 },
};
