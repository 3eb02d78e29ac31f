#include "core/identity.h"

static const struct fault invalid_token = { "InvalidClientTokenId", 403 };
static const struct fault denied = { "AccessDenied", 403 };

static bool is(const struct call *c, const char *op) {
	return strcmp(c->op->name, op) == 0;
}

static bool sts_admits(struct call *c) {
	bool by_role = c->who.kind == PRINCIPAL_ROLE, federated = c->who.kind == PRINCIPAL_FEDERATED;
	bool makes_more = is(c, "GetSessionToken") || is(c, "GetFederationToken");
	if (is(c, "GetCallerIdentity") || (by_role && !makes_more) || (!federated && is(c, "AssumeRole"))) {
		return true;
	}
	return fail(c, &denied, "Cannot call %s with session credentials", c->op->name);
}

bool session_admitted(struct call *c) {
	if (!c->identity || !c->identity->token.n) {
		return true;
	}
	if (strcmp(c->service->name, "sts") == 0) {
		return sts_admits(c);
	}
	if (c->who.kind == PRINCIPAL_ROLE || (c->who.kind != PRINCIPAL_FEDERATED && c->identity->mfa)) {
		return true;
	}
	return fail(c, &invalid_token, "The security token included in the request is invalid");
}
