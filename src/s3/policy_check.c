#include "s3/policy.h"
#include "wire/tree.h"

enum { POLICY_MAX = 20480 };

static const struct fault malformed_policy = { "MalformedPolicy", 400 };
static const struct fault policy_too_large = { "PolicyTooLarge", 400 };

static const char *const policy_fields[] = { "Version", "Id", "Statement", NULL };
static const char *const statement_fields[] = { "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
						"NotAction", "Resource", "NotResource", "Condition",    NULL };
static const char *const principal_fields[] = { "AWS", "Service", "Federated", "CanonicalUser", NULL };

struct policy {
	struct arena *arena;
	struct refusal *why;
	str bucket;
};

static bool no(struct policy *p, const char *sentence, str what) {
	p->why->fault = &malformed_policy;
	p->why->message = str_printf(p->arena, "%s" STR_FMT, sentence, STR_ARG(what));
	return false;
}

static bool missing(struct policy *p, const char *field) {
	return no(p, "Missing required field ", str_from(field));
}

/* --- lists that may be one text --- */

/* The texts of a value that is a text or a list of texts: the first, and then the next. */
static const struct tree *text_first(const struct tree *t) {
	return t && t->kind == TREE_LIST ? t->first : t;
}

static const struct tree *text_next(const struct tree *list, const struct tree *t) {
	return list->kind == TREE_LIST ? t->next : NULL;
}

static bool are_texts(const struct tree *list) {
	for (const struct tree *t = text_first(list); t; t = text_next(list, t)) {
		if (t->kind != TREE_STRING) {
			return false;
		}
	}
	return text_first(list) != NULL;
}

static bool fields_known(struct policy *p, const struct tree *t, const char *const *known) {
	for (const struct tree *k = t->first; k; k = k->next) {
		const char *const *f = known;
		while (*f && !str_is(k->name, *f)) {
			f++;
		}
		if (!*f) {
			return no(p, "Unknown field ", k->name);
		}
	}
	return true;
}

/* Either of two fields, not both. */
static bool one_of(struct policy *p, const struct tree *t, const char *plain, const char *inverse,
		   const struct tree **out) {
	const struct tree *a = tree_get(t, plain), *b = tree_get(t, inverse);
	*out = a ? a : b;
	if (!*out) {
		return missing(p, plain);
	}
	return a && b ? no(p, "Statement has both fields: ", str_from(inverse)) : true;
}

/* --- principals --- */

static bool twelve_digits(str s) {
	int64_t n;
	return s.n == 12 && str_uint(s, &n);
}

static bool aws_principal_ok(str s) {
	return str_is(s, "*") || twelve_digits(s) || str_starts(s, S("AIDA")) || str_starts(s, S("AROA")) ||
	       (str_starts(s, S("arn:")) && s.n > sizeof("arn:aws:iam::") - 1);
}

static bool check_principal(struct policy *p, const struct tree *t) {
	if (t->kind == TREE_STRING) {
		return str_is(t->s, "*") ? true : no(p, "Invalid principal in policy", S(""));
	}
	if (t->kind != TREE_OBJECT || !t->first) {
		return no(p, "Invalid principal in policy", S(""));
	}
	for (const struct tree *kind = t->first; kind; kind = kind->next) {
		if (!are_texts(kind)) {
			return no(p, "Invalid principal in policy", S(""));
		}
		for (const struct tree *who = text_first(kind); who; who = text_next(kind, who)) {
			bool ok = str_is(kind->name, "AWS") ? aws_principal_ok(who->s) : who->s.n > 0;
			if (!ok) {
				return no(p, "Invalid principal in policy", S(""));
			}
		}
	}
	return fields_known(p, t, principal_fields);
}

/* --- actions and resources --- */

static bool check_actions(struct policy *p, const struct tree *list) {
	if (!are_texts(list)) {
		return no(p, "Policy has invalid action", S(""));
	}
	for (const struct tree *t = text_first(list); t; t = text_next(list, t)) {
		bool s3 = t->s.n > 3 && str_ieq((str){ t->s.p, 3 }, S("s3:"));
		if (!s3 && !str_is(t->s, "*")) {
			return no(p, "Policy has invalid action", S(""));
		}
	}
	return true;
}

/* '*' is any run of bytes, '?' any one. */
static bool matches(str pattern, str s) {
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;
	while (k < s.n) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = i++;
			from = k;
		} else if (i < pattern.n && (pattern.p[i] == '?' || pattern.p[i] == s.p[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++from;
		} else {
			return false;
		}
	}
	while (i < pattern.n && pattern.p[i] == '*') {
		i++;
	}
	return i == pattern.n;
}

/* arn:aws:s3:::bucket, arn:aws:s3:::bucket/key; the bucket is this one. */
static bool check_resources(struct policy *p, const struct tree *list) {
	if (!are_texts(list)) {
		return no(p, "Policy has invalid resource", S(""));
	}
	for (const struct tree *t = text_first(list); t; t = text_next(list, t)) {
		str bucket, key;
		if (str_is(t->s, "*")) {
			continue;
		}
		if (!str_starts(t->s, S("arn:aws:s3:::"))) {
			return no(p, "Policy has invalid resource", S(""));
		}
		str_cut(str_skip(t->s, sizeof("arn:aws:s3:::") - 1), '/', &bucket, &key);
		if (!matches(bucket, p->bucket)) {
			return no(p, "Policy has invalid resource", S(""));
		}
	}
	return true;
}

