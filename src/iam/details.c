#include "iam/room.h"

#include "policy/arn.h"
#include "policy/aws_policies.h"

/* The answer goes through users, groups, roles and policies, each by name, then AWS's own policies that are in use. Its
 * pages' sort key is a digit for the section, then the name in lower case, or the ARN. */
enum section { USERS, GROUPS, ROLES, POLICIES, AWS_POLICIES, N_SECTIONS };

static const struct {
	const char *filter, *list, *documents;
	enum entity_kind kind;
} sections[] = {
	[USERS] = { "User", "UserDetailList", "UserPolicyList", ENTITY_USER },
	[GROUPS] = { "Group", "GroupDetailList", "GroupPolicyList", ENTITY_GROUP },
	[ROLES] = { "Role", "RoleDetailList", "RolePolicyList", ENTITY_ROLE },
	[POLICIES] = { "LocalManagedPolicy", "Policies", NULL, ENTITY_POLICY },
	[AWS_POLICIES] = { "AWSManagedPolicy", "Policies", NULL, ENTITY_POLICY },
};

struct details {
	struct call *c;
	struct arena *a;
	struct db *db;
	struct page page;
	struct val *lists[N_SECTIONS];
	int64_t shown;
	str last; /* sort key of the newest row */
	bool more;
};

/* --- what hangs on an entity --- */

static void show_documents(const struct details *d, struct val *list, const struct entity *e) {
	AUTO_QUERY q =
		db_query(d->db, "SELECT name, document FROM inline_policy WHERE entity = ? ORDER BY name", "t", e->id);
	while (query_step(q)) {
		struct val *v = append(d->a, list);
		set_str(d->a, v, "PolicyName", query_dup(d->a, q, 0));
		set_str(d->a, v, "PolicyDocument", document_shown(d->a, query_dup(d->a, q, 1)));
	}
}

static void show_attached(const struct details *d, struct val *list, const struct entity *e) {
	AUTO_QUERY q = db_query(d->db, "SELECT policy FROM attachment WHERE entity = ? ORDER BY policy", "t", e->id);
	while (query_step(q)) {
		struct val *v = append(d->a, list);
		str arn = query_dup(d->a, q, 0);
		set_str(d->a, v, "PolicyName", path_name(arn));
		set_str(d->a, v, "PolicyArn", arn);
	}
}

static void show_groups(const struct details *d, struct val *list, const struct entity *e) {
	AUTO_QUERY q = db_query(d->db,
				"SELECT e.name FROM membership m JOIN entity e ON e.id = m.holder"
				" WHERE m.member = ? AND e.kind = ? ORDER BY e.low",
				"ti", e->id, (int64_t)ENTITY_GROUP);
	while (query_step(q)) {
		append(d->a, list)->s = query_dup(d->a, q, 0);
	}
}

static void show_profiles(const struct details *d, struct val *list, const struct entity *e) {
	struct entity profile;
	AUTO_QUERY q = db_query(d->db,
				"SELECT " ENTITY_COLUMNS " FROM membership m JOIN entity e ON e.id = m.holder"
				" WHERE m.member = ? AND e.kind = ? ORDER BY e.low",
				"ti", e->id, (int64_t)ENTITY_PROFILE);
	while (query_step(q)) {
		entity_read(d->a, q, &profile);
		show_entity(d->c, d->db, append(d->a, list), &profile);
	}
}

static void show_versions(const struct details *d, struct val *list, const struct entity *e) {
	AUTO_QUERY q = db_query(d->db,
				"SELECT version, document, created FROM policy_version WHERE policy = ?"
				" ORDER BY version DESC",
				"t", e->id);
	while (query_step(q)) {
		struct val *v = append(d->a, list);
		set_str(d->a, v, "Document", document_shown(d->a, query_str(q, 1)));
		show_version(d->c, v, e, query_int(q, 0), query_int(q, 2));
	}
}

static void show_details(const struct details *d, enum section s, struct val *v, const struct entity *e) {
	show_entity(d->c, d->db, v, e);
	if (s == POLICIES) {
		show_versions(d, set(d->a, v, "PolicyVersionList"), e);
		return;
	}
	if (s == USERS) {
		show_groups(d, set(d->a, v, "GroupList"), e);
	}
	if (s == ROLES) {
		show_profiles(d, set(d->a, v, "InstanceProfileList"), e);
	}
	show_documents(d, set(d->a, v, sections[s].documents), e);
	show_attached(d, set(d->a, v, "AttachedManagedPolicies"), e);
}

