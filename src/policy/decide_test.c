/* AWS's published examples of the decision: what is asked, and the outcome in the words of the page that tells it. */
#include "policy/case.h"

#include "base/tap.h"

static struct arena arena;

enum outcome { ALLOW, IMPLICIT, EXPLICIT };

struct row {
	const char *page, *words;
	enum outcome outcome;
	enum layer layer;
	const struct principal *who;
	const char *action, *resource;
	const char *identity, *boundary, *session, *on_resource; /* statements; NULL: no such policy */
	const char *owner; /* of the resource; NULL: the caller's account */
	bool trust, restricted, granted, owner_may;
};

#define LOGIC "Policy evaluation logic"
#define DENYALLOW "How AWS enforcement code logic evaluates requests"
#define BASICS "Policy evaluation for requests within a single account"
#define CROSS "Cross-account policy evaluation logic"
#define BOUNDS "Permissions boundaries for IAM entities"
#define SESSIONS "Policies and permissions: session policies"
#define WHO "AWS JSON policy elements: Principal"
#define NOT_WHO "AWS JSON policy elements: NotPrincipal"
#define INTERPLAY "The difference between explicit and implicit denies"
#define TRUSTS "IAM roles: trust policies"
#define BLOCKING "Amazon S3: Blocking public access"

#define S3_ALL "{`Effect`:`Allow`,`Action`:`s3:*`,`Resource`:`*`}"
#define EC2_ALL "{`Effect`:`Allow`,`Action`:`ec2:*`,`Resource`:`*`}"
#define ASSUME "{`Effect`:`Allow`,`Action`:`sts:AssumeRole`,`Resource`:`*`}"
#define GRANT(who) "{`Effect`:`Allow`,`Principal`:" who ",`Action`:`s3:GetObject`,`Resource`:`arn:aws:s3:::logs/*`}"
#define TRUST(who) "{`Effect`:`Allow`,`Principal`:" who ",`Action`:`sts:AssumeRole`}"
#define DENY_BUT(who) "{`Effect`:`Deny`,`NotPrincipal`:{`AWS`:[" who "]},`Action`:`s3:*`,`Resource`:`*`}"
#define USER "`arn:aws:iam::123456789012:user/carlos`"
#define ROLE "`arn:aws:iam::123456789012:role/path/job`"
#define NIGHT "`arn:aws:sts::123456789012:assumed-role/job/night`"
#define FEDERATED "`arn:aws:sts::123456789012:federated-user/bob`"
#define ROOT "`arn:aws:iam::123456789012:root`"
#define AWS(who) "{`AWS`:" who "}"

/* The policy of the example "Carlos" on the page BASICS. */
#define CARLOS                                                                                                         \
	"{`Sid`:`AllowS3ListRead`,`Effect`:`Allow`,`Action`:[`s3:GetBucketLocation`,`s3:GetAccountPublicAccessBlock`," \
	"`s3:ListAccessPoints`,`s3:ListAllMyBuckets`],`Resource`:`arn:aws:s3:::*`},"                                   \
	"{`Sid`:`AllowS3Self`,`Effect`:`Allow`,`Action`:`s3:*`,`Resource`:[`arn:aws:s3:::carlos/*`,"                   \
	"`arn:aws:s3:::carlos`]},"                                                                                     \
	"{`Sid`:`DenyS3Logs`,`Effect`:`Deny`,`Action`:`s3:*`,`Resource`:`arn:aws:s3:::*log*`}"
#define CARLOS_BUCKET                                                                                                  \
	"{`Effect`:`Allow`,`Principal`:{`AWS`:" USER "},`Action`:`s3:*`,`Resource`:[`arn:aws:s3:::carlos/*`,"          \
	"`arn:aws:s3:::carlos`]}"
#define GET_LIST                                                                                                       \
	"{`Sid`:`AllowGetList`,`Effect`:`Allow`,`Action`:[`iam:Get*`,`iam:List*`],`Resource`:`*`},"                    \
	"{`Sid`:`DenyReports`,`Effect`:`Deny`,`Action`:`iam:*Report`,`Resource`:`*`}"
