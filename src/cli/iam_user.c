#include "cli/iam.h"
#include "cli/where.h"
#include "client/profile.h"

#include <stdio.h>

#define ADMINISTRATOR "arn:aws:iam::aws:policy/AdministratorAccess"

struct setup {
	struct where w;
	str user, bucket;
	struct option_values policies; /* ARNs, or names of AWS's own */
	struct profile profile;
	bool force;
	/* what was found or done */
	str arn;
	bool made, key_made, by_default;
	bool attached[OPTION_VALUES_MAX]; /* now; else it was before */
};

static bool take_options(struct cli *cli, struct setup *s, struct wish *wish) {
	const struct option options[] = { WHERE_OPTIONS(wish, "--as"),
					  { .name = "--policy", .values = &s->policies },
					  { .name = "--bucket", .value = &s->bucket },
					  { .name = "--profile", .value = &s->profile.name },
					  { .name = "--force", .flag = &s->force },
					  { 0 } };
	if (!options_take(cli, options) || cli->argc != 1) {
		return false;
	}
	s->user = str_from(cli->argv[0]);
	s->profile.name = s->profile.name.p ? s->profile.name : s->user;
	for (size_t i = 0; i < s->policies.n; i++) {
		if (!str_starts(s->policies.v[i], S("arn:"))) {
			s->policies.v[i] =
				str_printf(cli->arena, "arn:aws:iam::aws:policy/" STR_FMT, STR_ARG(s->policies.v[i]));
		}
	}
	return true;
}

static void describe_profile(struct setup *s) {
	const struct place *p = &s->w.client.place;
	s->profile.note = str_printf(s->w.cli->arena, "user " STR_FMT ", account " STR_FMT ", %s", STR_ARG(s->user),
				     STR_ARG(s->w.account),
				     p->aws     ? "AWS"
				     : p->local ? "the local cloud"
						: "its endpoint");
	s->profile.endpoint = p->aws ? (str){ 0 } : p->endpoint;
	s->profile.region = p->region;
}

/* --- the steps --- */

static bool make_user(struct setup *s) {
	struct answer a;
	struct ask q = ask_about(&s->w, "GetUser", "UserName", s->user);
	q.expected = "NoSuchEntity";
	if (!where_call(&s->w, &q, &a)) {
		return false;
	}
	if (!a.out) {
		q = ask_about(&s->w, "CreateUser", "UserName", s->user);
		s->made = true;
		if (!where_call(&s->w, &q, &a)) {
			return false;
		}
	}
	s->arn = get_str(get(a.out, "User"), "Arn");
	return true;
}

/* Which of the wanted policies are attached already. */
static bool find_attached(struct setup *s, bool *there) {
	struct answer a = { 0 };
	struct ask q = ask_about(&s->w, "ListAttachedUserPolicies", "UserName", s->user);
	while (where_page(&s->w, &q, &a)) {
		const struct val *list = get(a.out, "AttachedPolicies");
		for (const struct val *p = list ? list->first : NULL; p; p = p->next) {
			for (size_t i = 0; i < s->policies.n; i++) {
				there[i] |= str_eq(get_str(p, "PolicyArn"), s->policies.v[i]);
			}
		}
	}
	return a.out;
}

/* Those that the user has are those that are wanted. */
static bool keep_attached(struct setup *s) {
	struct answer a = { 0 };
	struct ask q = ask_about(&s->w, "ListAttachedUserPolicies", "UserName", s->user);
	while (where_page(&s->w, &q, &a)) {
		const struct val *list = get(a.out, "AttachedPolicies");
		for (const struct val *p = list ? list->first : NULL; p && s->policies.n < OPTION_VALUES_MAX;
		     p = p->next) {
			s->policies.v[s->policies.n++] = get_str(p, "PolicyArn");
		}
	}
	return a.out;
}

static bool has_inline(struct setup *s, bool *found) {
	struct answer a;
	struct ask q = ask_about(&s->w, "ListUserPolicies", "UserName", s->user);
	if (!where_call(&s->w, &q, &a)) {
		return false;
	}
	*found = val_count(get(a.out, "PolicyNames")) > 0;
	return true;
}

