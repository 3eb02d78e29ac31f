/* IAM's own condition keys. docs: Service Authorization Reference, "Condition keys for AWS Identity and Access
 * Management". iam:PassedToService is the decision's. */
#include "iam/room.h"

#include "policy/actions.h"

/* The boundary that a call sets, else the one that who it is about has. AWS gives it to few operations: a policy that
 * asks for it allows no other. */
static str boundary_of(const struct call *c, const struct resource *r) {
	const struct entity *e = r->subject;
	const struct action *a = action_find(S("iam"), str_from(c->op->name));
	if (!a || !action_has_key(a, S("iam:PermissionsBoundary"))) {
		return (str){ 0 };
	}
	str given = input_str(c, "PermissionsBoundary");
	return given.p || !e ? given : e->boundary;
}

/* A linked role's path is /aws-service-role/SERVICE/. */
static str linked_service(const struct call *c, const struct resource *r) {
	const struct entity *e = r->subject;
	str given = input_str(c, "AWSServiceName"), service, rest;
	if (given.p || !e || !is_linked(e)) {
		return given;
	}
	str_cut(str_skip(e->path, S("/aws-service-role/").n), '/', &service, &rest);
	return service;
}

static str policy_of(const struct call *c, const struct resource *r) {
	(void)r;
	return kind_of_input(c) != ENTITY_POLICY ? input_str(c, "PolicyArn") : (str){ 0 };
}

static const struct {
	const char *key;
	str (*find)(const struct call *c, const struct resource *r);
} keys[] = {
	{ "iam:PermissionsBoundary", boundary_of },
	{ "iam:PolicyARN", policy_of },
	{ "iam:AWSServiceName", linked_service },
};

bool iam_key(struct call *c, const struct resource *r, str key, struct values *out) {
	str value = { 0 };
	const str tag = S("iam:ResourceTag/");
	if (key.n > tag.n && str_ieq((str){ key.p, tag.n }, tag)) {
		return r->tag && r->tag(c, r, str_skip(key, tag.n), &value) && values_one(c->arena, value, out);
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (str_ieq(key, str_from(keys[i].key))) {
			return values_one(c->arena, keys[i].find(c, r), out);
		}
	}
	return false;
}