#define SHIRLEY "{`Effect`:`Allow`,`Action`:[`s3:*`,`cloudwatch:*`,`ec2:*`],`Resource`:`*`}"
#define CREATE_USER "{`Effect`:`Allow`,`Action`:`iam:CreateUser`,`Resource`:`*`}"
#define DENY_LOGS "{`Effect`:`Deny`,`Action`:`s3:*`,`Resource`:`arn:aws:s3:::logs/*`}"

#define ASK(does, to) .action = (does), .resource = (to)
#define OBJECT ASK("s3:GetObject", "arn:aws:s3:::logs/a")
#define NEW_ROLE ASK("sts:AssumeRole", "arn:aws:iam::123456789012:role/deploy")

static const struct row rows[] = {
	/* --- one account --- */
	{ DENYALLOW, "by default, all requests are implicitly denied", IMPLICIT, LAYER_IDENTITY, &case_user, OBJECT },
	{ DENYALLOW, "with the exception of the root user, which has full access", ALLOW, LAYER_ROOT, &case_root,
	  OBJECT },
	{ DENYALLOW, "an explicit allow in an identity-based policy overrides this default", ALLOW, LAYER_IDENTITY,
	  &case_user, OBJECT, S3_ALL },
	{ DENYALLOW, "an explicit allow in a resource-based policy overrides it", ALLOW, LAYER_RESOURCE, &case_user,
	  OBJECT, .on_resource = GRANT(AWS(USER)) },
	{ DENYALLOW, "an explicit deny in any policy overrides any allows: identity", EXPLICIT, LAYER_IDENTITY,
	  &case_user, OBJECT, S3_ALL "," DENY_LOGS, .on_resource = GRANT(AWS(USER)) },
	{ DENYALLOW, "... in a boundary", EXPLICIT, LAYER_BOUNDARY, &case_user, OBJECT, S3_ALL,
	  .boundary = S3_ALL "," DENY_LOGS },
	{ DENYALLOW, "... in a session policy", EXPLICIT, LAYER_SESSION, &case_role, OBJECT, S3_ALL,
	  .session = S3_ALL "," DENY_LOGS },
	{ DENYALLOW, "... in the resource's", EXPLICIT, LAYER_RESOURCE, &case_user, OBJECT, S3_ALL,
	  .on_resource = "{`Effect`:`Deny`,`Principal`:`*`,`Action`:`s3:*`,`Resource`:`arn:aws:s3:::logs/*`}" },
	{ DENYALLOW, "... for the root user too", EXPLICIT, LAYER_RESOURCE, &case_root, OBJECT,
	  .on_resource = "{`Effect`:`Deny`,`Principal`:`*`,`Action`:`s3:*`,`Resource`:`arn:aws:s3:::logs/*`}" },
	{ "Amazon S3: PutBucketPolicy", "root of the owner may, even if the bucket policy denies it", ALLOW, LAYER_ROOT,
	  &case_root, ASK("s3:PutBucketPolicy", "arn:aws:s3:::logs"),
	  .on_resource = "{`Effect`:`Deny`,`Principal`:`*`,`Action`:`s3:*`,`Resource`:`arn:aws:s3:::logs`}",
	  .owner_may = true },
	{ BASICS, "Carlos is denied access to any bucket used for logging", EXPLICIT, LAYER_IDENTITY, &case_user,
	  ASK("s3:PutObject", "arn:aws:s3:::carlos-logs/f"), CARLOS },
	{ BASICS, "both allow the request: AWS allows it", ALLOW, LAYER_RESOURCE, &case_user,
	  ASK("s3:PutObject", "arn:aws:s3:::carlos/f"), CARLOS, .on_resource = CARLOS_BUCKET },
	{ BASICS, "one allows and the other doesn't: still allowed", ALLOW, LAYER_IDENTITY, &case_user,
	  ASK("s3:PutObject", "arn:aws:s3:::carlos/f"), CARLOS },
	{ BASICS, "AllowS3ListRead lets him view a list of all of the buckets", ALLOW, LAYER_IDENTITY, &case_user,
	  ASK("s3:ListAllMyBuckets", "arn:aws:s3:::*"), CARLOS },
	{ INTERPLAY, "AllowGetList allows actions that begin with Get and List", ALLOW, LAYER_IDENTITY, &case_user,
	  ASK("iam:GetUser", "arn:aws:iam::123456789012:user/x"), GET_LIST },
	{ INTERPLAY, "all other actions, such as iam:CreatePolicy, are implicitly denied", IMPLICIT, LAYER_IDENTITY,
	  &case_user, ASK("iam:CreatePolicy", "arn:aws:iam::123456789012:policy/x"), GET_LIST },
	{ INTERPLAY, "DenyReports explicitly denies actions with the Report suffix", EXPLICIT, LAYER_IDENTITY,
	  &case_user, ASK("iam:GetOrganizationsAccessReport", "*"), GET_LIST },
	{ INTERPLAY, "... and so they are if someone allows them in another statement", EXPLICIT, LAYER_IDENTITY,
	  &case_user, ASK("iam:GenerateCredentialReport", "*"),
	  GET_LIST ",{`Effect`:`Allow`,`Action`:`iam:*`,`Resource`:`*`}" },
	/* --- boundaries --- */
	{ BOUNDS, "Shirley can never do anything in other services, IAM included", IMPLICIT, LAYER_BOUNDARY, &case_user,
	  ASK("iam:CreateUser", "arn:aws:iam::123456789012:user/x"), CREATE_USER, .boundary = SHIRLEY },
	{ BOUNDS, "the boundary does not provide permissions on its own", IMPLICIT, LAYER_IDENTITY, &case_user, OBJECT,
	  .boundary = SHIRLEY },
	{ BOUNDS, "effective permissions are the intersection of both", ALLOW, LAYER_IDENTITY, &case_user, OBJECT,
	  S3_ALL, .boundary = SHIRLEY },
	{ BOUNDS, "grants to a user ARN are not limited by an implicit deny in a boundary", ALLOW, LAYER_RESOURCE,
	  &case_user, OBJECT, .boundary = EC2_ALL, .on_resource = GRANT(AWS(USER)) },
	{ BOUNDS, "grants to a role ARN are limited by an implicit deny in a boundary", IMPLICIT, LAYER_BOUNDARY,
	  &case_role, OBJECT, .boundary = EC2_ALL, .on_resource = GRANT(AWS(ROLE)) },
	{ BOUNDS, "grants to a session ARN are not", ALLOW, LAYER_RESOURCE, &case_role, OBJECT, .boundary = EC2_ALL,
	  .on_resource = GRANT(AWS(NIGHT)) },
	{ BOUNDS, "an explicit deny in the boundary limits any", EXPLICIT, LAYER_BOUNDARY, &case_user, OBJECT,
	  .boundary = S3_ALL "," DENY_LOGS, .on_resource = GRANT(AWS(USER)) },
	{ BOUNDS, "NotPrincipal with Deny always denies a principal with a boundary", EXPLICIT, LAYER_RESOURCE,
	  &case_user, OBJECT, S3_ALL, .boundary = S3_ALL, .on_resource = DENY_BUT(USER "," ROOT) },
	/* --- sessions --- */
	{ SESSIONS, "a session's permissions are the intersection with its session policies", IMPLICIT, LAYER_SESSION,
	  &case_role, OBJECT, S3_ALL, .session = EC2_ALL },
	{ SESSIONS, "... both allow", ALLOW, LAYER_IDENTITY, &case_role, OBJECT, S3_ALL, .session = S3_ALL },
	{ SESSIONS, "session policies limit, they do not grant", IMPLICIT, LAYER_IDENTITY, &case_role, OBJECT,
	  .session = S3_ALL },
	{ SESSIONS, "a role session without one: the role's permissions", ALLOW, LAYER_IDENTITY, &case_role, OBJECT,
	  S3_ALL },
	{ SESSIONS, "grants to the role are limited by the session policy", IMPLICIT, LAYER_SESSION, &case_role, OBJECT,
	  .session = EC2_ALL, .on_resource = GRANT(AWS(ROLE)) },
	{ SESSIONS, "grants to the role are added before the session policy limits", ALLOW, LAYER_RESOURCE, &case_role,
	  OBJECT, .session = S3_ALL, .on_resource = GRANT(AWS(ROLE)) },
	{ SESSIONS, "grants to the session are added after it", ALLOW, LAYER_RESOURCE, &case_role, OBJECT,
	  .session = EC2_ALL, .on_resource = GRANT(AWS(NIGHT)) },
	{ DENYALLOW, "a federated user without session policy is implicitly denied", IMPLICIT, LAYER_SESSION,
	  &case_federated, OBJECT, S3_ALL },
	{ DENYALLOW, "a federated user whose session policy allows", ALLOW, LAYER_IDENTITY, &case_federated, OBJECT,
	  S3_ALL, .session = S3_ALL },
	{ DENYALLOW, "grants to the federated user's ARN are not limited", ALLOW, LAYER_RESOURCE, &case_federated,
	  OBJECT, .on_resource = GRANT(AWS(FEDERATED)) },
	{ DENYALLOW, "grants to the user who federated are limited by the session policy", IMPLICIT, LAYER_SESSION,
	  &case_federated, OBJECT, .session = EC2_ALL, .on_resource = GRANT(AWS(USER)) },
	{ DENYALLOW, "... and by the boundary", IMPLICIT, LAYER_BOUNDARY, &case_federated, OBJECT, .boundary = EC2_ALL,
	  .session = S3_ALL, .on_resource = GRANT(AWS(USER)) },
	/* --- who is named --- */
	{ WHO, "the account as principal delegates: its users need a policy of their own", IMPLICIT, LAYER_IDENTITY,
	  &case_user, OBJECT, .on_resource = GRANT(AWS(ROOT)) },
	{ WHO, "... which they have", ALLOW, LAYER_IDENTITY, &case_user, OBJECT, S3_ALL,
	  .on_resource = GRANT(AWS(ROOT)) },
	{ WHO, "twelve digits are the account", IMPLICIT, LAYER_IDENTITY, &case_user, OBJECT,
	  .on_resource = GRANT(AWS("`123456789012`")) },
	{ WHO, "\"*\" is everyone", ALLOW, LAYER_RESOURCE, &case_user, OBJECT, .on_resource = GRANT("`*`") },
	{ WHO, "\"AWS\": \"*\" is the same", ALLOW, LAYER_RESOURCE, &case_nobody, OBJECT,
	  .on_resource = GRANT(AWS("`*`")) },
	{ WHO, "a wildcard cannot match part of a name: another user's ARN", IMPLICIT, LAYER_IDENTITY, &case_user,
	  OBJECT, .on_resource = GRANT(AWS("`arn:aws:iam::123456789012:user/carl`")) },
	{ WHO, "a user by its unique id", ALLOW, LAYER_RESOURCE, &case_user, OBJECT,
	  .on_resource = GRANT(AWS("`AIDACKCEVSQ6C2EXAMPLE`")) },
	{ WHO, "a role by its unique id is the role", IMPLICIT, LAYER_SESSION, &case_role, OBJECT, .session = EC2_ALL,
	  .on_resource = GRANT(AWS("`AROADBQP57FF2AEXAMPLE`")) },
	{ WHO, "a service as principal", ALLOW, LAYER_RESOURCE, &case_service, OBJECT,
	  .on_resource = GRANT("{`Service`:`ec2.amazonaws.com`}") },
	{ WHO, "another service", IMPLICIT, LAYER_RESOURCE, &case_service, OBJECT,
	  .on_resource = GRANT("{`Service`:`lambda.amazonaws.com`}") },
	{ WHO, "a canonical user id is an account", ALLOW, LAYER_RESOURCE, &case_user, OBJECT, S3_ALL,
	  .owner = CASE_OTHER, .on_resource = GRANT("{`CanonicalUser`:`c0ffee`}") },
	/* --- NotPrincipal --- */
	{ NOT_WHO, "all principals except the user Bob are denied: he is not", ALLOW, LAYER_IDENTITY, &case_user,
	  OBJECT, S3_ALL, .on_resource = DENY_BUT(USER "," ROOT) },
	{ NOT_WHO, "... somebody else is", EXPLICIT, LAYER_RESOURCE, &case_role, OBJECT, S3_ALL,
	  .on_resource = DENY_BUT(USER "," ROOT) },
	{ NOT_WHO, "without the account's ARN the policy might deny the account", EXPLICIT, LAYER_RESOURCE, &case_user,
	  OBJECT, S3_ALL, .on_resource = DENY_BUT(USER) },
	{ NOT_WHO, "account, role and session named: the session is not denied", ALLOW, LAYER_IDENTITY, &case_role,
	  OBJECT, S3_ALL, .on_resource = DENY_BUT(NIGHT "," ROLE "," ROOT) },
	{ NOT_WHO, "... without the role", EXPLICIT, LAYER_RESOURCE, &case_role, OBJECT, S3_ALL,
	  .on_resource = DENY_BUT(NIGHT "," ROOT) },
	{ NOT_WHO, "the example omits Bob from the denied, it does not allow him", IMPLICIT, LAYER_IDENTITY, &case_user,
	  OBJECT, .on_resource = DENY_BUT(USER "," ROOT) },
	{ NOT_WHO, "anonymous users are denied", EXPLICIT, LAYER_RESOURCE, &case_nobody, OBJECT,
	  .on_resource = DENY_BUT(USER "," ROOT) },
	/* --- two accounts --- */
	{ CROSS, "the trusted account's policy alone does not suffice", IMPLICIT, LAYER_RESOURCE, &case_user, OBJECT,
	  S3_ALL, .owner = CASE_OTHER },
	{ CROSS, "the resource's policy alone does not suffice", IMPLICIT, LAYER_IDENTITY, &case_user, OBJECT,
	  .owner = CASE_OTHER, .on_resource = GRANT(AWS(USER)) },
	{ CROSS, "both evaluations allow: the request is allowed", ALLOW, LAYER_RESOURCE, &case_user, OBJECT, S3_ALL,
	  .owner = CASE_OTHER, .on_resource = GRANT(AWS(USER)) },
	{ CROSS, "the resource's policy may name the whole account", ALLOW, LAYER_RESOURCE, &case_user, OBJECT, S3_ALL,
	  .owner = CASE_OTHER, .on_resource = GRANT(AWS(ROOT)) },
	{ CROSS, "a boundary of the caller's account binds even if his ARN is named", IMPLICIT, LAYER_BOUNDARY,
	  &case_user, OBJECT, S3_ALL, .boundary = EC2_ALL, .owner = CASE_OTHER, .on_resource = GRANT(AWS(USER)) },
	{ CROSS, "root of another account needs the resource's policy", IMPLICIT, LAYER_RESOURCE, &case_root, OBJECT,
	  .owner = CASE_OTHER },
	{ CROSS, "... and has it", ALLOW, LAYER_RESOURCE, &case_root, OBJECT, .owner = CASE_OTHER,
	  .on_resource = GRANT(AWS(ROOT)) },
	{ CROSS, "a deny in either account", EXPLICIT, LAYER_IDENTITY, &case_user, OBJECT, S3_ALL "," DENY_LOGS,
	  .owner = CASE_OTHER, .on_resource = GRANT(AWS(USER)) },
	{ "Amazon S3: How Amazon S3 authorizes a request", "an ACL grants to another account", ALLOW, LAYER_ACL,
	  &case_user, OBJECT, S3_ALL, .owner = CASE_OTHER, .granted = true },
	{ "Amazon S3: How Amazon S3 authorizes a request", "an ACL that everybody may read by", ALLOW, LAYER_ACL,
	  &case_nobody, OBJECT, .owner = CASE_OTHER, .granted = true },
	{ DENYALLOW, "an anonymous caller without any grant", IMPLICIT, LAYER_RESOURCE, &case_nobody, OBJECT,
	  .owner = CASE_OTHER },
	/* --- public access --- */
	{ BLOCKING, "RestrictPublicBuckets: only services and users of the owner", IMPLICIT, LAYER_BLOCK, &case_nobody,
	  OBJECT, .owner = CASE_OTHER, .on_resource = GRANT("`*`"), .restricted = true },
	{ BLOCKING, "... another account's user is shut out", IMPLICIT, LAYER_BLOCK, &case_user, OBJECT, S3_ALL,
	  .owner = CASE_OTHER, .on_resource = GRANT("`*`"), .restricted = true },
	{ BLOCKING, "... a service is not", ALLOW, LAYER_RESOURCE, &case_service, OBJECT, .owner = CASE_OTHER,
	  .on_resource = GRANT("{`Service`:`ec2.amazonaws.com`}"), .restricted = true },
	{ BLOCKING, "... nor the owner's own user", ALLOW, LAYER_RESOURCE, &case_user, OBJECT,
	  .on_resource = GRANT("`*`"), .restricted = true },
	/* --- roles --- */
	{ TRUSTS, "the trust policy must explicitly allow", IMPLICIT, LAYER_RESOURCE, &case_user, NEW_ROLE, ASSUME,
	  .on_resource = TRUST(AWS(NIGHT)), .trust = true },
	{ TRUSTS, "one account, the user named: it suffices", ALLOW, LAYER_RESOURCE, &case_user, NEW_ROLE,
	  .on_resource = TRUST(AWS(USER)), .trust = true },
	{ TRUSTS, "the account named: the user needs permission to assume", IMPLICIT, LAYER_IDENTITY, &case_user,
	  NEW_ROLE, .on_resource = TRUST(AWS(ROOT)), .trust = true },
	{ TRUSTS, "... and has it", ALLOW, LAYER_IDENTITY, &case_user, NEW_ROLE, ASSUME,
	  .on_resource = TRUST(AWS(ROOT)), .trust = true },
	{ TRUSTS, "across accounts both are needed, though the user is named", IMPLICIT, LAYER_IDENTITY, &case_user,
	  NEW_ROLE, .owner = CASE_OTHER, .on_resource = TRUST(AWS(USER)), .trust = true },
	{ TRUSTS, "... both are there", ALLOW, LAYER_RESOURCE, &case_user, NEW_ROLE, ASSUME, .owner = CASE_OTHER,
	  .on_resource = TRUST(AWS(USER)), .trust = true },
	{ TRUSTS, "a service that the trust policy names", ALLOW, LAYER_RESOURCE, &case_service, NEW_ROLE,
	  .owner = CASE_OTHER, .on_resource = TRUST("{`Service`:`ec2.amazonaws.com`}"), .trust = true },
};

