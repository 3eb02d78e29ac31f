#include "cli/iam_account.h"

/* Documents come escaped, wherever they stand. */
static void decode(struct arena *a, struct val *v) {
	for (struct val *c = v->first; c; c = c->next) {
		str name = str_from(c->member ? c->member->name : NULL);
		if (c->shape->kind == K_STR && str_ends(name, S("Document"))) {
			c->s = url_decode(a, c->s);
		}
		decode(a, c);
	}
}

static void take(struct arena *a, struct entries *e, const struct val *list) {
	size_t more = val_count(list);
	const struct val **v = NEWS(a, const struct val *, e->n + more + 1);
	if (e->n) {
		memcpy(v, e->v, e->n * sizeof(*v));
	}
	e->v = v;
	for (const struct val *c = list ? list->first : NULL; c; c = c->next) {
		e->v[e->n++] = c;
	}
}

bool iam_account_read(struct where *w, struct iam_account *out) {
	static const char *const kinds[] = { "User", "Group", "Role", "LocalManagedPolicy" };
	struct answer a = { 0 };
	struct arena *arena = w->cli->arena;
	struct ask q = ask_new(w, "iam", "GetAccountAuthorizationDetails");
	struct val *filter = set(arena, q.in, "Filter");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		append(arena, filter)->s = str_from(kinds[i]);
	}
	*out = (struct iam_account){ 0 };
	while (where_page(w, &q, &a)) {
		decode(arena, a.out);
		take(arena, &out->users, get(a.out, "UserDetailList"));
		take(arena, &out->groups, get(a.out, "GroupDetailList"));
		take(arena, &out->roles, get(a.out, "RoleDetailList"));
		take(arena, &out->policies, get(a.out, "Policies"));
	}
	return a.out;
}

const struct val *entry_find(const struct entries *e, const char *member, str name) {
	for (size_t i = 0; i < e->n; i++) {
		if (str_ieq(get_str(e->v[i], member), name)) {
			return e->v[i];
		}
	}
	return NULL;
}

str own_policy_document(const struct iam_account *account, str arn) {
	const struct val *p = entry_find(&account->policies, "Arn", arn), *list = get(p, "PolicyVersionList");
	for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
		if (get_int(v, "IsDefaultVersion", 0)) {
			return get_str(v, "Document");
		}
	}
	return (str){ 0 };
}

bool policy_document(struct where *w, const struct iam_account *account, str arn, str *out) {
	struct answer a;
	struct ask q = ask_about(w, "GetPolicy", "PolicyArn", arn);
	*out = own_policy_document(account, arn);
	if (out->p) {
		return true;
	}
	if (!where_call(w, &q, &a)) {
		return false;
	}
	str version = get_str(get(a.out, "Policy"), "DefaultVersionId");
	q = ask_about(w, "GetPolicyVersion", "PolicyArn", arn);
	set_str(w->cli->arena, q.in, "VersionId", version);
	if (!where_call(w, &q, &a)) {
		return false;
	}
	*out = url_decode(w->cli->arena, get_str(get(a.out, "PolicyVersion"), "Document"));
	return true;
}