/* Without a word about policies: an administrator, unless the user has been given something already. */
static bool choose_policies(struct setup *s) {
	bool own;
	if (s->policies.n || s->bucket.p) {
		return true;
	}
	if (!keep_attached(s) || !has_inline(s, &own)) {
		return false;
	}
	s->by_default = !s->policies.n && !own;
	if (s->by_default) {
		s->policies.v[s->policies.n++] = S(ADMINISTRATOR);
	}
	return true;
}

static bool attach(struct setup *s) {
	bool there[OPTION_VALUES_MAX] = { false };
	struct answer a;
	if (!choose_policies(s) || !find_attached(s, there)) {
		return false;
	}
	for (size_t i = 0; i < s->policies.n; i++) {
		struct ask q = ask_about(&s->w, "AttachUserPolicy", "UserName", s->user);
		set_str(s->w.cli->arena, q.in, "PolicyArn", s->policies.v[i]);
		s->attached[i] = !there[i];
		if (!there[i] && !where_call(&s->w, &q, &a)) {
			return false;
		}
	}
	return true;
}

static bool put_bucket_policy(struct setup *s) {
	struct answer a;
	struct ask q = ask_about(&s->w, "PutUserPolicy", "UserName", s->user);
	struct buf b = { .arena = s->w.cli->arena };
	if (!s->bucket.p) {
		return true;
	}
	putz(&b, "{\"Version\":\"2012-10-17\",\"Statement\":[");
	iam_put_bucket_statements(&b, s->bucket);
	putz(&b, "]}");
	set_str(b.arena, q.in, "PolicyName", iam_bucket_policy_name(b.arena, s->bucket));
	set_str(b.arena, q.in, "PolicyDocument", buf_str(&b));
	return where_call(&s->w, &q, &a);
}

/* Does the profile hold a key that the user has? */
static bool find_key(struct setup *s, bool *found) {
	struct answer a = { 0 };
	struct profile old;
	str why;
	struct ask q = ask_about(&s->w, "ListAccessKeys", "UserName", s->user);
	*found = false;
	if (!profile_read(s->w.cli->arena, s->profile.name, &old, &why)) {
		cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(why));
		return false;
	}
	while (where_page(&s->w, &q, &a)) {
		const struct val *list = get(a.out, "AccessKeyMetadata");
		for (const struct val *k = list ? list->first : NULL; k; k = k->next) {
			*found |= str_eq(old.note, s->profile.note) && old.keys.secret.n &&
				  str_eq(get_str(k, "AccessKeyId"), old.keys.access_key) &&
				  str_is(get_str(k, "Status"), "Active");
		}
	}
	s->profile.keys = *found ? old.keys : (struct keys){ 0 };
	return a.out;
}

static bool make_key(struct setup *s) {
	struct answer a;
	bool found;
	struct ask q = ask_about(&s->w, "CreateAccessKey", "UserName", s->user);
	q.expected = "LimitExceeded";
	if (!find_key(s, &found)) {
		return false;
	}
	if (found) {
		return true;
	}
	if (!where_call(&s->w, &q, &a)) {
		return false;
	}
	if (!a.out) {
		cli_fail(EXIT_REFUSED,
			 STR_FMT
			 " has two access keys already, and the profile holds neither: delete one (`aerostat iam show "
			 "user " STR_FMT "` lists them, `aws iam delete-access-key` deletes).",
			 STR_ARG(s->user), STR_ARG(s->user));
		return false;
	}
	const struct val *k = get(a.out, "AccessKey");
	s->key_made = true;
	s->profile.keys = (struct keys){ get_str(k, "AccessKeyId"), get_str(k, "SecretAccessKey"), { 0 } };
	return true;
}

/* --- what is told --- */

static void tell(const struct setup *s) {
	printf("user        " STR_FMT " (%s)\n", STR_ARG(s->arn), s->made ? "made" : "was there");
	for (size_t i = 0; i < s->policies.n; i++) {
		printf("policy      " STR_FMT " (%s)%s\n", STR_ARG(s->policies.v[i]),
		       s->attached[i] ? "attached" : "was attached",
		       s->by_default ? ": may do everything; for learning, not for production" : "");
	}
	if (s->bucket.p) {
		printf("policy      " STR_FMT " (in the user): read, write, delete and list in " STR_FMT "\n",
		       STR_ARG(iam_bucket_policy_name(s->w.cli->arena, s->bucket)), STR_ARG(s->bucket));
	}
	printf("access key  " STR_FMT " (%s)\n", STR_ARG(s->profile.keys.access_key),
	       s->key_made ? "made" : "was in the profile");
	if (s->key_made) {
		printf("secret      " STR_FMT " (shown this once)\n", STR_ARG(s->profile.keys.secret));
	}
}

