/* Conditions and variables, as the IAM User Guide tells them: one condition block against one context. */
#include "policy/case.h"

#include "base/tap.h"

static struct arena arena;

struct row {
	const char *page, *words;
	bool holds;
	const char *condition, *context;
};

#define OPERATORS "Condition operators"
#define KEYS "Conditions with multiple context keys or values"
#define SETS "Single-valued vs. multivalued context keys"
#define VARIABLES "Variables and tags"

static const struct row rows[] = {
	{ OPERATORS, "exact matching, case sensitive", true, "`StringEquals`:{`aws:x`:`a`}", "aws:x=a" },
	{ OPERATORS, "... of another case", false, "`StringEquals`:{`aws:x`:`A`}", "aws:x=a" },
	{ OPERATORS, "StringEquals takes no wildcards", false, "`StringEquals`:{`aws:x`:`a*`}", "aws:x=ab" },
	{ OPERATORS, "ignoring case", true, "`StringEqualsIgnoreCase`:{`aws:x`:`AbC`}", "aws:x=aBc" },
	{ OPERATORS, "negated, ignoring case", false, "`StringNotEqualsIgnoreCase`:{`aws:x`:`A`}", "aws:x=a" },
	{ OPERATORS, "multi-character wildcards anywhere", true, "`StringLike`:{`s3:prefix`:`home/*/a`}",
	  "s3:prefix=home/b/c/a" },
	{ OPERATORS, "single-character wildcards", false, "`StringLike`:{`s3:prefix`:`home/?`}", "s3:prefix=home/" },
	{ OPERATORS, "StringLike is case sensitive", false, "`StringLike`:{`s3:prefix`:`HOME*`}", "s3:prefix=home" },
	{ OPERATORS, "negated case-sensitive matching", true, "`StringNotLike`:{`s3:prefix`:`home/*`}", "s3:prefix=x" },
	{ OPERATORS, "an empty text matches an empty prefix", true, "`StringLike`:{`s3:prefix`:[``,`home/`]}",
	  "s3:prefix=" },
	{ OPERATORS, "the key is not present: the condition is false", false, "`StringEquals`:{`aws:x`:`a`}", "" },
	{ OPERATORS, "not present, and it must not match: true", true, "`StringNotLike`:{`aws:x`:`a`}", "" },
	{ OPERATORS, "... so with ArnNotLike", true, "`ArnNotLike`:{`aws:x`:`arn:aws:s3:::b`}", "" },
	{ OPERATORS, "keys have no case", true, "`StringEquals`:{`AWS:PrincipalTag/Team`:`a`}",
	  "aws:principaltag/team=a" },
	{ OPERATORS, "NumericLessThanEquals: up to 10", true, "`NumericLessThanEquals`:{`s3:max-keys`:`10`}",
	  "s3:max-keys=10" },
	{ OPERATORS, "... and no more", false, "`NumericLessThanEquals`:{`s3:max-keys`:`10`}", "s3:max-keys=10.5" },
	{ OPERATORS, "numbers may stand without quotes", true, "`NumericEquals`:{`s3:max-keys`:10}",
	  "s3:max-keys=1e1" },
	{ OPERATORS, "NumericNotEquals", true, "`NumericNotEquals`:{`aws:x`:[`1`,`2`]}", "aws:x=3" },
	{ OPERATORS, "NumericGreaterThan", false, "`NumericGreaterThan`:{`aws:x`:`3`}", "aws:x=3" },
	{ OPERATORS, "NumericGreaterThanEquals", true, "`NumericGreaterThanEquals`:{`aws:x`:`3`}", "aws:x=3" },
	{ OPERATORS, "what is no number matches nothing", false, "`NumericLessThan`:{`aws:x`:`3`}", "aws:x=two" },
	{ OPERATORS, "DateGreaterThan a date and time", true,
	  "`DateGreaterThan`:{`aws:TokenIssueTime`:`2020-01-01T00:00:01Z`}",
	  "aws:TokenIssueTime=2020-01-01T00:00:02Z" },
	{ OPERATORS, "dates with a zone", true, "`DateEquals`:{`aws:CurrentTime`:`2026-06-30T14:00:00+02:00`}",
	  "aws:CurrentTime=2026-06-30T12:00:00Z" },
	{ OPERATORS, "a date alone", true, "`DateLessThan`:{`aws:CurrentTime`:`2026-07-01`}",
	  "aws:CurrentTime=2026-06-30T23:59:59Z" },
	{ OPERATORS, "minutes alone", true, "`DateEquals`:{`aws:CurrentTime`:`2026-07-01T10:30Z`}",
	  "aws:CurrentTime=2026-07-01T10:30:00Z" },
	{ OPERATORS, "epoch time", true, "`DateLessThan`:{`aws:EpochTime`:`1767225601`}", "aws:EpochTime=1767225600" },
	{ OPERATORS, "Bool", true, "`Bool`:{`aws:SecureTransport`:`false`}", "aws:SecureTransport=false" },
	{ OPERATORS, "... without quotes", true, "`Bool`:{`aws:SecureTransport`:true}", "aws:SecureTransport=true" },
	{ OPERATORS, "BinaryEquals, byte for byte", true, "`BinaryEquals`:{`aws:x`:`QmluYXJ5VmFsdWVJbkJhc2U2NA==`}",
	  "aws:x=QmluYXJ5VmFsdWVJbkJhc2U2NA==" },
	{ OPERATORS, "IpAddress in a range", true, "`IpAddress`:{`aws:SourceIp`:`203.0.113.0/24`}",
	  "aws:SourceIp=203.0.113.77" },
	{ OPERATORS, "... out of it", false, "`IpAddress`:{`aws:SourceIp`:`203.0.113.0/24`}",
	  "aws:SourceIp=203.0.114.1" },
	{ OPERATORS, "without prefix length: this one", false, "`IpAddress`:{`aws:SourceIp`:`203.0.113.1`}",
	  "aws:SourceIp=203.0.113.2" },
	{ OPERATORS, "IPv4 and IPv6 mixed", true,
	  "`IpAddress`:{`aws:SourceIp`:[`203.0.113.0/24`,`2001:DB8:1234:5678::/64`]}",
	  "aws:SourceIp=2001:db8:1234:5678::9" },
	{ OPERATORS, "all of IPv6 is not IPv4", false, "`IpAddress`:{`aws:SourceIp`:`::/0`}", "aws:SourceIp=1.2.3.4" },
	{ OPERATORS, "NotIpAddress", false, "`NotIpAddress`:{`aws:SourceIp`:[`10.0.0.0/8`,`192.0.2.0/24`]}",
	  "aws:SourceIp=192.0.2.9" },
	{ OPERATORS, "ArnLike checks each of the components", false,
	  "`ArnLike`:{`aws:SourceArn`:`arn:aws:someservice:*:111122223333:finance/*`}",
	  "aws:SourceArn=arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt" },
	{ OPERATORS, "... where StringLike would match", true,
	  "`StringLike`:{`aws:SourceArn`:`arn:aws:someservice:*:111122223333:finance/*`}",
	  "aws:SourceArn=arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt" },
	{ OPERATORS, "ArnEquals behaves as ArnLike", true, "`ArnEquals`:{`aws:SourceArn`:`arn:aws:sns:*:*:top*`}",
	  "aws:SourceArn=arn:aws:sns:us-east-1:123456789012:topic" },
	{ OPERATORS, "ArnNotEquals", false, "`ArnNotEquals`:{`aws:SourceArn`:`arn:aws:sns:*:*:top*`}",
	  "aws:SourceArn=arn:aws:sns:us-east-1:123456789012:topic" },
	{ OPERATORS, "IfExists: not present evaluates to true", true,
	  "`StringLikeIfExists`:{`ec2:InstanceType`:[`t1.*`,`t2.*`]}", "" },
	{ OPERATORS, "IfExists: present, processed as specified", false,
	  "`StringLikeIfExists`:{`ec2:InstanceType`:[`t1.*`,`t2.*`]}", "ec2:InstanceType=m3.large" },
	{ OPERATORS, "a negated one with IfExists is true even if the tag is missing", true,
	  "`StringNotEqualsIfExists`:{`aws:x`:`a`}", "" },
	{ OPERATORS, "Null true: the key must not exist", true, "`Null`:{`aws:TokenIssueTime`:`true`}", "" },
	{ OPERATORS, "... it exists", false, "`Null`:{`aws:TokenIssueTime`:`true`}", "aws:TokenIssueTime=1" },
	{ OPERATORS, "Null false: the key exists and its value is not null", true,
	  "`Null`:{`aws:TokenIssueTime`:`false`}", "aws:TokenIssueTime=1" },
	{ OPERATORS, "... an empty set is null", false, "`Null`:{`aws:TagKeys`:`false`}", "aws:TagKeys[]=" },
	{ KEYS, "condition operators are evaluated using a logical AND", false,
	  "`StringEquals`:{`aws:x`:`a`},`NumericEquals`:{`aws:n`:`1`}", "aws:x=a|aws:n=2" },
	{ KEYS, "context keys of one operator: AND", false, "`StringEquals`:{`aws:x`:`a`,`aws:y`:`b`}",
	  "aws:x=a|aws:y=c" },
	{ KEYS, "values of one key: OR", true, "`StringEquals`:{`aws:x`:[`a`,`b`]}", "aws:x=b" },
	{ KEYS, "values of one key, negated: NOR", false, "`StringNotEquals`:{`aws:x`:[`a`,`b`]}", "aws:x=b" },
	{ SETS, "ForAllValues: every value of the request matches", true,
	  "`ForAllValues:StringEquals`:{`aws:TagKeys`:[`environment`,`cost`]}", "aws:TagKeys[]=cost,environment" },
	{ SETS, "... one does not", false, "`ForAllValues:StringEquals`:{`aws:TagKeys`:[`environment`,`cost`]}",
	  "aws:TagKeys[]=cost,x" },
	{ SETS, "ForAllValues: true without keys in the request", true,
	  "`ForAllValues:StringEquals`:{`aws:TagKeys`:[`environment`]}", "" },
	{ SETS, "ForAllValues: true for an empty set", true,
	  "`ForAllValues:StringEquals`:{`aws:TagKeys`:[`environment`]}", "aws:TagKeys[]=" },
	{ SETS, "with Null false a missing key is kept from evaluating to true", false,
	  "`ForAllValues:StringEquals`:{`aws:TagKeys`:[`environment`]},`Null`:{`aws:TagKeys`:`false`}", "" },
	{ SETS, "ForAnyValue: at least one matches", true, "`ForAnyValue:StringEquals`:{`aws:TagKeys`:[`a`,`b`]}",
	  "aws:TagKeys[]=x,b" },
	{ SETS, "ForAnyValue: false without keys", false, "`ForAnyValue:StringEquals`:{`aws:TagKeys`:[`a`]}", "" },
	{ SETS, "... negated too", false, "`ForAnyValue:StringNotEquals`:{`aws:TagKeys`:[`a`]}", "" },
	{ SETS, "ForAllValues:StringNotLike key1*: key1:legal does not match", false,
	  "`ForAllValues:StringNotLike`:{`aws:TagKeys`:`key1*`}", "aws:TagKeys[]=key1:legal" },
	{ SETS, "... key1:hr, key1:personnel: no match", false, "`ForAllValues:StringNotLike`:{`aws:TagKeys`:`key1*`}",
	  "aws:TagKeys[]=key1:hr,key1:personnel" },
	{ SETS, "... key2:audit: match", true, "`ForAllValues:StringNotLike`:{`aws:TagKeys`:`key1*`}",
	  "aws:TagKeys[]=key2:audit" },
	{ SETS, "... no aws:TagKeys in the request: match", true,
	  "`ForAllValues:StringNotLike`:{`aws:TagKeys`:`key1*`}", "" },
	{ SETS, "ForAnyValue:StringNotEquals: one that is none of them", true,
	  "`ForAnyValue:StringNotEquals`:{`aws:TagKeys`:[`a`,`b`]}", "aws:TagKeys[]=a,c" },
	{ VARIABLES, "${aws:username} in a condition", true, "`StringLike`:{`s3:prefix`:`home/${aws:username}/*`}",
	  "s3:prefix=home/carlos/x|aws:username=carlos" },
	{ VARIABLES, "no value in the request: no equal or like value", false,
	  "`StringEquals`:{`aws:x`:`${aws:username}`}", "aws:x=" },
	{ VARIABLES, "... so it is not equal", true, "`StringNotEquals`:{`aws:x`:`${aws:username}`}", "aws:x=a" },
	{ VARIABLES, "a default value, where there is none", true,
	  "`StringEquals`:{`aws:x`:`${aws:PrincipalTag/team, 'company-wide'}`}", "aws:x=company-wide" },
	{ VARIABLES, "... where there is one", false,
	  "`StringEquals`:{`aws:x`:`${aws:PrincipalTag/team, 'company-wide'}`}",
	  "aws:x=company-wide|aws:PrincipalTag/team=yellow" },
	{ VARIABLES, "${*} ${?} ${$} are the characters themselves", true, "`StringLike`:{`aws:x`:`a${*}b${?}c${$}`}",
	  "aws:x=a*b?c$" },
	{ VARIABLES, "... and no wildcards", false, "`StringLike`:{`aws:x`:`a${*}b`}", "aws:x=axxb" },
	{ VARIABLES, "a value's own wildcards are none", false, "`StringLike`:{`aws:x`:`${aws:username}`}",
	  "aws:x=axx|aws:username=a*" },
	{ VARIABLES, "multivalued keys cannot be variables", false, "`StringEquals`:{`aws:x`:`${aws:TagKeys}`}",
	  "aws:x=a|aws:TagKeys[]=a" },
	{ VARIABLES, "ARN operators take variables", true, "`ArnLike`:{`aws:x`:`arn:aws:iam::*:user/${aws:username}`}",
	  "aws:x=arn:aws:iam::123456789012:user/carlos|aws:username=carlos" },
};

