#include "iam/near.h"

#include "base/tap.h"

/* A request that has exactly these keys, as pairs that end with NULL. */
static bool find(void *arg, str key, struct values *out) {
	static str value;
	for (const char *const *p = arg; *p; p += 2) {
		if (str_ieq(key, str_from(p[0]))) {
			value = str_from(p[1]);
			*out = (struct values){ .v = &value, .n = 1 };
			return true;
		}
	}
	return false;
}

static const struct policy *read_one(struct arena *a, const char *statements, enum policy_kind kind) {
	struct policy_error why;
	const struct policy *p = policy_read(
		a, str_printf(a, "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", statements), kind, &why);
	CHECK(p);
	return p;
}

/* Which parts fit, as letters: p a r c, or - in the place of one that does not. */
static str look(struct arena *a, const char *statement, enum policy_kind kind, const char *const *keys) {
	struct principal who = { .kind = PRINCIPAL_USER,
				 .account = S("123456789012"),
				 .arn = S("arn:aws:iam::123456789012:user/bob"),
				 .name = S("bob") };
	struct context context = { find, (void *)(uintptr_t)keys };
	struct access q = { .who = &who,
			    .action = S("s3:ListBucket"),
			    .resource = S("arn:aws:s3:::b"),
			    .context = &context,
			    .arena = a };
	struct near n;
	near_look(read_one(a, statement, kind), 0, kind, &q, &n);
	return str_printf(a, "%c%c%c%c%zu", n.principal ? 'p' : '-', n.action ? 'a' : '-', n.resource ? 'r' : '-',
			  n.condition ? 'c' : '-', n.n_unmet);
}

static void test_parts(struct arena *a) {
	const char *const none[] = { NULL };
	const char *const keys[] = { "s3:prefix", "data/", "aws:username", "bob", NULL };
	CHECK_STR(look(a, "{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}", POLICY_IDENTITY, none),
		  S("parc0"));
	CHECK_STR(look(a, "{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}", POLICY_IDENTITY, none),
		  S("p-rc0"));
	CHECK_STR(look(a, "{\"Effect\":\"Deny\",\"NotAction\":\"s3:List*\",\"NotResource\":\"arn:aws:s3:::b\"}",
		       POLICY_IDENTITY, none),
		  S("p--c0"));
	CHECK_STR(look(a, "{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/*\"}",
		       POLICY_IDENTITY, none),
		  S("pa-c0"));
	CHECK_STR(look(a,
		       "{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":{"
		       "\"StringLike\":{\"s3:prefix\":[\"home/*\"],\"aws:username\":\"${aws:username}\"},"
		       "\"Bool\":{\"aws:SecureTransport\":\"true\"}}}",
		       POLICY_IDENTITY, keys),
		  S("par-2"));
	CHECK_STR(look(a,
		       "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:user/eve\"},"
		       "\"Action\":\"s3:*\",\"Resource\":\"*\"}",
		       POLICY_RESOURCE, none),
		  S("-arc0"));
}

static bool username_alone(const void *arg, str key) {
	(void)arg;
	return str_ieq(key, S("aws:username"));
}

static const char statements[] =
	"{\"Effect\":\"Allow\",\"Action\":\"s3:A\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{"
	"\"s3:prefix\":\"x\",\"aws:username\":\"bob\"}}},"
	"{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":{\"Null\":{\"s3:prefix\":\"true\"}}}"
	","
	"{\"Effect\":\"Allow\",\"Action\":\"s3:A\",\"Resource\":\"*\"},"
	"{\"Effect\":\"Allow\",\"Action\":\"ec2:*\",\"Resource\":\"*\"}";

static void test_hopeful(struct arena *a) {
	size_t *at;
	struct guess g = { .kind = POLICY_IDENTITY, .hopeful = true, .action = S("s3:a"), .known = username_alone };
	const struct policy *p = policy_guess(a, read_one(a, statements, POLICY_IDENTITY), &g, &at);
	CHECK_INT(policy_statements(p), 2);
	CHECK(at[0] == 0 && at[1] == 2);
	CHECK_STR(policy_statement_text(p, 0), S("{\"Effect\":\"Allow\",\"Action\":\"s3:A\",\"Resource\":\"*\","
						 "\"Condition\":{\"StringEquals\":{\"aws:username\":\"bob\"}}}"));
}

static void test_strict(struct arena *a) {
	size_t *at;
	struct guess g = { .kind = POLICY_IDENTITY, .action = S("s3:A"), .known = username_alone };
	const struct policy *p = policy_guess(a, read_one(a, statements, POLICY_IDENTITY), &g, &at);
	CHECK_INT(policy_statements(p), 2);
	CHECK(at[0] == 1 && at[1] == 2 && policy_denies(p, 0));
	CHECK_STR(policy_statement_text(p, 0), S("{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}"));
	const struct policy *sure =
		read_one(a, "{\"Effect\":\"Allow\",\"Action\":\"s3:A\",\"Resource\":\"*\"}", POLICY_IDENTITY);
	CHECK(policy_guess(a, sure, &g, &at) == sure && at[0] == 0);
	const struct policy *unsure = read_one(a,
					       "{\"Effect\":\"Allow\",\"Action\":\"s3:A\",\"Resource\":\"*\","
					       "\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"}}}",
					       POLICY_IDENTITY);
	CHECK(policy_guess(a, unsure, &g, &at) == NULL);
}

int main(void) {
	AUTO_ARENA a = { 0 };
	test_parts(&a);
	test_hopeful(&a);
	test_strict(&a);
	return tap_done();
}
