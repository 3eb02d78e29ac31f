/* Documents: which are read, what is said of the others, and what can be seen in one. */
#include "policy/aws_policies.h"
#include "policy/case.h"

#include "base/tap.h"

static struct arena arena;

struct row {
	enum policy_kind kind;
	enum policy_flaw flaw;
	const char *document; /* ` for " */
	const char *sentence; /* NULL: whichever */
};

#define V "`Version`:`2012-10-17`,"
#define ALLOW "`Effect`:`Allow`,"
#define GET "`Action`:`s3:GetObject`,"
#define ANY "`Resource`:`*`"
#define ONE(inner) "{" V "`Statement`:{" inner "}}"
#define LIST(inner) "{" V "`Statement`:[" inner "]}"
#define TRUSTS(who) ONE(ALLOW "`Action`:`sts:AssumeRole`,`Principal`:" who)
#define GRANTS(who) ONE(ALLOW GET ANY ",`Principal`:" who)
#define IN POLICY_IDENTITY
#define TR POLICY_TRUST
#define RE POLICY_RESOURCE
#define VENDOR "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."

static const struct row rows[] = {
	/* --- read --- */
	{ IN, FLAW_NONE, ONE(ALLOW GET ANY), NULL },
	{ IN, FLAW_NONE, LIST("{" ALLOW GET ANY "},{" ALLOW GET ANY "}"), NULL },
	{ IN, FLAW_NONE, "{`Statement`:{" ALLOW GET ANY "}}", NULL },
	{ IN, FLAW_NONE, "{`Version`:`2008-10-17`,`Id`:`x y`,`Statement`:{" ALLOW GET ANY "}}", NULL },
	{ IN, FLAW_NONE, ONE(ALLOW "`Action`:`*`," ANY), NULL },
	{ IN, FLAW_NONE, ONE(ALLOW "`NotAction`:[`iam:*`],`NotResource`:[`arn:aws:s3:::b`]"), NULL },
	{ IN, FLAW_NONE, ONE("`Sid`:``," ALLOW GET ANY ",`Condition`:{}"), NULL },
	{ IN, FLAW_NONE, ONE(ALLOW GET ANY ",`Condition`:{`StringEquals`:{`aws:x`:[`a`,1,true]}}"), NULL },
	{ IN, FLAW_NONE, ONE(ALLOW GET "`Resource`:[`arn:aws:s3`,`arn:aws-cn:s3:::b`,`arn:aws:iam::1:user/x`]"), NULL },
	{ TR, FLAW_NONE, TRUSTS("{`Service`:[`ec2.amazonaws.com`],`AWS`:`123456789012`}"), NULL },
	{ TR, FLAW_NONE, TRUSTS("{`Federated`:`cognito-identity.amazonaws.com`}"), NULL },
	{ RE, FLAW_NONE, GRANTS("`*`"), NULL },
	{ RE, FLAW_NONE, GRANTS("{`AWS`:[`*`,`arn:aws:iam::123456789012:root`,`AIDACKCEVSQ6C2EXAMPLE`]}"), NULL },
	{ RE, FLAW_NONE, GRANTS("{`CanonicalUser`:`79a59df900b949e55d96a1e698fbaced`}"), NULL },
	/* --- syntax --- */
	{ IN, FLAW_SYNTAX, "", "Syntax errors in policy. (line 1, column 1)" },
	{ IN, FLAW_SYNTAX, "This is no JSON", "Syntax errors in policy. (line 1, column 1)" },
	{ IN, FLAW_SYNTAX, "{\n  `Version`: `2012-10-17`,\n  `Statement`: [,]\n}",
	  "Syntax errors in policy. (line 3, column 17)" },
	{ IN, FLAW_SYNTAX, "{" V "\n`Version`:`2012-10-17`}", "Syntax errors in policy. (line 2, column 1)" },
	{ IN, FLAW_SYNTAX, "[]", NULL },
	{ IN, FLAW_SYNTAX, "{" V "`Statement`:[]}", "Syntax errors in policy. (line 1, column 37)" },
	{ IN, FLAW_SYNTAX, "{" V "`Statement`:`x`}", NULL },
	{ IN, FLAW_SYNTAX, "{" V "`Statement`:[[]]}", NULL },
	{ IN, FLAW_SYNTAX, "{" V "`Extra`:1,`Statement`:{" ALLOW GET ANY "}}",
	  "Syntax errors in policy. (line 1, column 25)" },
	{ IN, FLAW_SYNTAX, ONE(ALLOW GET ANY ",`Actions`:`s3:*`"), NULL },
	{ IN, FLAW_SYNTAX, ONE(ALLOW "`Action`:{}," ANY), NULL },
	{ IN, FLAW_SYNTAX, ONE(ALLOW "`Action`:[`s3:Get`,7]," ANY), NULL },
	{ IN, FLAW_SYNTAX, ONE(ALLOW GET "`Resource`:null"), NULL },
	{ IN, FLAW_SYNTAX, ONE("`Sid`:1," ALLOW GET ANY), NULL },
	{ IN, FLAW_SYNTAX, ONE("`Effect`:[`Allow`]," GET ANY), NULL },
	{ IN, FLAW_SYNTAX, ONE(ALLOW GET ANY ",`Condition`:[]"), NULL },
	{ IN, FLAW_SYNTAX, ONE(ALLOW GET ANY ",`Condition`:{`Bool`:[]}"), NULL },
	{ IN, FLAW_SYNTAX, ONE(ALLOW GET ANY ",`Condition`:{`Bool`:{`aws:x`:{}}}"), NULL },
	{ IN, FLAW_SYNTAX, ONE(ALLOW GET ANY ",`Condition`:{`Bool`:{`aws:x`:null}}"), NULL },
	{ RE, FLAW_SYNTAX, GRANTS("[`*`]"), NULL },
	/* --- what it says --- */
	{ IN, FLAW_VERSION, "{`Version`:`2012-10-18`,`Statement`:{" ALLOW GET ANY "}}",
	  "Policy document must be version 2012-10-17 or greater. (at Version)" },
	{ IN, FLAW_MISSING, ONE(GET ANY), "Syntax errors in policy. (at Statement.Effect)" },
	{ TR, FLAW_MISSING, LIST("{`Action`:`sts:AssumeRole`,`Principal`:`*`}"),
	  "Missing required field Effect (at Statement[0].Effect)" },
	{ IN, FLAW_MISSING, ONE(ALLOW ANY), "Policy statement must contain actions. (at Statement.Action)" },
	{ IN, FLAW_MISSING, ONE(ALLOW "`Action`:[]," ANY),
	  "Policy statement must contain actions. (at Statement.Action)" },
	{ IN, FLAW_MISSING, LIST("{" ALLOW GET ANY "},{" ALLOW "`Action`:`s3:Get`}"),
	  "Policy statement must contain resources. (at Statement[1].Resource)" },
	{ IN, FLAW_MISSING, ONE(ALLOW GET "`NotResource`:[]"),
	  "Policy statement must contain resources. (at Statement.NotResource)" },
	{ RE, FLAW_MISSING, ONE(ALLOW GET ANY), "Missing required field Principal (at Statement.Principal)" },
	{ RE, FLAW_MISSING, ONE(ALLOW "`Principal`:`*`,`Action`:`s3:Get`"),
	  "Missing required field Resource (at Statement.Resource)" },
	{ TR, FLAW_MISSING, ONE(ALLOW "`Action`:`sts:AssumeRole`"),
	  "Missing required field Principal (at Statement.Principal)" },
	{ IN, FLAW_PROHIBITED, GRANTS("`*`"),
	  "Policy document should not specify a principal. (at Statement.Principal)" },
	{ TR, FLAW_PROHIBITED, ONE(ALLOW "`Action`:`sts:AssumeRole`,`Principal`:`*`,`Resource`:`*`"),
	  "Has prohibited field Resource (at Statement.Resource)" },
	{ TR, FLAW_PROHIBITED, ONE("`Effect`:`Deny`,`Action`:`sts:AssumeRole`,`NotPrincipal`:{`AWS`:`123456789012`}"),
	  "Has prohibited field NotPrincipal (at Statement.NotPrincipal)" },
	{ IN, FLAW_BOTH, ONE(ALLOW GET "`NotAction`:`s3:*`," ANY),
	  "Syntax errors in policy. (at Statement.NotAction)" },
	{ IN, FLAW_BOTH, ONE(ALLOW GET ANY ",`NotResource`:`*`"), NULL },
	{ IN, FLAW_EFFECT, ONE("`Effect`:`allow`," GET ANY), "Syntax errors in policy. (at Statement.Effect)" },
	{ IN, FLAW_SID, ONE("`Sid`:`a b`," ALLOW GET ANY), NULL },
	{ IN, FLAW_SID, LIST("{`Sid`:`a`," ALLOW GET ANY "},{" ALLOW GET ANY "},{`Sid`:`a`," ALLOW GET ANY "}"),
	  "Statement IDs (SID) in a single policy must be unique. (at Statement[2].Sid)" },
	{ IN, FLAW_ACTION, LIST("{" ALLOW "`Action`:[`s3:*`,`GetObject`]," ANY "}"),
	  VENDOR " (at Statement[0].Action[1])" },
	{ IN, FLAW_ACTION, ONE(ALLOW "`Action`:`s3:Get:Object`," ANY),
	  "Actions/Condition can contain only one colon. (at Statement.Action)" },
	{ IN, FLAW_ACTION, ONE(ALLOW "`Action`:`s*:GetObject`," ANY), "Vendor s* is not valid (at Statement.Action)" },
	{ IN, FLAW_ACTION, ONE(ALLOW "`Action`:`:GetObject`," ANY), NULL },
	{ TR, FLAW_ACTION, ONE(ALLOW "`Action`:`*`,`Principal`:`*`"), NULL },
	{ TR, FLAW_TRUST_ACTION, ONE(ALLOW "`Action`:`s3:Get`,`Principal`:`*`"),
	  "AssumeRole policy may only specify STS AssumeRole actions. (at Statement.Action)" },
	{ IN, FLAW_RESOURCE, ONE(ALLOW GET "`Resource`:`my-bucket/*`"),
	  "Resource my-bucket/* must be in ARN format or \"*\". (at Statement.Resource)" },
	{ IN, FLAW_RESOURCE, ONE(ALLOW GET "`Resource`:[`*`,`arn`]"), NULL },
	{ IN, FLAW_RESOURCE, ONE(ALLOW GET "`Resource`:``"), NULL },
	{ IN, FLAW_RESOURCE, ONE(ALLOW GET "`Resource`:`arn:amazon:s3:::b`"),
	  "Partition \"amazon\" is not valid for resource \"arn:amazon:s3:::b\". (at Statement.Resource)" },
	{ IN, FLAW_RESOURCE, ONE(ALLOW GET "`Resource`:`arn:aws`"),
	  "Resource vendor must be fully qualified and cannot contain regexes. (at Statement.Resource)" },
	{ IN, FLAW_RESOURCE, ONE(ALLOW GET "`Resource`:`arn:aws:s3:us-east-1::b`"),
	  "Resource arn:aws:s3:us-east-1::b can not contain region information. (at Statement.Resource)" },
	{ IN, FLAW_RESOURCE, ONE(ALLOW GET "`Resource`:`arn:aws:iam::123456789012:u*`"),
	  "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, "
	  "instance-profile/, "
	  "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/. (at "
	  "Statement.Resource)" },
	{ RE, FLAW_PRINCIPAL, GRANTS("`x`"), "Invalid principal in policy (at Statement.Principal)" },
	{ RE, FLAW_PRINCIPAL, GRANTS("{}"), NULL },
	{ RE, FLAW_PRINCIPAL, GRANTS("{`AWS`:[]}"), NULL },
	{ RE, FLAW_PRINCIPAL, GRANTS("{`Aws`:`*`}"), NULL },
	{ TR, FLAW_PRINCIPAL, TRUSTS("{`AWS`:[`*`,`carlos`]}"),
	  "Invalid principal in policy: \"AWS\":\"carlos\" (at Statement.Principal.AWS[1])" },
	{ RE, FLAW_PRINCIPAL, GRANTS("{`AWS`:`arn:aws:iam::123456789012:user/*`}"), NULL },
	{ RE, FLAW_PRINCIPAL, GRANTS("{`AWS`:`arn:aws:s3:::b`}"), NULL },
	{ RE, FLAW_PRINCIPAL, GRANTS("{`Service`:``}"), NULL },
	{ IN, FLAW_CONDITION, ONE(ALLOW GET ANY ",`Condition`:{`StringEqual`:{`aws:x`:`a`}}"),
	  "Invalid Condition type : StringEqual (at Statement.Condition.StringEqual)" },
	{ IN, FLAW_CONDITION, ONE(ALLOW GET ANY ",`Condition`:{`NullIfExists`:{`aws:x`:`true`}}"), NULL },
	{ IN, FLAW_CONDITION, ONE(ALLOW GET ANY ",`Condition`:{`ForSomeValues:Bool`:{`aws:x`:`true`}}"), NULL },
	{ IN, FLAW_CONDITION, ONE(ALLOW GET ANY ",`Condition`:{`Bool`:{`username`:`true`}}"), NULL },
	{ IN, FLAW_VARIABLE, ONE(ALLOW GET "`Resource`:`arn:aws:s3:::b/${aws:username`"), NULL },
	{ IN, FLAW_VARIABLE, ONE(ALLOW GET "`Resource`:`arn:aws:s3:::b/${}`"), NULL },
	{ IN, FLAW_VARIABLE, ONE(ALLOW GET "`Resource`:[`*`,`arn:aws:s3:::b/${aws:x, y}`]"),
	  "Syntax errors in policy. (at Statement.Resource[1])" },
};