static enum say ask(const char *version, str rest, const char *context, str resource) {
	struct policy_error why;
	struct case_context c = { &arena, str_from(context) };
	struct context find = { case_find, &c };
	struct access q = { &case_user, S("s3:GetObject"), resource, &find, &arena, false };
	str text = str_printf(
		&arena, "{\"Version\":\"%s\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\"," STR_FMT "}}",
		version, STR_ARG(rest));
	const struct policy *p = policy_read(&arena, text, POLICY_IDENTITY, &why);
	if (!p) {
		printf("# " STR_FMT "\n", STR_ARG(why.sentence));
	}
	return p ? policy_says(p, &q).say : SAY_DENY;
}

static void test_row(const struct row *r) {
	str rest = str_printf(&arena, "\"Resource\":\"*\",\"Condition\":{" STR_FMT "}",
			      STR_ARG(case_json(&arena, r->condition)));
	enum say say = ask("2012-10-17", rest, r->context, S("arn:aws:s3:::b/k"));
	str what = str_printf(&arena, "%s: %s", r->page, r->words);
	tap_check(say == (r->holds ? SAY_ALLOW : SAY_NOTHING), __FILE__, __LINE__, what.p);
}

/* Resource elements: pattern, context, resource, and whether it matches. */
static const struct {
	const char *version, *resource, *context, *asked;
	bool matches;
} resources[] = {
	{ "2012-10-17", "arn:aws:s3:::b/home/${aws:username}/*", "aws:username=carlos", "arn:aws:s3:::b/home/carlos/x",
	  true },
	{ "2012-10-17", "arn:aws:s3:::b/home/${aws:username}/*", "aws:username=carlos", "arn:aws:s3:::b/home/eve/x",
	  false },
	{ "2012-10-17", "arn:aws:s3:::b/home/${aws:username}/*", "", "arn:aws:s3:::b/home//x", false },
	{ "2012-10-17", "arn:aws:s3:::b/${aws:username}", "aws:username=*", "arn:aws:s3:::b/eve", false },
	{ "2008-10-17", "arn:aws:s3:::b/${aws:username}", "aws:username=carlos", "arn:aws:s3:::b/carlos", false },
	{ "2008-10-17", "arn:aws:s3:::b/${aws:username}", "aws:username=carlos", "arn:aws:s3:::b/${aws:username}",
	  true },
	{ "2012-10-17", "arn:aws:s3:::b/*/test/*", "", "arn:aws:s3:::b/1///test///object.jpg", true },
	{ "2012-10-17", "arn:aws:s3:::b/*/test/*", "", "arn:aws:s3:::b/1-test/object.jpg", false },
	{ "2012-10-17", "arn:aws:s3:::b/*/test/*", "", "arn:aws:s3:::b/test/object.jpg", false },
	{ "2012-10-17", "arn:aws:sqs", "", "arn:aws:sqs:us-east-2:123456789012:queue1", true },
	{ "2012-10-17", "arn:aws:sns", "", "arn:aws:sqs:us-east-2:123456789012:queue1", false },
	{ "2012-10-17", "arn:aws:dynamodb:*:table/prod-*", "", "arn:aws:dynamodb:us-east-1:111122223333:table/prod-x",
	  true },
	{ "2012-10-17", "arn:aws:dynamodb:*:table/prod-*", "", "arn:aws:dynamodb:us-east-1:111122223333:table/dev-x",
	  false },
	{ "2012-10-17", "arn:aws:ec2:us-?ast-1:*:*", "", "arn:aws:ec2:us-east-1:123456789012:instance/i", true },
	{ "2012-10-17", "arn:aws:ec2:u*1:*:x", "", "arn:aws:ec2:u:1:1:x", false },
	{ "2012-10-17", "arn:aws:s3:::B/k", "", "arn:aws:s3:::b/k", false },
	{ "2012-10-17", "arn:aws:s3:::b/?", "", "arn:aws:s3:::b/\xc3\xa9", true },
	{ "2012-10-17", "*", "", "*", true },
	{ "2012-10-17", "arn:aws:s3:::b", "", "*", false },
};

static void test_resources(void) {
	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++) {
		str rest = str_printf(&arena, "\"Resource\":\"%s\"", resources[i].resource);
		enum say say = ask(resources[i].version, rest, resources[i].context, str_from(resources[i].asked));
		str what = str_printf(&arena, "%s on %s", resources[i].resource, resources[i].asked);
		tap_check(say == (resources[i].matches ? SAY_ALLOW : SAY_NOTHING), __FILE__, __LINE__, what.p);
	}
}

/* A value that holds the bytes that stand for wildcards inside. */
static void test_wild_bytes(void) {
	str rest = S("\"Resource\":\"arn:aws:s3:::b/${aws:username}\"");
	CHECK_INT(ask("2012-10-17", rest, "aws:username=\xff", S("arn:aws:s3:::b/eve")), SAY_NOTHING);
	CHECK_INT(ask("2012-10-17", rest, "aws:username=ev\xfe", S("arn:aws:s3:::b/eve")), SAY_NOTHING);
}

int main(void) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		test_row(&rows[i]);
	}
	test_resources();
	test_wild_bytes();
	arena_free(&arena);
	return tap_done();
}
