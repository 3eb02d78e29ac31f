/* Whom a trust policy may name. */
#include "iam/room.h"

#include "policy/arn.h"

static bool is_here(struct db *db, str account) {
	AUTO_QUERY q = db_query(db, "SELECT 1 FROM account WHERE id = ?", "t", account);
	return query_step(q);
}

/* arn:aws:iam::ACCOUNT:root, :user/PATH/NAME, :role/PATH/NAME */
static bool iam_arn_ok(struct call *c, struct db *db, str arn, str account, str rest) {
	struct entity e;
	if (str_is(rest, "root")) {
		return true;
	}
	if (!str_starts(rest, S("user/")) && !str_starts(rest, S("role/"))) {
		return false;
	}
	return !is_here(db, account) || entity_of_arn(db, c->arena, arn, &e);
}

/* arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, :federated-user/NAME */
static bool sts_arn_ok(struct call *c, struct db *db, str account, str rest) {
	str kind, name, session;
	struct entity role = { .kind = ENTITY_ROLE, .account = account };
	if (!str_cut(rest, '/', &kind, &name) || !name.n) {
		return false;
	}
	if (!str_is(kind, "assumed-role")) {
		return str_is(kind, "federated-user");
	}
	return str_cut(name, '/', &role.name, &session) && session.n &&
	       (!is_here(db, account) || entity_find(db, c->arena, &role));
}

static bool arn_ok(struct call *c, struct db *db, str text) {
	struct arn arn;
	if (memchr(text.p, '*', text.n) || !is_account(arn_account(text))) {
		return false;
	}
	if (arn_read_global(text, "iam", &arn)) {
		return iam_arn_ok(c, db, text, arn.account, arn.resource);
	}
	return arn_read_global(text, "sts", &arn) && sts_arn_ok(c, db, arn.account, arn.resource);
}

static bool aws_ok(struct call *c, struct db *db, str text) {
	struct entity e;
	if (str_is(text, "*") || is_account(text)) {
		return true;
	}
	return str_starts(text, S("arn:")) ? arn_ok(c, db, text) : entity_by_id(db, c->arena, text, &e);
}

/* AWS keeps a list of its services; here it is the form of their names. */
static bool service_ok(str text) {
	return str_ends(text, S(".amazonaws.com")) || str_ends(text, S(".amazonaws.com.cn")) ||
	       str_ends(text, S(".aws.internal"));
}

static bool principal_ok(struct call *c, struct db *db, const struct policy_principal *p) {
	if (str_is(p->kind, "AWS") && !aws_ok(c, db, p->text)) {
		return fail(c, &malformed_policy, "Invalid principal in policy: \"AWS\":\"" STR_FMT "\"",
			    STR_ARG(p->text));
	}
	if (str_is(p->kind, "Service") && !service_ok(p->text)) {
		return fail(c, &malformed_policy, "Invalid principal in policy: \"SERVICE\":\"" STR_FMT "\"",
			    STR_ARG(p->text));
	}
	return true;
}

bool principals_ok(struct call *c, struct db *db, str document) {
	struct policy_error why;
	struct policy_principal *all;
	const struct policy *p = policy_read(c->arena, document, POLICY_TRUST, &why);
	size_t n = p ? policy_principals(c->arena, p, &all) : 0;
	for (size_t i = 0; i < n; i++) {
		if (!principal_ok(c, db, &all[i])) {
			return false;
		}
	}
	return true;
}
