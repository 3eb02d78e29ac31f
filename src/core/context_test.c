#include "core/identity_try.h"

#include "base/clock.h"
#include "core/context.h"

static bool tag_of(struct call *c, const struct resource *r, str name, str *value) {
	(void)c;
	(void)r;
	*value = S("blue");
	return str_ieq(name, S("Colour"));
}

static bool own_key(struct call *c, const struct resource *r, str key, struct values *out) {
	static const str v[] = { { "from the service", 16 } };
	(void)c;
	(void)r;
	*out = (struct values){ .v = v, .n = 1 };
	return str_ieq(key, S("iam:Own")) || str_ieq(key, S("aws:RequestTag/hooked"));
}

static const struct face face = { .name = "iam", .key = own_key };
static const struct face *const faces[] = { &face, NULL };

/* A call of IAM's CreateUser with two tags. */
struct given_call {
	struct exchange x;
	struct call c;
	struct resource r;
	struct circumstances k;
};

static void tag(struct arena *a, struct val *tags, const char *key, const char *value) {
	struct val *t = append(a, tags);
	set_str(a, t, "Key", str_from(key));
	set_str(a, t, "Value", str_from(value));
}

static struct given_call *make(struct arena *a, const char *op) {
	struct given_call *g = NEW(a, struct given_call);
	struct header *headers = NEWS(a, struct header, 2);
	headers[0] = (struct header){ S("User-Agent"), S("tester") };
	headers[1] = (struct header){ S("Referer"), S("http://x/?X-Amz-Signature=0") };
	cloud.faces = faces;
	g->x = (struct exchange){ .arena = a, .peer = S("127.0.0.1"), .head = { .headers = headers, .n = 2 } };
	g->c = (struct call){ .arena = a,
			      .x = &g->x,
			      .cloud = &cloud,
			      .service = service_find("iam"),
			      .proto = P_QUERY,
			      .region = S("eu-west-1") };
	g->c.op = op_find(g->c.service, op, strlen(op));
	g->c.in = val_new(a, g->c.op->in);
	g->r = (struct resource){ .arn = S("arn:aws:iam::123456789012:user/new"), .tag = tag_of };
	g->k = (struct circumstances){ .call = &g->c, .resource = &g->r };
	return g;
}

static str value_of(struct given_call *g, const char *key) {
	struct values v;
	return circumstance_find(&g->k, str_from(key), &v) && v.n == 1 ? v.v[0] : (str){ 0 };
}

static void test_user(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	struct given_call *g = make(&a, "CreateUser");
	g->c.identity = look_up(&a, ALICE, (str){ 0 }, &why);
	g->c.who = g->c.identity->who;
	clock_set_offset(1764028800000 - clock_real()); /* 2025-11-25T00:00:00Z */
	CHECK_STR(value_of(g, "AWS:principalARN"), S("arn:aws:iam::123456789012:user/alice"));
	CHECK_STR(value_of(g, "aws:PrincipalAccount"), ACCOUNT);
	CHECK_STR(value_of(g, "aws:PrincipalType"), S("User"));
	CHECK_STR(value_of(g, "aws:username"), S("alice"));
	CHECK_STR(value_of(g, "aws:userid"), g->c.who.id);
	CHECK_STR(value_of(g, "aws:SourceIp"), S("127.0.0.1"));
	CHECK_STR(value_of(g, "aws:SecureTransport"), S("false"));
	CHECK_STR(value_of(g, "aws:ViaAWSService"), S("false"));
	CHECK_STR(value_of(g, "aws:PrincipalIsAWSService"), S("false"));
	CHECK_STR(value_of(g, "aws:UserAgent"), S("tester"));
	CHECK_STR(value_of(g, "aws:RequestedRegion"), S("us-east-1")); /* IAM is there alone */
	CHECK_STR(value_of(g, "aws:ResourceAccount"), ACCOUNT);
	CHECK(str_starts(value_of(g, "aws:CurrentTime"), S("2025-11-25T00:00:0")));
	CHECK(str_starts(value_of(g, "aws:EpochTime"), S("176402880")));
	CHECK(!value_of(g, "aws:TokenIssueTime").p && !value_of(g, "aws:MultiFactorAuthPresent").p);
	CHECK(!value_of(g, "aws:PrincipalOrgID").p && !value_of(g, "aws:SourceVpc").p && !value_of(g, "aws:").p);
	clock_set_offset(0);
}