static const struct bound *bound_of(const char *statements, enum policy_kind kind) {
	struct policy_error why;
	struct bound *b = NEW(&arena, struct bound);
	if (!statements) {
		return NULL;
	}
	b->name = S("arn:aws:iam::123456789012:policy/p");
	b->policy = policy_read(&arena, case_document(&arena, statements), kind, &why);
	if (!b->policy) {
		printf("# " STR_FMT "\n", STR_ARG(why.sentence));
		CHECK(b->policy);
		return NULL;
	}
	return b;
}

static void judge(const struct row *r, struct verdict *v) {
	struct question q = { .access = { .who = r->who,
					  .action = str_from(r->action),
					  .resource = str_from(r->resource),
					  .arena = &arena } };
	q.identity = bound_of(r->identity, POLICY_IDENTITY);
	q.n_identity = q.identity != NULL;
	q.boundary = bound_of(r->boundary, POLICY_IDENTITY);
	q.session = bound_of(r->session, POLICY_IDENTITY);
	q.n_session = q.has_session = q.session != NULL;
	q.resource = bound_of(r->on_resource, r->trust ? POLICY_TRUST : POLICY_RESOURCE);
	q.resource_account = str_from(r->owner);
	q.trust = r->trust;
	q.restricted = r->restricted;
	q.granted = r->granted;
	q.owner_may = r->owner_may;
	decide(&q, v);
}

