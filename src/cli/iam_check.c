#include "base/fd.h"
#include "cli/iam.h"
#include "cli/iam_account.h"
#include "policy/vain.h"

#include <stdio.h>

enum { DOCUMENT_MAX = 1024 * 1024, READ_AT_ONCE = 16384 };

struct check {
	struct where w;
	bool open; /* a cloud is there to be asked */
	str user, role;
	bool all;
	size_t documents, never, found;
	struct buf json;
	str asked[256];
	enum bucket_is is[256];
	size_t n_asked;
};

static bool take_options(struct cli *cli, struct check *c, struct wish *wish) {
	const struct option options[] = { WHERE_OPTIONS(wish, "--profile"),
					  { .name = "--user", .value = &c->user },
					  { .name = "--role", .value = &c->role },
					  { .name = "--all", .flag = &c->all },
					  { 0 } };
	if (!options_take(cli, options)) {
		return false;
	}
	bool stored = c->user.p || c->role.p || c->all;
	return stored ? cli->argc == 0 : cli->argc > 0;
}

/* --- what is told --- */

static str place_of(struct arena *a, const struct policy *p, const struct finding *f) {
	str sid = f->statement < 0 ? (str){ 0 } : policy_sid(p, (size_t)f->statement);
	if (f->statement < 0) {
		return S("");
	}
	return sid.n ? str_printf(a, "statement %d (" STR_FMT "): ", f->statement + 1, STR_ARG(sid))
		     : str_printf(a, "statement %d: ", f->statement + 1);
}

static void tell_json(struct check *c, str name, const struct policy *p, const struct finding *f) {
	struct buf *b = &c->json;
	putz(b, c->found ? ",{\"document\":" : "{\"document\":");
	put_json(b, name);
	if (f->statement >= 0) {
		putf(b, ",\"statement\":%d", f->statement + 1);
	}
	if (f->statement >= 0 && policy_sid(p, (size_t)f->statement).n) {
		putz(b, ",\"sid\":");
		put_json(b, policy_sid(p, (size_t)f->statement));
	}
	putf(b, ",\"kind\":\"%s\",\"subject\":", finding_name(f->kind));
	put_json(b, f->subject);
	putz(b, ",\"text\":");
	put_json(b, f->text);
	if (f->cure.n) {
		putz(b, ",\"cure\":");
		put_json(b, f->cure);
	}
	put_byte(b, '}');
}

static void tell_line(struct check *c, str name, const struct policy *p, const struct finding *f) {
	printf(STR_FMT ": " STR_FMT STR_FMT ".\n", STR_ARG(name), STR_ARG(place_of(c->w.cli->arena, p, f)),
	       STR_ARG(f->text));
	if (f->cure.n) {
		printf("    " STR_FMT "\n", STR_ARG(f->cure));
	}
}

static void tell(struct check *c, str name, const struct policy *p, const struct findings *all) {
	for (const struct finding *f = all->first; f; f = f->next) {
		if (c->w.cli->json) {
			tell_json(c, name, p, f);
		} else {
			tell_line(c, name, p, f);
		}
		c->found++;
	}
	c->never += all->never;
}

/* --- one document --- */

static enum bucket_is ask_bucket(struct check *c, str bucket) {
	for (size_t i = 0; i < c->n_asked; i++) {
		if (str_eq(c->asked[i], bucket)) {
			return c->is[i];
		}
	}
	enum bucket_is is = where_bucket(&c->w, bucket);
	if (c->n_asked < sizeof(c->asked) / sizeof(*c->asked)) {
		c->asked[c->n_asked] = bucket;
		c->is[c->n_asked++] = is;
	}
	return is;
}

static void check_buckets(struct check *c, const struct policy *p, struct findings *f) {
	str *buckets;
	size_t n = policy_buckets(f->arena, p, &buckets);
	for (size_t i = 0; c->open && i < n; i++) {
		if (ask_bucket(c, buckets[i]) == BUCKET_NOT_THERE) {
			str text = str_printf(f->arena, "bucket " STR_FMT " does not exist", STR_ARG(buckets[i]));
			finding_add(f,
				    &(struct finding){ FINDING_ABSENT, -1, buckets[i], text,
						       S("Name the bucket that you have, or make this one."), NULL });
		}
	}
}

static void check_document(struct check *c, str name, str text) {
	struct arena *a = c->w.cli->arena;
	struct findings f = { .arena = a };
	struct policy_error why;
	enum policy_kind kind = policy_kind_of(text);
	const struct policy *p = policy_read(a, text, kind, &why);
	c->documents++;
	if (p) {
		policy_vain(&f, p, kind);
		check_buckets(c, p, &f);
	} else {
		finding_add(&f, &(struct finding){ FINDING_NEVER, -1, S("document"), why.sentence, { 0 }, NULL });
	}
	tell(c, name, p, &f);
}

/* --- files --- */

static int read_standard_input(struct arena *a, str *out) {
	struct buf b = { .arena = a };
	for (ssize_t n = 1; n > 0 && b.n <= DOCUMENT_MAX;) {
		n = read(STDIN_FILENO, buf_room(&b, READ_AT_ONCE), READ_AT_ONCE);
		b.n += n > 0 ? (size_t)n : 0;
	}
	*out = buf_str(&b);
	return b.n > DOCUMENT_MAX ? -1 : 0;
}

static bool check_file(struct check *c, const char *path) {
	struct arena *a = c->w.cli->arena;
	str text;
	bool standard = strcmp(path, "-") == 0;
	int rc = standard ? read_standard_input(a, &text) : file_read(a, path, DOCUMENT_MAX, &text);
	if (rc) {
		cli_fail(EXIT_REFUSED, "%s cannot be read: %s.", path, standard ? "it is too long" : strerror(-rc));
		return false;
	}
	check_document(c, standard ? S("standard input") : str_from(path), text);
	return true;
}