static void test_session(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	const struct tag tags[] = { { S("Team"), S("ml") } };
	struct given_call *g = make(&a, "CreateUser");
	struct session s = { .kind = PRINCIPAL_ROLE,
			     .account = ACCOUNT,
			     .entity_id = make_entity(ENTITY_ROLE, "Trainer", NULL),
			     .name = S("run"),
			     .tags = tags,
			     .n_tags = 1,
			     .source_identity = S("me"),
			     .mfa = true,
			     .issued = clock_now() - 60000,
			     .expires = INT64_MAX };
	str token = session_create(&cloud, &a, &s);
	g->c.identity = look_up(&a, s.access_key, token, &why);
	g->c.who = g->c.identity->who;
	CHECK_STR(value_of(g, "aws:PrincipalArn"), S("arn:aws:iam::123456789012:role/team/Trainer"));
	CHECK_STR(value_of(g, "aws:PrincipalType"), S("AssumedRole"));
	CHECK(!value_of(g, "aws:username").p);
	CHECK(str_ends(value_of(g, "aws:userid"), S(":run")));
	CHECK_STR(value_of(g, "aws:PrincipalTag/team"), S("ml"));
	CHECK(!value_of(g, "aws:PrincipalTag/other").p && !value_of(g, "aws:PrincipalTag/").p);
	CHECK_STR(value_of(g, "aws:SourceIdentity"), S("me"));
	CHECK_STR(value_of(g, "aws:MultiFactorAuthPresent"), S("true"));
	CHECK(str_starts(value_of(g, "aws:MultiFactorAuthAge"), S("6")));
	CHECK(value_of(g, "aws:TokenIssueTime").n == 20);
}

static void test_anonymous(void) {
	AUTO_ARENA a = { 0 };
	struct given_call *g = make(&a, "CreateUser");
	CHECK_STR(value_of(g, "aws:PrincipalType"), S("Anonymous"));
	CHECK_STR(value_of(g, "aws:userid"), S("anonymous"));
	CHECK(!value_of(g, "aws:PrincipalArn").p && !value_of(g, "aws:PrincipalAccount").p);
}

static void test_tags(void) {
	AUTO_ARENA a = { 0 };
	struct values v;
	struct given_call *g = make(&a, "CreateUser");
	struct val *tags = set(&a, g->c.in, "Tags");
	tag(&a, tags, "Team", "ml");
	tag(&a, tags, "hooked", "from the request");
	CHECK_STR(value_of(g, "aws:RequestTag/team"), S("ml"));
	CHECK_STR(value_of(g, "aws:RequestTag/hooked"), S("from the service"));
	CHECK_STR(value_of(g, "iam:own"), S("from the service"));
	CHECK(!value_of(g, "aws:RequestTag/none").p && !value_of(g, "iam:other").p);
	CHECK_STR(value_of(g, "aws:ResourceTag/colour"), S("blue"));
	CHECK_STR(value_of(g, "iam:ResourceTag/Colour"), S("blue"));
	CHECK(!value_of(g, "aws:ResourceTag/none").p);
	CHECK(circumstance_find(&g->k, S("aws:TagKeys"), &v) && v.many && v.n == 2);
	g = make(&a, "UntagUser");
	append(&a, set(&a, g->c.in, "TagKeys"))->s = S("Team");
	CHECK(circumstance_find(&g->k, S("aws:tagkeys"), &v) && v.many && v.n == 1 && str_is(v.v[0], "Team"));
	g = make(&a, "GetUser");
	CHECK(!circumstance_find(&g->k, S("aws:TagKeys"), &v));
}

static void test_asked(void) {
	AUTO_ARENA a = { 0 };
	const struct given given[] = { { "iam:PassedToService", S("ec2.amazonaws.com") }, { 0 } };
	struct given_call *g = make(&a, "GetUser");
	g->k.given = given;
	CHECK_STR(value_of(g, "iam:passedtoservice"), S("ec2.amazonaws.com"));
	CHECK_STR(value_of(g, "iam:PassedToService"), S("ec2.amazonaws.com"));
	CHECK_INT(g->k.n, 1);
	for (int i = 0; i < 2 * ASKED_MAX; i++) {
		value_of(g, str_printf(&a, "x:k%d", i).p);
	}
	CHECK_INT(g->k.n, ASKED_MAX);
	CHECK_STR(value_of(g, "aws:UserAgent"), S("tester"));
}

/* --- the refusal in EC2's words, which no service speaks yet --- */

