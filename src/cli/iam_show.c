#include "base/clock.h"
#include "cli/iam.h"
#include "cli/iam_account.h"
#include "policy/vain.h"
#include "wire/tree.h"

#include <stdio.h>

enum { ACTIONS_SHOWN = 8 };

struct show {
	struct where w;
	struct iam_account account;
	int64_t now;
};

/* --- pieces of lines --- */

/* Documents and descriptions may hold what a terminal would obey. */
static void say_line(const char *start, str text) {
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	put_visible(&b, text);
	printf("%s" STR_FMT "\n", start, STR_ARG(buf_str(&b)));
}

static void say(const char *label, str value) {
	char start[32];
	if (value.n) {
		snprintf(start, sizeof(start), "  %-12s ", label);
		say_line(start, value);
	}
}

static void put_item(struct buf *b, str item) {
	put(b, b->n ? S(", ") : S(""));
	put(b, item);
}

/* "3 days ago", "2 hours ago", "just now" */
static str ago(struct arena *a, int64_t now, int64_t then) {
	static const struct {
		int64_t ms;
		const char *unit;
	} spans[] = { { 86400000, "day" }, { 3600000, "hour" }, { 60000, "minute" } };
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		int64_t n = (now - then) / spans[i].ms;
		if (n > 0) {
			return str_printf(a, "%lld %s%s ago", (long long)n, spans[i].unit, n == 1 ? "" : "s");
		}
	}
	return S("just now");
}

static str names_of(struct arena *a, const struct val *list, const char *member) {
	struct buf b = { .arena = a };
	for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
		put_item(&b, member ? get_str(v, member) : v->s);
	}
	return buf_str(&b);
}

static void say_boundary(const struct val *entity) {
	say("boundary", get_str(get(entity, "PermissionsBoundary"), "PermissionsBoundaryArn"));
}

static void say_policies(struct show *s, const struct val *entity, const char *own) {
	struct arena *a = s->w.cli->arena;
	say("policies", names_of(a, get(entity, "AttachedManagedPolicies"), "PolicyName"));
	say("of its own", names_of(a, get(entity, own), "PolicyName"));
}

/* --- keys --- */

static bool say_key(struct show *s, const struct val *key) {
	struct answer a;
	struct arena *arena = s->w.cli->arena;
	struct ask q = ask_about(&s->w, "GetAccessKeyLastUsed", "AccessKeyId", get_str(key, "AccessKeyId"));
	if (!where_call(&s->w, &q, &a)) {
		return false;
	}
	const struct val *used = get(a.out, "AccessKeyLastUsed");
	int64_t when = get_int(used, "LastUsedDate", 0);
	struct buf b = { .arena = arena };
	bool active = str_is(get_str(key, "Status"), "Active");
	putf(&b, STR_FMT "%s, made " STR_FMT, STR_ARG(get_str(key, "AccessKeyId")), active ? "" : " (inactive)",
	     STR_ARG(ago(arena, s->now, get_int(key, "CreateDate", 0))));
	if (when) {
		putf(&b, ", last used " STR_FMT " for " STR_FMT " in " STR_FMT, STR_ARG(ago(arena, s->now, when)),
		     STR_ARG(get_str(used, "ServiceName")), STR_ARG(get_str(used, "Region")));
	} else {
		putz(&b, ", never used");
	}
	say("key", buf_str(&b));
	return true;
}

static bool say_keys(struct show *s, str user) {
	struct answer a = { 0 };
	struct ask q = ask_about(&s->w, "ListAccessKeys", "UserName", user);
	while (where_page(&s->w, &q, &a)) {
		const struct val *list = get(a.out, "AccessKeyMetadata");
		for (const struct val *k = list ? list->first : NULL; k; k = k->next) {
			if (!say_key(s, k)) {
				return false;
			}
		}
	}
	return a.out;
}

/* --- statements --- */

static str joined(struct arena *a, const str *list, size_t n) {
	struct buf b = { .arena = a };
	for (size_t i = 0; i < n && i < ACTIONS_SHOWN; i++) {
		put_item(&b, list[i]);
	}
	if (n > ACTIONS_SHOWN) {
		putf(&b, " and %zu more", n - ACTIONS_SHOWN);
	}
	return buf_str(&b);
}

static void put_conditions(struct buf *b, str statement) {
	const struct tree *condition = tree_get(tree_read(b->arena, statement), "Condition");
	for (const struct tree *o = condition ? condition->first : NULL; o; o = o->next) {
		for (const struct tree *k = o->first; k; k = k->next) {
			putf(b, "%s " STR_FMT " " STR_FMT, o == condition->first && k == o->first ? " when" : " and",
			     STR_ARG(k->name), STR_ARG(o->name));
			put_byte(b, ' ');
			put(b, k->raw);
		}
	}
}