static void test_row(const struct row *r) {
	static const char *const names[] = { "allow", "implicit", "explicit" };
	struct verdict v;
	judge(r, &v);
	enum outcome got = v.allowed ? ALLOW : v.explicit_deny ? EXPLICIT : IMPLICIT;
	str what = str_printf(&arena, "%s: %s (%s by %s; want %s by %s)", r->page, r->words, names[got],
			      layer_name(v.layer), names[r->outcome], layer_name(r->layer));
	tap_check(got == r->outcome && v.layer == r->layer, __FILE__, __LINE__, what.p);
}

static void test_reasons(void) {
	static const struct bound managed = { .name = CASE_TEXT("arn:aws:iam::123456789012:policy/p") };
	static const struct bound inline_one = { .name = CASE_TEXT("p") };
	static const struct {
		struct verdict v;
		const char *action, *want;
	} wanted[] = {
		{ { .layer = LAYER_IDENTITY },
		  "s3:GetObject",
		  " because no identity-based policy allows the s3:GetObject action" },
		{ { .layer = LAYER_BOUNDARY },
		  "s3:GetObject",
		  " because no permissions boundary allows the s3:GetObject action" },
		{ { .layer = LAYER_SESSION },
		  "s3:GetObject",
		  " because no session policy allows the s3:GetObject action" },
		{ { .layer = LAYER_RESOURCE },
		  "s3:GetObject",
		  " because no resource-based policy allows the s3:GetObject action" },
		{ { .layer = LAYER_RESOURCE },
		  "sts:AssumeRole",
		  " because no role trust policy allows the sts:AssumeRole action" },
		{ { .layer = LAYER_IDENTITY, .explicit_deny = true, .by = &inline_one },
		  "s3:GetObject",
		  " with an explicit deny in an identity-based policy" },
		{ { .layer = LAYER_IDENTITY, .explicit_deny = true, .by = &managed },
		  "s3:GetObject",
		  " with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/p" },
		{ { .layer = LAYER_BOUNDARY, .explicit_deny = true, .by = &managed },
		  "s3:GetObject",
		  " with an explicit deny in a permissions boundary: arn:aws:iam::123456789012:policy/p" },
		{ { .layer = LAYER_SESSION, .explicit_deny = true, .by = &inline_one },
		  "s3:GetObject",
		  " with an explicit deny in a session policy" },
		{ { .layer = LAYER_RESOURCE, .explicit_deny = true, .by = &managed },
		  "s3:GetObject",
		  " with an explicit deny in a resource-based policy" },
		{ { .layer = LAYER_RESOURCE, .explicit_deny = true, .by = &managed },
		  "sts:AssumeRole",
		  " with an explicit deny in the role trust policy" },
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		CHECK_STR(verdict_reason(&arena, &wanted[i].v, str_from(wanted[i].action)), str_from(wanted[i].want));
	}
	struct verdict allowed = { .allowed = true };
	CHECK(!verdict_reason(&arena, &allowed, S("s3:GetObject")).p);
}

static void test_words(void) {
	struct verdict v;
	judge(&(struct row){ .who = &case_user,
			     .action = "s3:PutObject",
			     .resource = "arn:aws:s3:::carlos-logs/f",
			     .identity = CARLOS },
	      &v);
	CHECK_INT(v.statement, 2);
	CHECK_STR(verdict_words(&arena, &v, S("s3:PutObject")),
		  S("denied by statement DenyS3Logs of arn:aws:iam::123456789012:policy/p"));
	judge(&(struct row){ .who = &case_user, .action = "s3:PutObject", .resource = "arn:aws:s3:::x/f" }, &v);
	CHECK_STR(verdict_words(&arena, &v, S("s3:PutObject")), S("no identity-based policy allows s3:PutObject"));
	judge(&(struct row){ .who = &case_root, .action = "s3:PutObject", .resource = "arn:aws:s3:::x/f" }, &v);
	CHECK_STR(verdict_words(&arena, &v, S("s3:PutObject")), S("allowed: the account's root may do everything"));
}

int main(void) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		test_row(&rows[i]);
	}
	test_reasons();
	test_words();
	arena_free(&arena);
	return tap_done();
}
