#include "policy/case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *action, *resource;
} asked[] = {
	{ "s3:GetObject", "arn:aws:s3:::bucket/home/carlos/a:b:c" },
	{ "sts:AssumeRole", "arn:aws:iam::123456789012:role/path/job" },
	{ "iam:ListUsers", "*" },
};

static const char *const contexts[] = {
	"aws:username=carlos|aws:SourceIp=203.0.113.9|aws:TagKeys[]=a,b|s3:prefix=home/"
	"|aws:CurrentTime=2026-06-30T12:00:00Z",
	"aws:SourceArn=arn:aws:sns:us-east-1:123456789012:t|aws:SecureTransport=true|s3:max-keys=10|aws:TagKeys[]=",
};

static void look(struct arena *a, const struct policy *p) {
	size_t n;
	bool inverse;
	str *keys;
	struct policy_principal *who;
	policy_keys(a, p, &keys);
	policy_principals(a, p, &who);
	for (size_t i = 0; i < policy_statements(p); i++) {
		policy_actions(p, i, &n, &inverse);
		policy_resources(p, i, &n, &inverse);
		if (!policy_statement_text(p, i).n) {
			__builtin_trap();
		}
	}
}

/* The policy in every place of a decision that its kind has. */
static void ask(struct arena *a, const struct policy *p, enum policy_kind kind, const struct principal *who) {
	struct bound b = { .policy = p, .name = S("p") };
	for (size_t i = 0; i < 6; i++) {
		struct case_context c = { a, str_from(contexts[i % 2]) };
		struct context find = { case_find, &c };
		struct question q = { .access = { who, str_from(asked[i / 2].action), str_from(asked[i / 2].resource),
						  &find, a, false } };
		struct verdict v;
		bool mine = kind == POLICY_IDENTITY;
		q.identity = q.session = mine ? &b : NULL;
		q.n_identity = q.n_session = mine;
		q.boundary = mine && i % 2 ? &b : NULL;
		q.resource = mine ? NULL : &b;
		q.trust = kind == POLICY_TRUST;
		decide(&q, &v);
		if ((verdict_reason(a, &v, q.access.action).n > 0) == v.allowed) {
			__builtin_trap();
		}
		verdict_words(a, &v, q.access.action);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const struct principal *const callers[] = { &case_user, &case_role,    &case_federated,
							   &case_root, &case_service, &case_nobody };
	AUTO_ARENA a = { 0 };
	str text = { (const char *)data, size };
	for (enum policy_kind kind = POLICY_IDENTITY; kind <= POLICY_RESOURCE; kind++) {
		struct policy_error why;
		const struct policy *p = policy_read(&a, text, kind, &why);
		if (!p == (why.flaw == FLAW_NONE) || (!p && (!why.place.n || !why.sentence.n))) {
			__builtin_trap();
		}
		if (p) {
			look(&a, p);
			ask(&a, p, kind, callers[size % 6]);
		}
	}
	return 0;
}