static bool check_files(struct check *c) {
	for (int i = 0; i < c->w.cli->argc; i++) {
		if (!check_file(c, c->w.cli->argv[i])) {
			return false;
		}
	}
	return true;
}

/* --- what the cloud has --- */

static void check_inline(struct check *c, const char *kind, str owner, const struct val *list) {
	for (const struct val *p = list ? list->first : NULL; p; p = p->next) {
		str name = str_printf(c->w.cli->arena, "%s " STR_FMT ", policy " STR_FMT, kind, STR_ARG(owner),
				      STR_ARG(get_str(p, "PolicyName")));
		check_document(c, name, get_str(p, "PolicyDocument"));
	}
}

/* AWS's own managed policies are as they are. */
static void check_attached(struct check *c, const struct iam_account *account, const struct val *list) {
	for (const struct val *p = list ? list->first : NULL; p && !c->all; p = p->next) {
		str arn = get_str(p, "PolicyArn"), text = own_policy_document(account, arn);
		if (text.p) {
			check_document(c, str_printf(c->w.cli->arena, "policy " STR_FMT, STR_ARG(arn)), text);
		}
	}
}

static void check_group(struct check *c, const struct iam_account *account, const struct val *group) {
	check_inline(c, "group", get_str(group, "GroupName"), get(group, "GroupPolicyList"));
	check_attached(c, account, get(group, "AttachedManagedPolicies"));
}

static void check_user(struct check *c, const struct iam_account *account, const struct val *user) {
	const struct val *groups = get(user, "GroupList");
	check_inline(c, "user", get_str(user, "UserName"), get(user, "UserPolicyList"));
	check_attached(c, account, get(user, "AttachedManagedPolicies"));
	for (const struct val *g = groups ? groups->first : NULL; g && !c->all; g = g->next) {
		const struct val *group = entry_find(&account->groups, "GroupName", g->s);
		if (group) {
			check_group(c, account, group);
		}
	}
}

static void check_role(struct check *c, const struct iam_account *account, const struct val *role) {
	str name = get_str(role, "RoleName");
	check_document(c, str_printf(c->w.cli->arena, "role " STR_FMT ", trust policy", STR_ARG(name)),
		       get_str(role, "AssumeRolePolicyDocument"));
	check_inline(c, "role", name, get(role, "RolePolicyList"));
	check_attached(c, account, get(role, "AttachedManagedPolicies"));
}

static bool must_find(const struct entries *e, const char *member, str name, const struct val **out) {
	*out = entry_find(e, member, name);
	if (!*out) {
		cli_fail(EXIT_REFUSED, "There is no %s " STR_FMT ".", strcmp(member, "UserName") == 0 ? "user" : "role",
			 STR_ARG(name));
	}
	return *out;
}

static void check_all(struct check *c, const struct iam_account *account) {
	for (size_t i = 0; i < account->users.n; i++) {
		check_user(c, account, account->users.v[i]);
	}
	for (size_t i = 0; i < account->groups.n; i++) {
		check_group(c, account, account->groups.v[i]);
	}
	for (size_t i = 0; i < account->roles.n; i++) {
		check_role(c, account, account->roles.v[i]);
	}
	for (size_t i = 0; i < account->policies.n; i++) {
		str arn = get_str(account->policies.v[i], "Arn");
		check_document(c, str_printf(c->w.cli->arena, "policy " STR_FMT, STR_ARG(arn)),
			       own_policy_document(account, arn));
	}
}

static bool check_stored(struct check *c) {
	struct iam_account account;
	const struct val *user = NULL, *role = NULL;
	if (!iam_account_read(&c->w, &account) ||
	    (c->user.p && !must_find(&account.users, "UserName", c->user, &user)) ||
	    (c->role.p && !must_find(&account.roles, "RoleName", c->role, &role))) {
		return false;
	}
	if (c->all) {
		check_all(c, &account);
		return true;
	}
	if (user) {
		check_user(c, &account, user);
	}
	if (role) {
		check_role(c, &account, role);
	}
	return true;
}

/* --- the verb --- */

/* Files need no cloud: without one, nobody is asked about buckets. */
static bool open_cloud(struct check *c, struct cli *cli, const struct wish *wish) {
	bool files = cli->argc > 0;
	c->w.cli = cli;
	if (files && wish_is_local(wish) && !server_is_up(cli)) {
		fputs("No server is up: whether the buckets exist was not asked.\n", stderr);
		return true;
	}
	c->open = where_open(&c->w, cli, wish) && (c->w.client.place.local || where_tell(&c->w));
	return c->open;
}

static void sum_up(const struct check *c) {
	if (c->w.cli->json) {
		printf("{\"documents\":%zu,\"never\":%zu,\"bucketsAsked\":%s,\"findings\":[" STR_FMT "]}\n",
		       c->documents, c->never, c->open ? "true" : "false", STR_ARG(buf_str(&c->json)));
		return;
	}
	if (!c->found) {
		printf("%zu document%s: nothing found.\n", c->documents, c->documents == 1 ? "" : "s");
	}
}

int iam_check(struct cli *cli) {
	struct check *c = NEW(cli->arena, struct check);
	struct wish wish = { 0 };
	c->json.arena = cli->arena;
	if (!take_options(cli, c, &wish)) {
		return iam_usage("check");
	}
	if (!open_cloud(c, cli, &wish) || !(cli->argc ? check_files(c) : check_stored(c))) {
		return EXIT_REFUSED;
	}
	sum_up(c);
	return c->never ? EXIT_REFUSED : EXIT_DONE;
}
