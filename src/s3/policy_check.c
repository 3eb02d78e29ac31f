#include "core/cloud.h"
#include "core/entity.h"
#include "policy/actions.h"
#include "policy/arn.h"
#include "s3/policy.h"
#include "wire/tree.h"

enum { POLICY_MAX = 20480 };

#define NO_JSON "Policies must be valid JSON and the first byte must be '{'"
#define NO_ACTION "Policy has invalid action"
#define NO_RESOURCE "Policy has invalid resource"
#define NO_PRINCIPAL "Invalid principal in policy"

static const struct fault malformed_policy = { "MalformedPolicy", 400 };
static const struct fault policy_too_large = { "PolicyTooLarge", 400 };

struct check {
	struct arena *arena;
	struct refusal *why;
	str bucket;
};

static bool no(struct check *k, const char *sentence, str what) {
	k->why->fault = &malformed_policy;
	k->why->message = str_printf(k->arena, "%s" STR_FMT, sentence, STR_ARG(what));
	return false;
}

static bool are_texts(const struct tree *list) {
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		if (t->kind != TREE_STRING) {
			return false;
		}
	}
	return true;
}

/* --- the grammar, which is not S3's own, in S3's sentences --- */

static bool field_unknown(struct check *k, const struct tree *t, const char *const *known) {
	for (const struct tree *f = t->first; f; f = f->next) {
		const char *const *name = known;
		while (*name && !str_is(f->name, *name)) {
			name++;
		}
		if (!*name) {
			no(k, "Unknown field ", f->name);
			return true;
		}
	}
	return false;
}

/* Which element is of a type that it cannot have. */
static const char *spoiled(const struct tree *s) {
	static const struct {
		const char *element, *sentence;
	} texts[] = { { "Action", NO_ACTION },
		      { "NotAction", NO_ACTION },
		      { "Resource", NO_RESOURCE },
		      { "NotResource", NO_RESOURCE } };
	const struct tree *who = tree_get(s, "Principal"), *condition = tree_get(s, "Condition");
	if (s->kind != TREE_OBJECT) {
		return NO_JSON;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!are_texts(tree_get(s, texts[i].element))) {
			return texts[i].sentence;
		}
	}
	who = who ? who : tree_get(s, "NotPrincipal");
	if (who && who->kind != TREE_STRING && (who->kind != TREE_OBJECT || !are_texts(who->first))) {
		return NO_PRINCIPAL;
	}
	return condition && condition->kind != TREE_OBJECT ? "Conditions must be a map" : NULL;
}

static bool bad_syntax(struct check *k, str text) {
	static const char *const fields[] = { "Version", "Id", "Statement", NULL };
	static const char *const elements[] = { "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
						"NotAction", "Resource", "NotResource", "Condition",    NULL };
	const struct tree *t = tree_read(k->arena, text), *statements = tree_get(t, "Statement");
	if (!t || field_unknown(k, t, fields)) {
		return t ? false : no(k, NO_JSON, S(""));
	}
	if (!item_first(statements)) {
		return no(k, "Missing required field Statement", S(""));
	}
	for (const struct tree *s = item_first(statements); s; s = item_next(statements, s)) {
		const char *sentence = spoiled(s);
		if (field_unknown(k, s, elements)) {
			return false;
		}
		if (sentence) {
			return no(k, sentence, S(""));
		}
	}
	return no(k, "Invalid policy syntax.", S(""));
}

static bool bad_condition(struct check *k, const struct policy_error *e) {
	return str_starts(e->sentence, S("Invalid Condition type"))
		       ? no(k, "Invalid Condition type : ", e->text)
		       : no(k, "Policy has an invalid condition key", S(""));
}