static void test_row(size_t i) {
	struct policy_error why;
	const struct row *r = &rows[i];
	str text = case_json(&arena, r->document);
	bool read = policy_read(&arena, text, r->kind, &why) != NULL;
	str what = str_printf(&arena, "rows[%zu]: %d " STR_FMT, i, (int)why.flaw, STR_ARG(why.sentence));
	bool said = !r->sentence || str_is(why.sentence, r->sentence);
	tap_check(read == (r->flaw == FLAW_NONE) && why.flaw == r->flaw && said, __FILE__, __LINE__, what.p);
}

static void test_bytes(void) {
	struct policy_error why;
	CHECK(!policy_read(&arena, S("{\"Id\":\"\xff\"}"), POLICY_IDENTITY, &why) && why.flaw == FLAW_SYNTAX);
	CHECK(!policy_read(&arena, (str){ "{\0}", 3 }, POLICY_IDENTITY, &why) && why.flaw == FLAW_SYNTAX);
	CHECK(!policy_read(&arena, (str){ 0 }, POLICY_IDENTITY, &why) && why.flaw == FLAW_SYNTAX);
	struct buf deep = { .arena = &arena };
	for (int i = 0; i < 100000; i++) {
		put_byte(&deep, '[');
	}
	CHECK(!policy_read(&arena, buf_str(&deep), POLICY_IDENTITY, &why) && why.flaw == FLAW_SYNTAX);
}