/* What an action with no wildcard in it is about. */
static bool on_objects(str action) {
	size_t at;
	return (str_find(action, S("Object"), &at) && !str_find(action, S("BucketObject"), &at)) ||
	       str_ends(action, S("AbortMultipartUpload")) || str_ends(action, S("ListMultipartUploadParts"));
}

static bool names_kind(const struct tree *resources, bool objects) {
	size_t at;
	for (const struct tree *t = text_first(resources); t; t = text_next(resources, t)) {
		bool key = str_find(t->s, S("/"), &at);
		if (key == objects || (t->s.n && t->s.p[t->s.n - 1] == '*' && !key)) {
			return true;
		}
	}
	return false;
}

static bool actions_apply(struct policy *p, const struct tree *actions, const struct tree *resources) {
	size_t at;
	for (const struct tree *t = text_first(actions); t; t = text_next(actions, t)) {
		bool wild = str_find(t->s, S("*"), &at) || str_find(t->s, S("?"), &at);
		if (!wild && !names_kind(resources, on_objects(t->s))) {
			return no(p, "Action does not apply to any resource(s) in statement", S(""));
		}
	}
	return true;
}

/* --- a statement, the policy --- */

static bool check_condition(struct policy *p, const struct tree *t) {
	if (t && t->kind != TREE_OBJECT) {
		return no(p, "Conditions must be a map", S(""));
	}
	for (const struct tree *op = t ? t->first : NULL; op; op = op->next) {
		if (op->kind != TREE_OBJECT) {
			return no(p, "Invalid Condition type : ", op->name);
		}
	}
	return true;
}

static bool check_statement(struct policy *p, const struct tree *t) {
	const struct tree *who, *actions, *resources;
	if (t->kind != TREE_OBJECT) {
		return no(p, "Policies must be valid JSON and the first byte must be '{'", S(""));
	}
	str effect = tree_text(tree_get(t, "Effect"));
	if (!fields_known(p, t, statement_fields)) {
		return false;
	}
	if (!effect.p) {
		return missing(p, "Effect");
	}
	if (!str_is(effect, "Allow") && !str_is(effect, "Deny")) {
		return no(p, "Invalid effect: ", effect);
	}
	return one_of(p, t, "Principal", "NotPrincipal", &who) && check_principal(p, who) &&
	       one_of(p, t, "Action", "NotAction", &actions) && check_actions(p, actions) &&
	       one_of(p, t, "Resource", "NotResource", &resources) && check_resources(p, resources) &&
	       check_condition(p, tree_get(t, "Condition")) && actions_apply(p, actions, resources);
}

static bool check_version(struct policy *p, const struct tree *version) {
	str v = tree_text(version);
	return !version || str_is(v, "2012-10-17") || str_is(v, "2008-10-17")
		       ? true
		       : no(p, "The policy must contain a valid version string", S(""));
}

/* Bytes without the white space between tokens: that is what AWS counts. */
static size_t size(str text) {
	bool quoted = false;
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		char ch = text.p[i];
		if (quoted && ch == '\\') {
			n += 2;
			i++;
			continue;
		}
		quoted ^= ch == '"';
		n += quoted || (ch != ' ' && ch != '\t' && ch != '\n' && ch != '\r');
	}
	return n;
}

bool policy_check(struct arena *a, str text, str bucket, struct refusal *why) {
	struct policy p = { a, why, bucket };
	if (size(text) > POLICY_MAX) {
		why->fault = &policy_too_large;
		why->message = S("Policy exceeds the maximum allowed document size.");
		return false;
	}
	const struct tree *t = text.n && text.p[0] == '{' ? tree_read(a, text) : NULL;
	if (!t) {
		return no(&p, "Policies must be valid JSON and the first byte must be '{'", S(""));
	}
	const struct tree *statements = tree_get(t, "Statement");
	if (!fields_known(&p, t, policy_fields) || !check_version(&p, tree_get(t, "Version"))) {
		return false;
	}
	const struct tree *s = text_first(statements);
	if (!s) {
		return missing(&p, "Statement");
	}
	for (; s; s = text_next(statements, s)) {
		if (!check_statement(&p, s)) {
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
	for (const struct tree *t = text_first(aws); t; t = text_next(aws, t)) {
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

/* No value leaves it open who it is. A range of addresses must be narrower than all of half the Internet. */
static bool values_fixed(const struct tree *list) {
	for (const struct tree *t = text_first(list); t; t = text_next(list, t)) {
		size_t at;
		if (!tree_text(t).n || str_find(t->s, S("*"), &at) || str_find(t->s, S("?"), &at) ||
		    str_ends(t->s, S("/0")) || str_ends(t->s, S("/1"))) {
			return false;
		}
	}
	return text_first(list) != NULL;
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
	for (const struct tree *s = text_first(statements); s; s = text_next(statements, s)) {
		const struct tree *who = tree_get(s, "Principal");
		bool open = who ? everybody(who) : tree_get(s, "NotPrincipal") != NULL;
		if (str_is(tree_text(tree_get(s, "Effect")), "Allow") && open && !fixes(tree_get(s, "Condition"))) {
			return true;
		}
	}
	return false;
}