/* "allows s3:GetObject, s3:PutObject on arn:aws:s3:::b/" "*" */
static void say_statement(struct show *s, const struct policy *p, size_t i) {
	struct buf b = { .arena = s->w.cli->arena };
	size_t n, m;
	bool but, except;
	const str *actions = policy_actions(p, i, &n, &but), *resources = policy_resources(p, i, &m, &except);
	putf(&b, "%s%s " STR_FMT, policy_denies(p, i) ? "denies" : "allows", but ? " everything but" : "",
	     STR_ARG(joined(b.arena, actions, n)));
	if (m) {
		putf(&b, " on %s" STR_FMT, except ? "everything but " : "", STR_ARG(joined(b.arena, resources, m)));
	}
	put_conditions(&b, policy_statement_text(p, i));
	say_line("    ", buf_str(&b));
}

static void say_document(struct show *s, const char *kind, str name, str text) {
	struct policy_error why;
	const struct policy *p = policy_read(s->w.cli->arena, text, policy_kind_of(text), &why);
	printf("  %s" STR_FMT "\n", kind, STR_ARG(name));
	for (size_t i = 0; p && i < policy_statements(p); i++) {
		say_statement(s, p, i);
	}
}

static void say_trust(struct show *s, str text) {
	struct policy_error why;
	struct arena *a = s->w.cli->arena;
	struct policy_principal *list;
	const struct policy *p = policy_read(a, text, POLICY_TRUST, &why);
	size_t n = p ? policy_principals(a, p, &list) : 0;
	struct buf b = { .arena = a };
	for (size_t i = 0; i < n; i++) {
		put_item(&b, list[i].text);
	}
	say("assumed by", buf_str(&b));
	for (size_t i = 0; p && i < policy_statements(p); i++) {
		const struct tree *statement = tree_read(a, policy_statement_text(p, i));
		if (tree_get(statement, "Condition") || policy_denies(p, i)) {
			say_statement(s, p, i);
		}
	}
}

static bool say_documents(struct show *s, const struct val *entity, const char *own) {
	const struct val *attached = get(entity, "AttachedManagedPolicies"), *inside = get(entity, own);
	for (const struct val *p = attached ? attached->first : NULL; p; p = p->next) {
		str text;
		if (!policy_document(&s->w, &s->account, get_str(p, "PolicyArn"), &text)) {
			return false;
		}
		say_document(s, "policy ", get_str(p, "PolicyArn"), text);
	}
	for (const struct val *p = inside ? inside->first : NULL; p; p = p->next) {
		say_document(s, "policy of its own ", get_str(p, "PolicyName"), get_str(p, "PolicyDocument"));
	}
	return true;
}

/* --- one --- */

static bool show_group(struct show *s, const struct val *group) {
	printf("group " STR_FMT "\n", STR_ARG(get_str(group, "GroupName")));
	say("arn", get_str(group, "Arn"));
	return say_documents(s, group, "GroupPolicyList");
}

static bool show_user(struct show *s, const struct val *user) {
	const struct val *groups = get(user, "GroupList");
	printf("user " STR_FMT "\n", STR_ARG(get_str(user, "UserName")));
	say("arn", get_str(user, "Arn"));
	say("made", ago(s->w.cli->arena, s->now, get_int(user, "CreateDate", 0)));
	say("groups", names_of(s->w.cli->arena, groups, NULL));
	say_boundary(user);
	if (!say_keys(s, get_str(user, "UserName")) || !say_documents(s, user, "UserPolicyList")) {
		return false;
	}
	for (const struct val *g = groups ? groups->first : NULL; g; g = g->next) {
		const struct val *group = entry_find(&s->account.groups, "GroupName", g->s);
		if (group && !show_group(s, group)) {
			return false;
		}
	}
	return true;
}

static bool show_role(struct show *s, const struct val *role) {
	printf("role " STR_FMT "\n", STR_ARG(get_str(role, "RoleName")));
	say("arn", get_str(role, "Arn"));
	say("made", ago(s->w.cli->arena, s->now, get_int(role, "CreateDate", 0)));
	say("profiles", names_of(s->w.cli->arena, get(role, "InstanceProfileList"), "InstanceProfileName"));
	say_boundary(role);
	say_trust(s, get_str(role, "AssumeRolePolicyDocument"));
	return say_documents(s, role, "RolePolicyList");
}

/* An ARN, or the name of one of the account's own policies or of AWS's. */
static bool show_policy(struct show *s, str name) {
	str text, arn = name;
	if (!str_starts(name, S("arn:"))) {
		const struct val *own = entry_find(&s->account.policies, "PolicyName", name);
		arn = own ? get_str(own, "Arn")
			  : str_printf(s->w.cli->arena, "arn:aws:iam::aws:policy/" STR_FMT, STR_ARG(name));
	}
	if (!policy_document(&s->w, &s->account, arn, &text)) {
		return false;
	}
	if (s->w.cli->json) {
		printf(STR_FMT "\n", STR_ARG(str_trim(text)));
	} else {
		say_document(s, "", arn, text);
	}
	return true;
}

