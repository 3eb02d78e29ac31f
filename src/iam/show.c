#include "iam/room.h"

static bool has(const struct val *v, const char *name) {
	return shape_member(v->shape, str_from(name)) != NULL;
}

static void put_member(struct call *c, struct val *v, const char *name, str s) {
	if (has(v, name)) {
		set_str(c->arena, v, name, s);
	}
}

static void put_number(struct call *c, struct val *v, const char *name, int64_t i) {
	if (has(v, name)) {
		set_int(c->arena, v, name, i);
	}
}

void set_date(struct arena *a, struct val *v, const char *name, int64_t ms) {
	set_int(a, v, name, ms / 1000 * 1000);
}

static void put_date(struct call *c, struct val *v, const char *name, int64_t ms) {
	if (has(v, name)) {
		set_date(c->arena, v, name, ms);
	}
}

static void show_boundary(struct call *c, struct val *v, const struct entity *e) {
	if (e->boundary.n && has(v, "PermissionsBoundary")) {
		struct val *b = set(c->arena, v, "PermissionsBoundary");
		set_str(c->arena, b, "PermissionsBoundaryType", S("Policy"));
		set_str(c->arena, b, "PermissionsBoundaryArn", e->boundary);
	}
}

static void show_last_used(struct call *c, struct val *v, const struct entity *e) {
	if (!has(v, "RoleLastUsed")) {
		return;
	}
	struct val *used = set(c->arena, v, "RoleLastUsed");
	if (e->used) {
		set_date(c->arena, used, "LastUsedDate", e->used);
		set_str(c->arena, used, "Region", e->used_region);
	}
}

static void show_role(struct call *c, struct db *db, struct val *v, const struct entity *e) {
	str trust = principals_shown(db, c->arena, e->trust);
	put_member(c, v, "AssumeRolePolicyDocument", document_shown(c->arena, trust));
	put_member(c, v, "Description", e->description);
	put_number(c, v, "MaxSessionDuration", e->max_session);
}

static void show_roles(struct call *c, struct db *db, struct val *v, const struct entity *e) {
	struct val *roles = set(c->arena, v, "Roles");
	struct entity role;
	AUTO_QUERY q = db_query(db,
				"SELECT " ENTITY_COLUMNS " FROM membership m JOIN entity e ON e.id = m.member"
				" WHERE m.holder = ?",
				"t", e->id);
	while (query_step(q)) {
		entity_read(c->arena, q, &role);
		show_listed(c, db, append(c->arena, roles), &role);
	}
}

static void show_policy(struct call *c, struct db *db, struct val *v, const struct entity *e) {
	struct usage_count n = managed_usage(c, db, e);
	put_member(c, v, "DefaultVersionId", str_printf(c->arena, "v%lld", (long long)e->version));
	put_number(c, v, "AttachmentCount", n.attached);
	put_number(c, v, "PermissionsBoundaryUsageCount", n.boundary);
	put_number(c, v, "IsAttachable", true);
	put_date(c, v, "UpdateDate", e->changed);
}

void show_listed(struct call *c, struct db *db, struct val *v, const struct entity *e) {
	const struct words *w = words_of(e->kind);
	put_member(c, v, "Path", e->path);
	put_member(c, v, w->name, e->name);
	put_member(c, v, w->id, e->id);
	put_member(c, v, "Arn", entity_arn(c->arena, e));
	put_date(c, v, "CreateDate", e->created);
	switch (e->kind) {
	case ENTITY_USER:
		if (e->used) {
			put_date(c, v, "PasswordLastUsed", e->used);
		}
		break;
	case ENTITY_ROLE: show_role(c, db, v, e); break;
	case ENTITY_PROFILE: show_roles(c, db, v, e); break;
	case ENTITY_POLICY: show_policy(c, db, v, e); break;
	default: break;
	}
}

void show_entity(struct call *c, struct db *db, struct val *v, const struct entity *e) {
	show_listed(c, db, v, e);
	show_boundary(c, v, e);
	if (e->kind == ENTITY_ROLE) {
		show_last_used(c, v, e);
	}
	if (e->kind == ENTITY_POLICY) {
		put_member(c, v, "Description", e->description);
	}
	if (e->tags.n && has(v, "Tags")) {
		tag_list_show(c, set(c->arena, v, "Tags"), e->tags);
	}
}
