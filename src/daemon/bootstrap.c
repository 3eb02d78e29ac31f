#include "daemon/bootstrap.h"

#include "daemon/form.h"
#include "iam/iam.h"
#include "s3/s3.h"

#include <errno.h>

static const struct form account_form[] = {
	{ "id", FORM_TEXT, true, NULL },
	{ "name", FORM_TEXT, false, NULL },
	{ "canonical_id", FORM_TEXT, false, NULL },
	{ "access_key", FORM_TEXT, false, NULL },
	{ "secret", FORM_TEXT, false, NULL },
	{ 0 },
};

static const struct form policy_form[] = {
	{ "account", FORM_TEXT, false, NULL },
	{ "name", FORM_TEXT, true, NULL },
	{ "path", FORM_TEXT, false, NULL },
	{ "document", FORM_DOCUMENT, true, NULL },
	{ 0 },
};

static const struct form group_form[] = {
	{ "account", FORM_TEXT, false, NULL },     { "name", FORM_TEXT, true, NULL },
	{ "path", FORM_TEXT, false, NULL },        { "policies", FORM_TEXTS, false, NULL },
	{ "inline", FORM_DOCUMENTS, false, NULL }, { 0 },
};

static const struct form user_form[] = {
	{ "account", FORM_TEXT, false, NULL },
	{ "name", FORM_TEXT, true, NULL },
	{ "path", FORM_TEXT, false, NULL },
	{ "access_key", FORM_TEXT, true, NULL },
	{ "secret", FORM_TEXT, true, NULL },
	{ "policies", FORM_TEXTS, false, NULL },
	{ "inline", FORM_DOCUMENTS, false, NULL },
	{ "groups", FORM_TEXTS, false, NULL },
	{ 0 },
};

static const struct form role_form[] = {
	{ "account", FORM_TEXT, false, NULL },
	{ "name", FORM_TEXT, true, NULL },
	{ "path", FORM_TEXT, false, NULL },
	{ "trust", FORM_DOCUMENT, true, NULL },
	{ "policies", FORM_TEXTS, false, NULL },
	{ "inline", FORM_DOCUMENTS, false, NULL },
	{ "instance_profile", FORM_TEXT, false, NULL },
	{ 0 },
};

static const struct form bucket_form[] = {
	{ "name", FORM_TEXT, true, NULL },
	{ "account", FORM_TEXT, false, NULL },
	{ "region", FORM_TEXT, false, NULL },
	{ "policy", FORM_DOCUMENT, false, NULL },
	{ 0 },
};

static const struct form file_form[] = {
	{ "accounts", FORM_LIST, false, account_form },
	{ "policies", FORM_LIST, false, policy_form },
	{ "groups", FORM_LIST, false, group_form },
	{ "users", FORM_LIST, false, user_form },
	{ "roles", FORM_LIST, false, role_form },
	{ "buckets", FORM_LIST, false, bucket_form },
	{ 0 },
};

/* What the parts of the file are made with. */
struct boot {
	struct cloud *cloud;
	struct arena *arena;
	str *why;
};

static str text(const struct tree *t, const char *name) {
	return tree_text(tree_get(t, name));
}

static str or_else(str s, str other) {
	return s.n ? s : other;
}

static str account_of(const struct boot *b, const struct tree *t) {
	return or_else(text(t, "account"), b->cloud->account);
}

static bool hex64(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (!strchr("0123456789abcdef", s.p[i])) {
			return false;
		}
	}
	return s.n == 64;
}

static bool refuse(const struct boot *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(const struct boot *b, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	*b->why = str_vprintf(b->arena, fmt, ap);
	va_end(ap);
	return false;
}

/* A key pair comes whole or not at all. */
static bool read_key(const struct tree *t, struct key *out) {
	*out = (struct key){ .access_key = text(t, "access_key"), .secret = text(t, "secret") };
	return (out->access_key.n > 0) == (out->secret.n > 0);
}

static bool is_account(const struct boot *b, str id) {
	int64_t digits;
	return (id.n == 12 && str_uint(id, &digits)) ||
	       refuse(b, "an account's id has 12 digits, not '" STR_FMT "'", STR_ARG(id));
}

static const char *reason(int rc) {
	return rc == -EEXIST ? "the access key is another account's" : strerror(-rc);
}

/* The account that something is of, made if it is not there. */
static bool need_account(const struct boot *b, str account) {
	int rc = is_account(b, account) ? account_create(b->cloud, account, account, (str){ 0 }, NULL) : -EINVAL;
	return rc == 0 || (rc != -EINVAL && refuse(b, "account " STR_FMT ": %s", STR_ARG(account), reason(rc)));
}

static bool make_account(const struct boot *b, const struct tree *t) {
	struct key key;
	str id = text(t, "id"), canonical = text(t, "canonical_id");
	if (!is_account(b, id)) {
		return false;
	}
	if (canonical.n && !hex64(canonical)) {
		return refuse(b, "the canonical_id of account " STR_FMT " is not 64 hexadecimal digits", STR_ARG(id));
	}
	if (!read_key(t, &key)) {
		return refuse(b, "account " STR_FMT " needs access_key and secret, or neither", STR_ARG(id));
	}
	int rc = account_create(b->cloud, id, or_else(text(t, "name"), id), canonical, &key);
	return rc ? refuse(b, "account " STR_FMT ": %s", STR_ARG(id), reason(rc)) : true;
}

/* --- entities of IAM --- */

static const str *texts(struct arena *a, const struct tree *list, size_t *n) {
	size_t i = 0;
	*n = 0;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		++*n;
	}
	str *out = NEWS(a, str, *n);
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		out[i++] = t->s;
	}
	return out;
}