static void test_encoded(void) {
	AUTO_ARENA a = { 0 };
	struct not_found why;
	str encoded, plain;
	size_t at;
	struct given_call *g = make(&a, "GetUser");
	g->c.identity = look_up(&a, ALICE, (str){ 0 }, &why);
	g->c.who = g->c.identity->who;
	g->c.proto = P_EC2;
	CHECK(!call_must(&g->c, "ec2:RunInstances", &g->r));
	CHECK_STR(str_from(g->c.refusal.fault->code), S("UnauthorizedOperation"));
	const str head = S("You are not authorized to perform this operation. User: "
			   "arn:aws:iam::123456789012:user/alice is not authorized to perform: ec2:RunInstances on "
			   "resource: arn:aws:iam::123456789012:user/new because no identity-based policy allows the "
			   "ec2:RunInstances action. Encoded authorization failure message: ");
	CHECK(str_starts(g->c.refusal.message, head));
	encoded = str_skip(g->c.refusal.message, head.n);
	plain = denial_decode(&cloud, &a, ACCOUNT, encoded);
	CHECK(str_starts(plain, S("{\"allowed\":false,\"explicitDeny\":false,\"matchedStatements\":{\"items\":[]},")));
	CHECK(str_find(plain, S("\"action\":\"ec2:RunInstances\""), &at));
	CHECK(str_find(plain, S("{\"key\":\"aws:username\",\"values\":{\"items\":[{\"value\":\"alice\"}]}}"), &at));
	CHECK(!str_find(plain, S("X-Amz-Signature"), &at));
	put_inline(id_of_alice(), "no",
		   "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"No\",\"Effect\":\"Deny\",\"Action\":\"*\","
		   "\"Resource\":\"*\"}]}");
	g->c.identity = look_up(&a, ALICE, (str){ 0 }, &why);
	CHECK(!call_allowed(&g->c, "ec2:RunInstances", &g->r));
	plain = denial_decode(&cloud, &a, ACCOUNT, denial_encode(&g->c, "ec2:RunInstances", &g->r));
	CHECK(str_find(plain, S("\"explicitDeny\":true"), &at));
	CHECK(str_find(plain, S("{\"statementId\":\"No\",\"effect\":\"DENY\",\"actions\""), &at));
	CHECK(!denial_decode(&cloud, &a, S("210987654321"), encoded).p);
	CHECK(!denial_decode(&cloud, &a, ACCOUNT, S("bm90IG91cnM=")).p &&
	      !denial_decode(&cloud, &a, ACCOUNT, S("?")).p);
	struct session s = { .kind = PRINCIPAL_ROOT, .account = ACCOUNT, .expires = INT64_MAX };
	CHECK(!denial_decode(&cloud, &a, ACCOUNT, session_create(&cloud, &a, &s)).p);
	CHECK(!session_open(&cloud, &a, denial_encode(&g->c, "a:b", &g->r), &s));
}

/* Code, status and sentence in each wire. */
static void test_words(void) {
	static const struct {
		enum proto proto;
		const char *code;
		int status;
		const char *piece;
	} rows[] = {
		{ P_QUERY, "AccessDenied", 403,
		  "perform: a:Do on resource: arn:aws:iam::123456789012:user/new with an" },
		{ P_RESTXML, "AccessDenied", 403, "a:Do on resource: \"arn:aws:iam::123456789012:user/new\" with an" },
		{ P_JSON, "AccessDeniedException", 400,
		  "a:Do on resource: arn:aws:iam::123456789012:user/new with an" },
		{ P_CBOR, "AccessDeniedException", 400, "User: arn:aws:iam::123456789012:user/alice is not" },
		{ P_RESTJSON, "AccessDeniedException", 403, "explicit deny in an identity-based policy" },
	};
	AUTO_ARENA a = { 0 };
	struct not_found why;
	size_t at;
	struct resource any = { 0 }, theirs = { .arn = S("arn:aws:s3:::b"), .account = S("210987654321") };
	struct given_call *g = make(&a, "GetUser");
	g->c.identity = look_up(&a, ALICE, (str){ 0 }, &why);
	g->c.who = g->c.identity->who;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		g->c.proto = rows[i].proto;
		CHECK(!call_must(&g->c, "a:Do", &g->r));
		CHECK_STR(str_from(g->c.refusal.fault->code), str_from(rows[i].code));
		CHECK_INT(g->c.refusal.fault->status, rows[i].status);
		CHECK(str_find(g->c.refusal.message, str_from(rows[i].piece), &at));
	}
	CHECK(!call_must(&g->c, "a:List", &any) && !str_find(g->c.refusal.message, S("resource"), &at));
	CHECK(!call_must(&g->c, "iam:List", &any) && str_find(g->c.refusal.message, S(" on resource: * with"), &at));
	g->c.proto = P_RESTXML;
	CHECK(!call_must(&g->c, "s3:ListBucket", &theirs));
	CHECK_STR(g->c.refusal.message, S("Access Denied"));
}

int main(void) {
	static void (*const tests[])(void) = { test_user,  test_session, test_anonymous, test_tags,
					       test_asked, test_encoded, test_words,     NULL };
	return run_in_cloud(tests);
}