/* --- AWS's own --- */

static void show_aws_policy(const struct details *d, struct val *v, const struct aws_policy *p) {
	struct entity e = entity_of_aws(p);
	show_entity(d->c, d->db, v, &e);
	struct val *only = append(d->a, set(d->a, v, "PolicyVersionList"));
	set_str(d->a, only, "Document", document_shown(d->a, str_from(p->document)));
	show_version(d->c, only, &e, e.version, e.changed);
}

/* --- pages --- */

/* The next row, if the page has room for it. */
static struct val *next_row(struct details *d, enum section s, str key) {
	if (d->shown == d->page.max) {
		d->more = true;
		return NULL;
	}
	d->shown++;
	d->last = str_printf(d->a, "%d" STR_FMT, (int)s, STR_ARG(key));
	return append(d->a, d->lists[s]);
}

/* Where section s goes on: false when the page begins behind it. */
static bool begins(const struct details *d, enum section s, str *after) {
	int at = d->page.after.n ? d->page.after.p[0] - '0' : -1;
	*after = at == (int)s ? str_skip(d->page.after, 1) : S("");
	return at <= (int)s;
}

static void show_entities(struct details *d, enum section s) {
	str after;
	struct entity e;
	struct val *v;
	if (!begins(d, s, &after)) {
		return;
	}
	AUTO_QUERY q = db_query(d->db,
				"SELECT " ENTITY_COLUMNS " FROM entity e WHERE e.account = ? AND e.kind = ? AND"
				" e.low > ? ORDER BY e.low LIMIT ?",
				"titi", d->c->who.account, (int64_t)sections[s].kind, after, d->page.max + 1);
	while (query_step(q)) {
		entity_read(d->a, q, &e);
		v = next_row(d, s, str_lower(d->a, e.name));
		if (!v) {
			return;
		}
		show_details(d, s, v, &e);
	}
}

static void show_aws_policies(struct details *d) {
	str after;
	struct val *v;
	if (!begins(d, AWS_POLICIES, &after)) {
		return;
	}
	AUTO_QUERY q = db_query(d->db,
				"SELECT DISTINCT t.policy FROM attachment t JOIN entity e ON e.id = t.entity"
				" WHERE e.account = ?1 AND t.policy LIKE 'arn:aws:iam::aws:policy/%' UNION"
				" SELECT boundary FROM entity WHERE account = ?1 AND"
				" boundary LIKE 'arn:aws:iam::aws:policy/%' ORDER BY 1",
				"t", d->c->who.account);
	while (query_step(q)) {
		str arn = query_dup(d->a, q, 0);
		const struct aws_policy *p = aws_policy_find(arn);
		if (!p || str_cmp(arn, after) <= 0) {
			continue;
		}
		v = next_row(d, AWS_POLICIES, arn);
		if (!v) {
			return;
		}
		show_aws_policy(d, v, p);
	}
}

static bool wanted(const struct call *c, enum section s) {
	const struct val *filter = get(c->in, "Filter");
	for (const struct val *f = filter ? filter->first : NULL; f; f = f->next) {
		if (str_is(f->s, sections[s].filter)) {
			return true;
		}
	}
	return val_count(filter) == 0;
}

static bool get_account_authorization_details(struct call *c) {
	struct details d = { .c = c, .a = c->arena, .db = call_db(c), .last = S("") };
	if (!page_of_input(c, &d.page)) {
		return false;
	}
	if (d.page.after.n && (d.page.after.p[0] < '0' || d.page.after.p[0] >= '0' + N_SECTIONS)) {
		return fail(c, &validation_error, "Invalid Marker.");
	}
	for (enum section s = USERS; s < AWS_POLICIES; s++) {
		d.lists[s] = set(c->arena, c->out, sections[s].list);
	}
	d.lists[AWS_POLICIES] = d.lists[POLICIES];
	for (enum section s = USERS; s < N_SECTIONS && !d.more; s++) {
		if (!wanted(c, s)) {
			continue;
		}
		if (s == AWS_POLICIES) {
			show_aws_policies(&d);
		} else {
			show_entities(&d, s);
		}
	}
	page_end(c, d.more, d.last);
	return true;
}

const struct route iam_details_routes[] = {
	{ .op = "GetAccountAuthorizationDetails", .run = get_account_authorization_details },
	{ 0 },
};
