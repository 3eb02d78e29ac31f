#include "iam/room.h"

#include "base/clock.h"

/* "v12"; 0: none that we ever gave. */
static int64_t version_of_input(const struct call *c) {
	int64_t version;
	str id = get_str(c->in, "VersionId");
	return str_uint(str_skip(id, 1), &version) ? version : 0;
}

void show_version(struct call *c, struct val *v, const struct entity *policy, int64_t version, int64_t created) {
	set_str(c->arena, v, "VersionId", str_printf(c->arena, "v%lld", (long long)version));
	set_int(c->arena, v, "IsDefaultVersion", version == policy->version);
	set_date(c->arena, v, "CreateDate", created);
}

static bool no_version(struct call *c) {
	return fail(c, &no_such_entity, "Policy " STR_FMT " version " STR_FMT " does not exist or is not attachable.",
		    STR_ARG(get_str(c->in, "PolicyArn")), STR_ARG(get_str(c->in, "VersionId")));
}

/* When it was made; -1: there is none. Of AWS's policies only the present version is kept. */
static int64_t version_created(struct db *db, const struct entity *policy, int64_t version) {
	if (str_is(policy->account, "aws")) {
		return version == policy->version ? policy->changed : -1;
	}
	AUTO_QUERY q = db_query(db, "SELECT created FROM policy_version WHERE policy = ? AND version = ?", "ti",
				policy->id, version);
	return query_step(q) ? query_int(q, 0) : -1;
}

static bool has_room(struct call *c, struct db *db, const struct entity *policy) {
	AUTO_QUERY q = db_query(db, "SELECT count(*) FROM policy_version WHERE policy = ?", "t", policy->id);
	return query_step(q) && query_int(q, 0) >= VERSIONS_MAX
		       ? fail(c, &limit_exceeded,
			      "A managed policy can have up to %d versions. Before you create a new version, you must "
			      "delete an existing version.",
			      VERSIONS_MAX)
		       : true;
}

struct making {
	struct call *c;
	struct entity policy;
	int64_t version, created;
};

static int run_create(struct db *db, void *arg) {
	struct making *m = arg;
	struct call *c = m->c;
	if (!must_find_own(c, db, &m->policy) || !has_room(c, db, &m->policy)) {
		return 1;
	}
	m->version = m->policy.next_version++;
	m->policy.version = get_int(c->in, "SetAsDefault", false) ? m->version : m->policy.version;
	m->policy.changed = m->created = clock_now();
	db_run(db, "INSERT INTO policy_version VALUES(?, ?, ?, ?)", "titi", m->policy.id, m->version,
	       get_str(c->in, "PolicyDocument"), m->created);
	return entity_update(db, &m->policy);
}

static bool create_policy_version(struct call *c) {
	struct making m = { .c = c };
	if (!document_ok(c, get_str(c->in, "PolicyDocument"), POLICY_IDENTITY, DOCUMENT_MAX) ||
	    !identity_write(c, run_create, &m)) {
		return false;
	}
	show_version(c, set(c->arena, c->out, "PolicyVersion"), &m.policy, m.version, m.created);
	return true;
}

static bool get_policy_version(struct call *c) {
	struct db *db = call_db(c);
	struct entity policy;
	str arn = get_str(c->in, "PolicyArn");
	if (!must_find_managed(c, db, arn, &policy)) {
		return false;
	}
	int64_t version = version_of_input(c), created = version_created(db, &policy, version);
	if (!version || created < 0) {
		return no_version(c);
	}
	struct val *v = set(c->arena, c->out, "PolicyVersion");
	set_str(c->arena, v, "Document",
		document_shown(c->arena, managed_document(db, c->arena, entity_arn(c->arena, &policy), version)));
	show_version(c, v, &policy, version, created);
	return true;
}

/* --- the list, newest first; a Marker is the version that the page before ended with --- */

static void list_own(struct call *c, const struct entity *policy, const struct page *page) {
	int64_t below;
	struct val *list = set(c->arena, c->out, "Versions");
	below = str_uint(page->after, &below) ? below : INT64_MAX;
	AUTO_QUERY q = db_query(call_db(c),
				"SELECT version, created FROM policy_version WHERE policy = ? AND version < ?"
				" ORDER BY version DESC LIMIT ?",
				"tii", policy->id, below, page->max + 1);
	bool more = false;
	while (query_step(q) && !(more = (int64_t)val_count(list) == page->max)) {
		below = query_int(q, 0);
		show_version(c, append(c->arena, list), policy, below, query_int(q, 1));
	}
	page_end(c, more, str_printf(c->arena, "%lld", (long long)below));
}

static bool list_policy_versions(struct call *c) {
	struct entity policy;
	struct page page;
	if (!page_of_input(c, &page) || !must_find_managed(c, call_db(c), get_str(c->in, "PolicyArn"), &policy)) {
		return false;
	}
	if (str_is(policy.account, "aws")) {
		struct val *list = set(c->arena, c->out, "Versions");
		show_version(c, append(c->arena, list), &policy, policy.version, policy.changed);
		page_end(c, false, (str){ 0 });
	} else {
		list_own(c, &policy, &page);
	}
	return true;
}

/* --- changing them --- */

static bool must_find_version(struct call *c, struct db *db, struct entity *policy, int64_t *version) {
	*version = version_of_input(c);
	return must_find_own(c, db, policy) && (version_created(db, policy, *version) >= 0 ? true : no_version(c));
}

static int run_delete(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity policy;
	int64_t version;
	if (!must_find_version(c, db, &policy, &version)) {
		return 1;
	}
	if (version == policy.version) {
		fail(c, &delete_conflict, "Cannot delete the default version of a policy.");
		return 1;
	}
	db_run(db, "DELETE FROM policy_version WHERE policy = ? AND version = ?", "ti", policy.id, version);
	return 0;
}

static bool delete_policy_version(struct call *c) {
	return call_write(c, run_delete, c, NULL);
}

static int run_set_default(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity policy;
	int64_t version;
	if (!must_find_version(c, db, &policy, &version)) {
		return 1;
	}
	policy.version = version;
	return entity_update(db, &policy);
}

static bool set_default_policy_version(struct call *c) {
	return identity_write(c, run_set_default, c);
}

const struct route iam_version_routes[] = {
	{ .op = "CreatePolicyVersion", .run = create_policy_version, .on = on_policy },
	{ .op = "GetPolicyVersion", .run = get_policy_version, .on = on_policy },
	{ .op = "ListPolicyVersions", .run = list_policy_versions, .on = on_policy },
	{ .op = "DeletePolicyVersion", .run = delete_policy_version, .on = on_policy },
	{ .op = "SetDefaultPolicyVersion", .run = set_default_policy_version, .on = on_policy },
	{ 0 },
};