static bool bad_grammar(struct check *k, str text, const struct policy_error *e) {
	size_t at;
	switch (e->flaw) {
	case FLAW_SYNTAX: return bad_syntax(k, text);
	case FLAW_VERSION: return no(k, "The policy must contain a valid version string", S(""));
	case FLAW_MISSING: return no(k, "Missing required field ", e->text);
	case FLAW_BOTH: return no(k, "Statement has both fields: ", e->text);
	case FLAW_EFFECT: return no(k, "Invalid effect: ", e->text);
	case FLAW_ACTION: return no(k, NO_ACTION, S(""));
	case FLAW_RESOURCE: return no(k, NO_RESOURCE, S(""));
	case FLAW_PRINCIPAL: return no(k, NO_PRINCIPAL, S(""));
	case FLAW_CONDITION: return bad_condition(k, e);
	case FLAW_VARIABLE:
		return no(k, str_find(e->place, S("Resource"), &at) ? NO_RESOURCE : "Invalid policy syntax.", S(""));
	case FLAW_NONE:
	case FLAW_PROHIBITED:
	case FLAW_SID:
	case FLAW_TRUST_ACTION:
	default: return no(k, "Invalid policy syntax.", S(""));
	}
}

/* --- what is S3's own --- */

struct texts {
	const str *v;
	size_t n;
	bool inverse;
};

/* Is there an action of S3 that this names? */
static bool action_known(str s) {
	size_t from, n = service_actions(S("s3"), &from);
	for (size_t i = from; i < from + n; i++) {
		if (glob_match_case(s, str_from(actions[i].name))) {
			return true;
		}
	}
	return false;
}

static bool check_actions(struct check *k, const struct texts *names) {
	for (size_t i = 0; i < names->n; i++) {
		if (!action_known(names->v[i])) {
			return no(k, NO_ACTION, S(""));
		}
	}
	return true;
}

/* arn:aws:s3:::bucket, arn:aws:s3:::bucket/key; the bucket is this one. */
static bool check_resources(struct check *k, const struct texts *resources) {
	for (size_t i = 0; i < resources->n; i++) {
		str bucket, key, s = resources->v[i];
		if (str_is(s, "*")) {
			continue;
		}
		if (!str_starts(s, S("arn:aws:s3:::"))) {
			return no(k, NO_RESOURCE, S(""));
		}
		str_cut(str_skip(s, sizeof("arn:aws:s3:::") - 1), '/', &bucket, &key);
		if (!glob_match(bucket, k->bucket)) {
			return no(k, NO_RESOURCE, S(""));
		}
	}
	return true;
}

static bool applies(str name, const struct texts *resources) {
	const struct action *a = action_find(S("s3"), str_skip(name, 3));
	for (size_t i = 0; a && i < resources->n; i++) {
		if (action_may_match(a, resources->v[i])) {
			return true;
		}
	}
	return !a;
}

/* Only actions without wildcards are looked at. */
static bool actions_apply(struct check *k, const struct texts *names, const struct texts *resources) {
	for (size_t i = 0; i < names->n && !names->inverse && !resources->inverse; i++) {
		if (!applies(names->v[i], resources)) {
			return no(k, "Action does not apply to any resource(s) in statement", S(""));
		}
	}
	return true;
}

static bool check_statement(struct check *k, const struct policy *p, size_t i) {
	struct texts names, resources;
	names.v = policy_actions(p, i, &names.n, &names.inverse);
	resources.v = policy_resources(p, i, &resources.n, &resources.inverse);
	return check_actions(k, &names) && check_resources(k, &resources) && actions_apply(k, &names, &resources);
}

bool policy_check(struct arena *a, str text, str bucket, struct refusal *why) {
	struct check k = { a, why, bucket };
	struct policy_error error;
	if (policy_size(text) > POLICY_MAX) {
		why->fault = &policy_too_large;
		why->message = S("Policy exceeds the maximum allowed document size.");
		return false;
	}
	if (!str_starts(text, S("{"))) {
		return no(&k, NO_JSON, S(""));
	}
	const struct policy *p = policy_read(a, text, POLICY_RESOURCE, &error);
	if (!p) {
		return bad_grammar(&k, text, &error);
	}
	for (size_t i = 0; i < policy_statements(p); i++) {
		if (!check_statement(&k, p, i)) {
			return false;
		}
	}
	return true;
}