/* A thousand statements with all kinds of wildcards are read and answered. */
static void test_large(void) {
	struct policy_error why;
	struct buf b = { .arena = &arena };
	putz(&b, "{\"Version\":\"2012-10-17\",\"Statement\":[");
	for (int i = 0; i < 1000; i++) {
		putf(&b,
		     "%s{\"Sid\":\"s%d\",\"Effect\":\"Allow\",\"Action\":\"s3:*?*?*?*?t\",\"Resource\":"
		     "\"arn:aws:s3:::*?*?*?*?*?*?*?*?*?*?*?*?*?*x\"}",
		     i ? "," : "", i);
	}
	putz(&b, "]}");
	const struct policy *p = policy_read(&arena, buf_str(&b), POLICY_IDENTITY, &why);
	CHECK(p && policy_statements(p) == 1000);
	struct access q = { &case_user, S("s3:GetObject"), S("arn:aws:s3:::bucket/a/long/key/without/it"), NULL, &arena,
			    false };
	CHECK(p && policy_says(p, &q).say == SAY_NOTHING);
}

static void test_size(void) {
	CHECK_INT(policy_size(S(" { \"a b\" : \"c\\\" d\" }\r\n\t")), 15);
	CHECK_INT(policy_size(S("\"\xc3\xa9\"")), 3);
	CHECK_INT(policy_size((str){ 0 }), 0);
}

