#include "cli/iam.h"
#include "cli/where.h"

#include <stdio.h>

/* --- what users and roles have in common: a bucket of their own --- */

bool iam_bucket_is_there(struct where *w, str bucket) {
	switch (where_bucket(w, bucket)) {
	case BUCKET_THERE: return true;
	case BUCKET_NOT_THERE:
		cli_fail(EXIT_REFUSED, "There is no bucket " STR_FMT ": make it first (`aws s3 mb s3://" STR_FMT "`).",
			 STR_ARG(bucket), STR_ARG(bucket));
		return false;
	case BUCKET_ELSEWHERE:
		cli_fail(EXIT_REFUSED, "The bucket " STR_FMT " is somebody else's, or may not be looked at.",
			 STR_ARG(bucket));
		return false;
	default: return false;
	}
}

str iam_bucket_policy_name(struct arena *a, str bucket) {
	return str_printf(a, "bucket-" STR_FMT, STR_ARG(bucket));
}

void iam_put_bucket_statements(struct buf *b, str bucket) {
	putz(b, "{\"Sid\":\"Objects\",\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\","
		"\"s3:DeleteObject\"],\"Resource\":");
	put_json(b, str_printf(b->arena, "arn:aws:s3:::" STR_FMT "/*", STR_ARG(bucket)));
	putz(b, "},{\"Sid\":\"Bucket\",\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":");
	put_json(b, str_printf(b->arena, "arn:aws:s3:::" STR_FMT, STR_ARG(bucket)));
	put_byte(b, '}');
}

/* --- the role --- */

struct setup {
	struct where w;
	str role, bucket, profile;
	struct option_values services;
	bool force;
	/* what was found or done */
	str arn, profile_arn;
	bool made, trust_differs, trust_replaced, policy_made, profile_made, role_added;
};

static bool take_options(struct cli *cli, struct setup *s, struct wish *wish) {
	const struct option options[] = { WHERE_OPTIONS(wish, "--profile"),
					  { .name = "--bucket", .value = &s->bucket },
					  { .name = "--service", .values = &s->services },
					  { .name = "--instance-profile", .value = &s->profile },
					  { .name = "--force", .flag = &s->force },
					  { 0 } };
	if (!options_take(cli, options) || cli->argc != 1 || !s->bucket.n) {
		return false;
	}
	s->role = str_from(cli->argv[0]);
	s->profile = s->profile.p ? s->profile : s->role;
	if (!s->services.n) {
		s->services.v[s->services.n++] = S("ec2.amazonaws.com");
	}
	return true;
}

static str trust_of(const struct setup *s) {
	struct buf b = { .arena = s->w.cli->arena };
	putz(&b, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":");
	putz(&b, s->services.n > 1 ? "[" : "");
	for (size_t i = 0; i < s->services.n; i++) {
		putz(&b, i ? "," : "");
		put_json(&b, s->services.v[i]);
	}
	putz(&b, s->services.n > 1 ? "]" : "");
	putz(&b, "},\"Action\":\"sts:AssumeRole\"}]}");
	return buf_str(&b);
}

static bool replace_trust(struct setup *s, str trust) {
	struct answer a;
	struct ask q = ask_about(&s->w, "UpdateAssumeRolePolicy", "RoleName", s->role);
	set_str(s->w.cli->arena, q.in, "PolicyDocument", trust);
	s->trust_replaced = where_call(&s->w, &q, &a);
	return s->trust_replaced;
}

static bool make_role(struct setup *s) {
	struct answer a;
	str trust = trust_of(s);
	struct ask q = ask_about(&s->w, "GetRole", "RoleName", s->role);
	q.expected = "NoSuchEntity";
	if (!where_call(&s->w, &q, &a)) {
		return false;
	}
	if (!a.out) {
		q = ask_about(&s->w, "CreateRole", "RoleName", s->role);
		set_str(s->w.cli->arena, q.in, "AssumeRolePolicyDocument", trust);
		s->made = true;
		if (!where_call(&s->w, &q, &a)) {
			return false;
		}
	}
	const struct val *role = get(a.out, "Role");
	str has = url_decode(s->w.cli->arena, get_str(role, "AssumeRolePolicyDocument"));
	s->arn = get_str(role, "Arn");
	s->trust_differs = !s->made && !str_eq(has, trust);
	return !s->trust_differs || !s->force || replace_trust(s, trust);
}

#define POLICY_NAME "ml-training"

static bool put_policy(struct setup *s) {
	struct answer a;
	struct buf b = { .arena = s->w.cli->arena };
	struct ask q = ask_about(&s->w, "GetRolePolicy", "RoleName", s->role);
	putz(&b, "{\"Version\":\"2012-10-17\",\"Statement\":[");
	iam_put_bucket_statements(&b, s->bucket);
	putz(&b,
	     ",{\"Sid\":\"Logs\",\"Effect\":\"Allow\",\"Action\":[\"logs:CreateLogGroup\",\"logs:CreateLogStream\","
	     "\"logs:PutLogEvents\"],\"Resource\":\"arn:aws:logs:*:*:*\"},{\"Sid\":\"Metrics\",\"Effect\":\"Allow\","
	     "\"Action\":\"cloudwatch:PutMetricData\",\"Resource\":\"*\"}]}");
	q.expected = "NoSuchEntity";
	set_str(b.arena, q.in, "PolicyName", S(POLICY_NAME));
	if (!where_call(&s->w, &q, &a)) {
		return false;
	}
	s->policy_made = !a.out || !str_eq(url_decode(b.arena, get_str(a.out, "PolicyDocument")), buf_str(&b));
	q = ask_about(&s->w, "PutRolePolicy", "RoleName", s->role);
	set_str(b.arena, q.in, "PolicyName", S(POLICY_NAME));
	set_str(b.arena, q.in, "PolicyDocument", buf_str(&b));
	return !s->policy_made || where_call(&s->w, &q, &a);
}

static bool make_profile(struct setup *s, struct answer *a) {
	struct ask q = ask_about(&s->w, "GetInstanceProfile", "InstanceProfileName", s->profile);
	q.expected = "NoSuchEntity";
	if (!where_call(&s->w, &q, a)) {
		return false;
	}
	if (!a->out) {
		q = ask_about(&s->w, "CreateInstanceProfile", "InstanceProfileName", s->profile);
		s->profile_made = true;
		return where_call(&s->w, &q, a);
	}
	return true;
}

static bool add_role(struct setup *s) {
	struct answer a;
	if (!make_profile(s, &a)) {
		return false;
	}
	const struct val *profile = get(a.out, "InstanceProfile"), *roles = get(profile, "Roles");
	const struct val *role = roles ? roles->first : NULL;
	s->profile_arn = get_str(profile, "Arn");
	if (role && str_eq(get_str(role, "RoleName"), s->role)) {
		return true;
	}
	if (role) {
		cli_fail(EXIT_REFUSED,
			 "The instance profile " STR_FMT " holds the role " STR_FMT ", and can hold but one: say "
			 "--instance-profile NAME for another.",
			 STR_ARG(s->profile), STR_ARG(get_str(role, "RoleName")));
		return false;
	}
	struct ask q = ask_about(&s->w, "AddRoleToInstanceProfile", "InstanceProfileName", s->profile);
	set_str(s->w.cli->arena, q.in, "RoleName", s->role);
	s->role_added = true;
	return where_call(&s->w, &q, &a);
}

static const char *trust_state(const struct setup *s) {
	return s->made || s->trust_replaced ? ""
	       : s->trust_differs           ? ", with another trust policy, which stays; --force replaces it"
					    : "";
}

static void tell(const struct setup *s) {
	printf("role              " STR_FMT " (%s%s)\n", STR_ARG(s->arn), s->made ? "made" : "was there",
	       trust_state(s));
	for (size_t i = 0; i < s->services.n && (!s->trust_differs || s->trust_replaced); i++) {
		printf("assumed by        " STR_FMT "\n", STR_ARG(s->services.v[i]));
	}
	printf("policy            " POLICY_NAME " (%s): objects and list of " STR_FMT ", logs, metrics\n",
	       s->policy_made ? "put" : "was there", STR_ARG(s->bucket));
	printf("instance profile  " STR_FMT " (%s, the role %s)\n", STR_ARG(s->profile_arn),
	       s->profile_made ? "made" : "was there", s->role_added ? "added" : "was in it");
}

static void tell_json(const struct setup *s) {
	struct buf b = { .arena = s->w.cli->arena };
	putz(&b, "{\"account\":");
	put_json(&b, s->w.account);
	putz(&b, ",\"role\":");
	put_json(&b, s->arn);
	putf(&b, ",\"made\":%s,\"trustDiffers\":%s,\"policy\":\"" POLICY_NAME "\",\"policyPut\":%s,\"bucket\":",
	     s->made ? "true" : "false", s->trust_differs && !s->trust_replaced ? "true" : "false",
	     s->policy_made ? "true" : "false");
	put_json(&b, s->bucket);
	putz(&b, ",\"instanceProfile\":");
	put_json(&b, s->profile_arn);
	putf(&b, ",\"instanceProfileMade\":%s,\"roleAdded\":%s}", s->profile_made ? "true" : "false",
	     s->role_added ? "true" : "false");
	printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
}

int iam_setup_role(struct cli *cli) {
	struct setup *s = NEW(cli->arena, struct setup);
	struct wish wish = { 0 };
	if (!take_options(cli, s, &wish)) {
		return iam_usage("setup-role");
	}
	if (!where_open(&s->w, cli, &wish) || !where_tell(&s->w) || !iam_bucket_is_there(&s->w, s->bucket) ||
	    !make_role(s) || !put_policy(s) || !add_role(s)) {
		return EXIT_REFUSED;
	}
	if (cli->json) {
		tell_json(s);
	} else {
		tell(s);
	}
	return EXIT_DONE;
}