/* --- who is named --- */

/* Of accounts that are not of this cloud nothing is known, so theirs are taken for granted; sessions come and go. */
static bool may_be_named(struct db *db, struct arena *a, str text) {
	struct arn arn;
	str id, display;
	struct entity e;
	if (str_is(text, "*") || is_account(text)) {
		return true;
	}
	if (arn_read_global(text, "sts", &arn)) {
		return str_starts(arn.resource, S("assumed-role/")) || str_starts(arn.resource, S("federated-user/"));
	}
	if (!arn_read_global(text, "iam", &arn)) {
		return entity_by_id(db, a, text, &e);
	}
	if (!str_starts(arn.resource, S("user/")) && !str_starts(arn.resource, S("role/"))) {
		return str_is(arn.resource, "root");
	}
	return !account_owner(db, a, arn.account, &id, &display) || entity_of_arn(db, a, text, &e);
}

bool policy_principals_exist(struct db *db, struct arena *a, str text) {
	struct policy_error why;
	struct policy_principal *who;
	const struct policy *p = policy_read(a, text, POLICY_RESOURCE, &why);
	size_t n = p ? policy_principals(a, p, &who) : 0;
	for (size_t i = 0; i < n; i++) {
		if (str_is(who[i].kind, "AWS") && !may_be_named(db, a, who[i].text)) {
			return false;
		}
	}
	return true;
}

/* --- public? --- */

static bool everybody(const struct tree *who) {
	if (tree_text(who).p) {
		return str_is(who->s, "*");
	}
	const struct tree *aws = tree_get(who, "AWS");
	for (const struct tree *t = item_first(aws); t; t = item_next(aws, t)) {
		if (str_is(t->s, "*")) {
			return true;
		}
	}
	return false;
}

static bool fixing_key(str key) {
	static const char *const keys[] = { "aws:SourceIp",
					    "aws:SourceArn",
					    "aws:SourceVpc",
					    "aws:SourceVpce",
					    "aws:SourceOwner",
					    "aws:SourceAccount",
					    "aws:userid",
					    "aws:PrincipalOrgID",
					    "aws:PrincipalOrgPaths",
					    "aws:PrincipalArn",
					    "aws:PrincipalAccount",
					    "s3:x-amz-server-side-encryption-aws-kms-key-id",
					    "s3:DataAccessPointArn",
					    "s3:DataAccessPointAccount",
					    NULL };
	for (const char *const *k = keys; *k; k++) {
		if (str_ieq(key, str_from(*k))) {
			return true;
		}
	}
	return false;
}

/* No value leaves it open who it is, by a wildcard or a variable. A range of addresses must be narrower than half the
 * Internet. */
static bool values_fixed(const struct tree *list) {
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		size_t at;
		if (!tree_text(t).n || str_find(t->s, S("*"), &at) || str_find(t->s, S("?"), &at) ||
		    str_find(t->s, S("${"), &at) || str_ends(t->s, S("/0")) || str_ends(t->s, S("/1"))) {
			return false;
		}
	}
	return item_first(list) != NULL;
}

static bool fixes(const struct tree *condition) {
	static const char *const operators[] = {
		"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress", NULL
	};
	for (const char *const *op = operators; *op; op++) {
		const struct tree *keys = tree_get(condition, *op);
		for (const struct tree *k = keys ? keys->first : NULL; k; k = k->next) {
			if (fixing_key(k->name) && values_fixed(k)) {
				return true;
			}
		}
	}
	return false;
}

bool policy_public(struct arena *a, str text) {
	const struct tree *t = tree_read(a, text), *statements = tree_get(t, "Statement");
	for (const struct tree *s = item_first(statements); s; s = item_next(statements, s)) {
		const struct tree *who = tree_get(s, "Principal");
		bool open = who ? everybody(who) : tree_get(s, "NotPrincipal") != NULL;
		if (str_is(tree_text(tree_get(s, "Effect")), "Allow") && open && !fixes(tree_get(s, "Condition"))) {
			return true;
		}
	}
	return false;
}
