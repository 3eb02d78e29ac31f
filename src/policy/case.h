/* What the tests of this room share: documents, callers and contexts that are short to write. */
#pragma once

#include "policy/decide.h"

/* Quotes of JSON are written as `. */
static inline str case_json(struct arena *a, const char *text) {
	str s = str_dup(a, str_from(text));
	for (size_t i = 0; i < s.n; i++) {
		((char *)(uintptr_t)s.p)[i] = s.p[i] == '`' ? '"' : s.p[i];
	}
	return s;
}

static inline str case_document(struct arena *a, const char *statements) {
	return str_printf(a, "{\"Version\":\"2012-10-17\",\"Statement\":[" STR_FMT "]}",
			  STR_ARG(case_json(a, statements)));
}

/* "aws:SourceIp=1.2.3.4|aws:TagKeys[]=a,b": [] marks a set. */
struct case_context {
	struct arena *arena;
	str text;
};

static inline bool case_find(void *arg, str key, struct values *out) {
	struct case_context *c = arg;
	str rest = c->text, pair, name, text, one;
	while (rest.n) {
		str_cut(rest, '|', &pair, &rest);
		str_cut(pair, '=', &name, &text);
		out->many = str_ends(name, S("[]"));
		name.n -= out->many ? 2 : 0;
		if (!str_ieq(name, key)) {
			continue;
		}
		str *v = NEWS(c->arena, str, text.n + 1);
		for (out->n = 0; out->many && text.n; out->n++) {
			str_cut(text, ',', &one, &text);
			v[out->n] = one;
		}
		if (!out->many) {
			v[out->n++] = text;
		}
		out->v = v;
		return true;
	}
	return false;
}

#define CASE_ACCOUNT "123456789012"
#define CASE_OTHER "444455556666"

#define CASE_TEXT(lit)                                                                                                 \
	{ (lit), sizeof(lit) - 1 }

static const struct principal case_root = { .kind = PRINCIPAL_ROOT,
					    .account = CASE_TEXT(CASE_ACCOUNT),
					    .arn = CASE_TEXT("arn:aws:iam::" CASE_ACCOUNT ":root"),
					    .id = CASE_TEXT(CASE_ACCOUNT),
					    .entity_arn = CASE_TEXT("arn:aws:iam::" CASE_ACCOUNT ":root"),
					    .canonical_id = CASE_TEXT("c0ffee") };
static const struct principal case_user = { .kind = PRINCIPAL_USER,
					    .account = CASE_TEXT(CASE_ACCOUNT),
					    .arn = CASE_TEXT("arn:aws:iam::" CASE_ACCOUNT ":user/carlos"),
					    .id = CASE_TEXT("AIDACKCEVSQ6C2EXAMPLE"),
					    .name = CASE_TEXT("carlos"),
					    .entity_arn = CASE_TEXT("arn:aws:iam::" CASE_ACCOUNT ":user/carlos"),
					    .entity_id = CASE_TEXT("AIDACKCEVSQ6C2EXAMPLE"),
					    .canonical_id = CASE_TEXT("c0ffee") };
static const struct principal case_role = { .kind = PRINCIPAL_ROLE,
					    .account = CASE_TEXT(CASE_ACCOUNT),
					    .arn = CASE_TEXT("arn:aws:sts::" CASE_ACCOUNT ":assumed-role/job/night"),
					    .id = CASE_TEXT("AROADBQP57FF2AEXAMPLE:night"),
					    .entity_arn = CASE_TEXT("arn:aws:iam::" CASE_ACCOUNT ":role/path/job"),
					    .entity_id = CASE_TEXT("AROADBQP57FF2AEXAMPLE"),
					    .canonical_id = CASE_TEXT("c0ffee") };
static const struct principal case_federated = { .kind = PRINCIPAL_FEDERATED,
						 .account = CASE_TEXT(CASE_ACCOUNT),
						 .arn = CASE_TEXT("arn:aws:sts::" CASE_ACCOUNT ":federated-user/bob"),
						 .id = CASE_TEXT(CASE_ACCOUNT ":bob"),
						 .entity_arn = CASE_TEXT("arn:aws:iam::" CASE_ACCOUNT ":user/carlos"),
						 .entity_id = CASE_TEXT("AIDACKCEVSQ6C2EXAMPLE"),
						 .canonical_id = CASE_TEXT("c0ffee") };
static const struct principal case_service = { .kind = PRINCIPAL_SERVICE, .service = CASE_TEXT("ec2.amazonaws.com") };
static const struct principal case_nobody = { .kind = PRINCIPAL_ANONYMOUS };