static const struct iam_inline *documents(struct arena *a, const struct tree *object, size_t *n) {
	size_t i = 0;
	*n = 0;
	for (const struct tree *t = object ? object->first : NULL; t; t = t->next) {
		++*n;
	}
	struct iam_inline *out = NEWS(a, struct iam_inline, *n);
	for (const struct tree *t = object ? object->first : NULL; t; t = t->next) {
		out[i++] = (struct iam_inline){ t->name, form_document(t) };
	}
	return out;
}

static bool make_entity(const struct boot *b, const struct tree *t, enum entity_kind kind) {
	str why;
	struct iam_wish w = { .kind = kind, .account = account_of(b, t), .name = text(t, "name") };
	w.path = text(t, "path");
	w.document = form_document(tree_get(t, kind == ENTITY_ROLE ? "trust" : "document"));
	w.policies = texts(b->arena, tree_get(t, "policies"), &w.n_policies);
	w.inlines = documents(b->arena, tree_get(t, "inline"), &w.n_inlines);
	w.groups = texts(b->arena, tree_get(t, "groups"), &w.n_groups);
	w.profile = text(t, "instance_profile");
	if (!need_account(b, w.account)) {
		return false;
	}
	return iam_make(b->cloud, b->arena, &w, &why) == 0 ||
	       refuse(b, "%s " STR_FMT ": " STR_FMT, entity_noun(kind), STR_ARG(w.name), STR_ARG(why));
}

static bool make_policy(const struct boot *b, const struct tree *t) {
	return make_entity(b, t, ENTITY_POLICY);
}

static bool make_group(const struct boot *b, const struct tree *t) {
	return make_entity(b, t, ENTITY_GROUP);
}

static bool make_role(const struct boot *b, const struct tree *t) {
	return make_entity(b, t, ENTITY_ROLE);
}

static bool make_user(const struct boot *b, const struct tree *t) {
	struct key key;
	str name = text(t, "name");
	if (!read_key(t, &key) || !key.access_key.n) {
		return refuse(b, "user " STR_FMT " needs access_key and secret", STR_ARG(name));
	}
	if (!make_entity(b, t, ENTITY_USER)) {
		return false;
	}
	int rc = user_create(b->cloud, account_of(b, t), name, &key);
	return rc ? refuse(b, "user " STR_FMT ": %s", STR_ARG(name), reason(rc)) : true;
}

/* --- buckets --- */

static bool put_policy(const struct boot *b, const struct tree *t) {
	str why, name = text(t, "name"), policy = form_document(tree_get(t, "policy"));
	return !policy.p || s3_bucket_put_policy(b->cloud, b->arena, name, policy, &why) == 0 ||
	       refuse(b, "the policy of bucket " STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(why));
}

static bool make_bucket(const struct boot *b, const struct tree *t) {
	str name = text(t, "name"), account = account_of(b, t);
	if (!need_account(b, account)) {
		return false;
	}
	int rc = s3_bucket_create(b->cloud, name, account, or_else(text(t, "region"), b->cloud->region));
	if (rc == -EINVAL) {
		return refuse(b, "'" STR_FMT "' is no bucket name", STR_ARG(name));
	}
	if (rc && rc != -EEXIST) {
		return refuse(b, "bucket " STR_FMT ": %s", STR_ARG(name), strerror(-rc));
	}
	return put_policy(b, t);
}

bool bootstrap_run(struct cloud *cloud, struct arena *a, str json, str *why) {
	static const struct {
		const char *list;
		bool (*make)(const struct boot *b, const struct tree *t);
	} parts[] = {
		{ "accounts", make_account }, { "policies", make_policy }, { "groups", make_group },
		{ "users", make_user },       { "roles", make_role },      { "buckets", make_bucket },
	};
	const struct boot b = { cloud, a, why };
	const struct tree *file = tree_read(a, json);
	if (!file || file->kind != TREE_OBJECT) {
		return refuse(&b, "it is not a JSON object");
	}
	if (!form_check(a, file, file_form, why)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const struct tree *list = tree_get(file, parts[i].list);
		for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
			if (!parts[i].make(&b, t)) {
				return false;
			}
		}
	}
	return true;
}