static const struct noun {
	const char *name, *member, *own;
	bool (*show)(struct show *s, const struct val *entity);
} kinds[] = {
	{ "user", "UserName", "UserPolicyList", show_user },
	{ "group", "GroupName", "GroupPolicyList", show_group },
	{ "role", "RoleName", "RolePolicyList", show_role },
};
enum { USERS, GROUPS, ROLES, KINDS };

static const struct entries *entries_of(const struct iam_account *a, size_t kind) {
	return kind == USERS ? &a->users : kind == GROUPS ? &a->groups : &a->roles;
}

static bool show_json(struct show *s, const struct val *entity) {
	struct buf b = { .arena = s->w.cli->arena };
	json_write(&b, entity);
	printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
	return true;
}

static bool show_one(struct show *s, const char *kind, str name) {
	if (strcmp(kind, "policy") == 0) {
		return show_policy(s, name);
	}
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, kind) != 0) {
			continue;
		}
		const struct val *entity = entry_find(entries_of(&s->account, i), kinds[i].member, name);
		if (entity) {
			return s->w.cli->json ? show_json(s, entity) : kinds[i].show(s, entity);
		}
	}
	cli_fail(EXIT_REFUSED, "There is no %s " STR_FMT ".", kind, STR_ARG(name));
	return false;
}

/* --- all --- */

static bool list_entity(struct show *s, size_t kind, const struct val *e) {
	str name = get_str(e, kinds[kind].member);
	printf("%s " STR_FMT "\n", kinds[kind].name, STR_ARG(name));
	if (kind == ROLES) {
		say_trust(s, get_str(e, "AssumeRolePolicyDocument"));
		say("profiles", names_of(s->w.cli->arena, get(e, "InstanceProfileList"), "InstanceProfileName"));
	}
	if (kind == USERS) {
		say("groups", names_of(s->w.cli->arena, get(e, "GroupList"), NULL));
	}
	say_policies(s, e, kinds[kind].own);
	if (kind != GROUPS) {
		say_boundary(e);
	}
	return kind != USERS || say_keys(s, name);
}

static bool list_all(struct show *s) {
	size_t n = s->account.policies.n;
	for (size_t kind = 0; kind < KINDS; kind++) {
		const struct entries *e = entries_of(&s->account, kind);
		n += e->n;
		for (size_t i = 0; i < e->n; i++) {
			if (!list_entity(s, kind, e->v[i])) {
				return false;
			}
		}
	}
	for (size_t i = 0; i < s->account.policies.n; i++) {
		const struct val *p = s->account.policies.v[i];
		printf("policy " STR_FMT " (attached to %lld)\n", STR_ARG(get_str(p, "Arn")),
		       (long long)get_int(p, "AttachmentCount", 0));
	}
	if (!n) {
		puts("Nobody yet but root. `aerostat iam setup-user NAME` makes a user.");
	}
	return true;
}

static bool list_json(struct show *s) {
	static const char *const lists[] = { "users", "groups", "roles", "policies" };
	struct buf b = { .arena = s->w.cli->arena };
	for (size_t kind = 0; kind <= KINDS; kind++) {
		const struct entries *e = kind < KINDS ? entries_of(&s->account, kind) : &s->account.policies;
		putf(&b, "%c\"%s\":[", kind ? ',' : '{', lists[kind]);
		for (size_t i = 0; i < e->n; i++) {
			putz(&b, i ? "," : "");
			json_write(&b, e->v[i]);
		}
		put_byte(&b, ']');
	}
	printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
	return true;
}

static bool is_kind(const char *word) {
	bool known = strcmp(word, "policy") == 0;
	for (size_t i = 0; i < KINDS; i++) {
		known = known || strcmp(word, kinds[i].name) == 0;
	}
	return known;
}

int iam_show(struct cli *cli) {
	struct show s = { .now = 0 };
	struct wish wish = { 0 };
	const struct option options[] = { WHERE_OPTIONS(&wish, "--profile"), { 0 } };
	if (!options_take(cli, options) || (cli->argc != 0 && (cli->argc != 2 || !is_kind(cli->argv[0])))) {
		return iam_usage("show");
	}
	if (!where_open(&s.w, cli, &wish) || (!s.w.client.place.local && !where_tell(&s.w)) ||
	    !iam_account_read(&s.w, &s.account)) {
		return EXIT_REFUSED;
	}
	s.now = where_now(&s.w);
	bool good = cli->argc   ? show_one(&s, cli->argv[0], str_from(cli->argv[1]))
		    : cli->json ? list_json(&s)
				: list_all(&s);
	return good ? EXIT_DONE : EXIT_REFUSED;
}