static void test_looks(void) {
	struct policy_error why;
	size_t n;
	bool inverse;
	str *keys;
	struct policy_principal *who;
	str text = case_json(&arena, LIST("{`Sid`:`a`," ALLOW "`NotAction`:[`s3:Get*`,`iam:*`],`Resource`:"
					  "`arn:aws:s3:::${aws:username}`,`Principal`:{`AWS`:[`*`],`Service`:`x.y`}}, "
					  "{`Effect`:`Deny`," GET "`NotResource`:`*`,`Principal`:`*`,`Condition`:"
					  "{`Bool`:{`aws:x`:`${aws:y, 'true'}`},`Null`:{`aws:x`:`true`}}}"));
	const struct policy *p = policy_read(&arena, text, POLICY_RESOURCE, &why);
	CHECK(p && policy_statements(p) == 2);
	if (!p) {
		return;
	}
	CHECK_STR(policy_version(p), S("2012-10-17"));
	CHECK_STR(policy_sid(p, 0), S("a"));
	CHECK(!policy_sid(p, 1).p);
	CHECK(policy_denies(p, 1) && !policy_denies(p, 0));
	CHECK(str_starts(policy_statement_text(p, 1), S("{\"Effect\":\"Deny\"")) &&
	      str_ends(policy_statement_text(p, 1), S("\"true\"}}}")));
	const str *actions = policy_actions(p, 0, &n, &inverse);
	CHECK(n == 2 && inverse && str_is(actions[0], "s3:Get*"));
	const str *resources = policy_resources(p, 0, &n, &inverse);
	CHECK(n == 1 && !inverse && str_is(resources[0], "arn:aws:s3:::${aws:username}"));
	policy_resources(p, 1, &n, &inverse);
	CHECK(n == 1 && inverse);
	CHECK_INT(policy_keys(&arena, p, &keys), 3);
	CHECK_STR(keys[0], S("aws:username"));
	CHECK_STR(keys[1], S("aws:x"));
	CHECK_STR(keys[2], S("aws:y"));
	CHECK_INT(policy_principals(&arena, p, &who), 3);
	CHECK_STR(who[1].kind, S("Service"));
	CHECK_STR(who[1].text, S("x.y"));
	CHECK_STR(who[2].kind, S("*"));
}

/* What AWS itself publishes is read. */
static void test_managed(void) {
	struct policy_error why;
	for (size_t i = 0; i < n_aws_policies; i++) {
		struct arena_mark m = arena_mark(&arena);
		bool read = policy_read(&arena, str_from(aws_policies[i].document), POLICY_IDENTITY, &why) != NULL;
		if (!read) {
			printf("# %s: " STR_FMT "\n", aws_policies[i].name, STR_ARG(why.sentence));
		}
		tap_check(read, __FILE__, __LINE__, aws_policies[i].name);
		arena_reset(&arena, m);
	}
}

int main(void) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		test_row(i);
	}
	test_bytes();
	test_large();
	test_size();
	test_looks();
	test_managed();
	arena_free(&arena);
	return tap_done();
}