static void tell_profile(const struct setup *s) {
	struct arena *a = s->w.cli->arena;
	printf("profile     " STR_FMT " in " STR_FMT ", region " STR_FMT "%s" STR_FMT "\n", STR_ARG(s->profile.name),
	       STR_ARG(credentials_path(a)), STR_ARG(s->profile.region), s->profile.endpoint.n ? ", endpoint " : "",
	       STR_ARG(s->profile.endpoint));
	printf("\nUse it:  export AWS_PROFILE=" STR_FMT "\n", STR_ARG(s->profile.name));
}

static void warn(const struct setup *s) {
	str variable = profile_overridden(s->profile.endpoint);
	if (s->profile.endpoint.n && variable.n) {
		fprintf(stderr,
			"aerostat: " STR_FMT " is set here and goes before the profile's endpoint: unset it, or the "
			"profile's keys are sent elsewhere.\n",
			STR_ARG(variable));
	}
}

static void put_member(struct buf *b, const char *name, str value) {
	putf(b, "%s\"%s\":", b->p[b->n - 1] == '{' ? "" : ",", name);
	put_json(b, value);
}

static void tell_json(const struct setup *s, bool written) {
	struct buf b = { .arena = s->w.cli->arena };
	put_byte(&b, '{');
	put_member(&b, "account", s->w.account);
	put_member(&b, "user", s->arn);
	putf(&b, ",\"made\":%s,\"policies\":[", s->made ? "true" : "false");
	for (size_t i = 0; i < s->policies.n; i++) {
		putf(&b, "%s{\"arn\":", i ? "," : "");
		put_json(&b, s->policies.v[i]);
		putf(&b, ",\"attached\":%s}", s->attached[i] ? "true" : "false");
	}
	put_byte(&b, ']');
	if (s->bucket.p) {
		put_member(&b, "bucket", s->bucket);
	}
	put_member(&b, "accessKeyId", s->profile.keys.access_key);
	if (s->key_made) {
		put_member(&b, "secretAccessKey", s->profile.keys.secret);
	}
	if (written) {
		put_member(&b, "profile", s->profile.name);
		put_member(&b, "region", s->profile.region);
	}
	if (written && s->profile.endpoint.n) {
		put_member(&b, "endpointUrl", s->profile.endpoint);
	}
	printf(STR_FMT "}\n", STR_ARG(buf_str(&b)));
}

/* A secret that was made is told even when it could not be written. */
static int finish(struct setup *s) {
	str why;
	bool written = profile_write(s->w.cli->arena, &s->profile, &why);
	if (s->w.cli->json) {
		tell_json(s, written);
	} else {
		tell(s);
	}
	if (!written) {
		return cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(why));
	}
	if (!s->w.cli->json) {
		tell_profile(s);
	}
	warn(s);
	return EXIT_DONE;
}

int iam_setup_user(struct cli *cli) {
	struct setup *s = NEW(cli->arena, struct setup);
	struct wish wish = { 0 };
	str why;
	if (!take_options(cli, s, &wish)) {
		return iam_usage("setup-user");
	}
	if (!profile_name_is_plain(s->profile.name)) {
		return cli_fail(EXIT_USAGE, "A profile's name is letters, digits and _.@+=,- (say --profile NAME).");
	}
	if (!where_open(&s->w, cli, &wish) || !where_tell(&s->w)) {
		return EXIT_REFUSED;
	}
	describe_profile(s);
	if (!profile_may_write(cli->arena, &s->profile, s->force, &why)) {
		return cli_fail(EXIT_REFUSED, STR_FMT, STR_ARG(why));
	}
	if ((s->bucket.p && !iam_bucket_is_there(&s->w, s->bucket)) || !make_user(s) || !attach(s) ||
	    !put_bucket_policy(s) || !make_key(s)) {
		return EXIT_REFUSED;
	}
	return finish(s);
}
