#include "iam/room.h"

#include "policy/arn.h"

/* e NULL: it is not there. */
static bool about(struct call *c, str arn, struct entity *e) {
	c->subject = e;
	c->resource = (struct resource){ .arn = arn, .account = c->who.account, .subject = e };
	c->resource.tag = e ? entity_tag : NULL;
	return true;
}

static bool about_nobody(struct call *c, enum entity_kind kind, str name, str path) {
	struct entity e = { .kind = kind, .account = c->who.account, .name = name, .path = path };
	return about(c, entity_arn(c->arena, &e), NULL);
}

static bool on_named(struct call *c, enum entity_kind kind) {
	struct entity *e = NEW(c->arena, struct entity);
	str name = get_str(c->in, words_of(kind)->name);
	*e = (struct entity){ .kind = kind, .account = c->who.account, .name = name };
	if (entity_find(call_db(c), c->arena, e)) {
		about(c, entity_arn(c->arena, e), e);
	} else {
		about_nobody(c, kind, name, S("/"));
	}
	c->resource.shown = str_printf(c->arena, "%s " STR_FMT, words_of(kind)->noun, STR_ARG(name));
	return true;
}

/* Without a name it is the caller himself; root is no entity. */
bool on_user(struct call *c) {
	struct entity *e = NEW(c->arena, struct entity);
	if (get_str(c->in, "UserName").p) {
		return on_named(c, ENTITY_USER);
	}
	if (c->who.kind == PRINCIPAL_ROOT) {
		return about(c, c->who.arn, NULL);
	}
	return must_be_user(c, call_db(c), e) && about(c, entity_arn(c->arena, e), e);
}

bool on_group(struct call *c) {
	return on_named(c, ENTITY_GROUP);
}

bool on_role(struct call *c) {
	return on_named(c, ENTITY_ROLE);
}

bool on_profile(struct call *c) {
	return on_named(c, ENTITY_PROFILE);
}

/* arn:aws:iam::ACCOUNT:policy/...; AWS's own have "aws" for an account, and everybody may be allowed them. */
bool on_policy(struct call *c) {
	struct entity *e = NEW(c->arena, struct entity);
	struct arn fields;
	str arn = get_str(c->in, "PolicyArn");
	if (!str_starts(arn, S("arn:"))) {
		return fail(c, &validation_error, "Invalid ARN:  Could not be parsed!");
	}
	if (!arn_read_global(arn, "iam", &fields) || !str_starts(fields.resource, S("policy/"))) {
		return fail(c, &invalid_input, "ARN " STR_FMT " is not valid.", STR_ARG(arn));
	}
	bool there = entity_of_arn(call_db(c), c->arena, arn, e) && e->kind == ENTITY_POLICY;
	about(c, arn, there ? e : NULL);
	c->resource.shown = str_printf(c->arena, "policy " STR_FMT, STR_ARG(arn));
	c->resource.account = str_is(fields.account, "aws") ? c->who.account : fields.account;
	return true;
}

static bool on_path(struct call *c, enum entity_kind kind) {
	str prefix = get_str(c->in, "PathPrefix");
	return about_nobody(c, kind, S(""), prefix.p ? prefix : S("/"));
}

bool on_users(struct call *c) {
	return on_path(c, ENTITY_USER);
}

bool on_groups(struct call *c) {
	return on_path(c, ENTITY_GROUP);
}

bool on_roles(struct call *c) {
	return on_path(c, ENTITY_ROLE);
}

bool on_profiles(struct call *c) {
	return on_path(c, ENTITY_PROFILE);
}

static bool on_new(struct call *c, enum entity_kind kind) {
	str path = get_str(c->in, "Path");
	return about_nobody(c, kind, get_str(c->in, words_of(kind)->name), path.p ? path : S("/"));
}

bool on_new_user(struct call *c) {
	return on_new(c, ENTITY_USER);
}

bool on_new_group(struct call *c) {
	return on_new(c, ENTITY_GROUP);
}

bool on_new_role(struct call *c) {
	return on_new(c, ENTITY_ROLE);
}

bool on_new_profile(struct call *c) {
	return on_new(c, ENTITY_PROFILE);
}

bool on_new_policy(struct call *c) {
	return on_new(c, ENTITY_POLICY);
}
