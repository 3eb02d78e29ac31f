#include "policy/arn.h"
#include "policy/room.h"

static bool is_id(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !(s.p[i] >= '0' && s.p[i] <= '9')) {
			return false;
		}
	}
	return s.n >= 16 && (str_starts(s, S("AIDA")) || str_starts(s, S("AROA")));
}

static bool aws_read(str text, struct who *out) {
	struct arn arn;
	size_t at;
	out->match = text;
	if (str_is(text, "*")) {
		out->kind = WHO_ALL;
	} else if (is_account(text)) {
		out->kind = WHO_ACCOUNT;
	} else if (is_id(text)) {
		out->kind = WHO_ID;
	} else {
		bool named = arn_read(text, &arn) && arn.partition.n && !arn.region.n &&
			     (str_is(arn.service, "iam") || str_is(arn.service, "sts"));
		out->kind = named && str_is(arn.resource, "root") ? WHO_ACCOUNT : WHO_ARN;
		out->match = out->kind == WHO_ACCOUNT ? arn.account : text;
		return named && is_account(arn.account) && arn.resource.n && !str_find(text, S("*"), &at) &&
		       !str_find(text, S("?"), &at);
	}
	return true;
}

bool who_read(str type, str text, struct who *out) {
	static const struct {
		const char *type;
		enum who_kind kind;
	} others[] = { { "Service", WHO_SERVICE }, { "Federated", WHO_FEDERATED }, { "CanonicalUser", WHO_CANONICAL } };
	*out = (struct who){ .type = type, .text = text, .match = text };
	if (str_is(type, "AWS")) {
		return aws_read(text, out);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (str_is(type, others[i].type)) {
			out->kind = others[i].kind;
			return text.n > 0 && !str_is(text, "*");
		}
	}
	return false;
}

static bool same(str a, str b) {
	return a.n && str_eq(a, b);
}

/* How a name of a user or role stands to who asks: a session of a role or a federated user acts for another one. */
static enum named by_entity(const struct principal *p) {
	return p->kind == PRINCIPAL_USER ? NAMED_SELF : NAMED_ROLE;
}

static enum named who_names(const struct who *w, const struct principal *p) {
	bool service = p->kind == PRINCIPAL_SERVICE;
	switch (w->kind) {
	case WHO_ALL: return NAMED_SELF;
	case WHO_ACCOUNT: return !service && same(w->match, p->account) ? NAMED_ACCOUNT : NAMED_NOT;
	case WHO_CANONICAL: return !service && same(w->match, p->canonical_id) ? NAMED_ACCOUNT : NAMED_NOT;
	case WHO_ARN:
		return same(w->match, p->arn) ? NAMED_SELF : same(w->match, p->entity_arn) ? by_entity(p) : NAMED_NOT;
	case WHO_ID: return same(w->match, p->entity_id) ? by_entity(p) : NAMED_NOT;
	case WHO_SERVICE: return service && same(w->match, p->service) ? NAMED_SELF : NAMED_NOT;
	case WHO_FEDERATED:
	default: return NAMED_NOT;
	}
}

/* Which kinds of naming a principal needs all of, that a Deny with NotPrincipal lets him be: the account is looked at
 * first, then the role, then the session. */
static int levels(const struct principal *p) {
	switch (p->kind) {
	case PRINCIPAL_ROOT: return 1 << NAMED_ACCOUNT;
	case PRINCIPAL_ROLE: return 1 << NAMED_ACCOUNT | 1 << NAMED_ROLE | 1 << NAMED_SELF;
	case PRINCIPAL_USER:
	case PRINCIPAL_FEDERATED: return 1 << NAMED_ACCOUNT | 1 << NAMED_SELF;
	case PRINCIPAL_SERVICE:
	case PRINCIPAL_ANONYMOUS:
	default: return 1 << NAMED_SELF;
	}
}

static enum named inverse_match(const struct whos *w, bool deny, const struct access *q) {
	int named = 0;
	for (size_t i = 0; i < w->n; i++) {
		named |= w->v[i].kind == WHO_ALL ? -1 : 1 << who_names(&w->v[i], q->who);
	}
	if (!deny) {
		return named & ~(1 << NAMED_NOT) ? NAMED_NOT : NAMED_SELF;
	}
	int need = levels(q->who);
	return (named & need) == need && !q->bounded ? NAMED_NOT : NAMED_SELF;
}

enum named whos_match(const struct whos *w, bool deny, const struct access *q) {
	enum named best = NAMED_NOT;
	if (w->inverse) {
		return inverse_match(w, deny, q);
	}
	for (size_t i = 0; i < w->n && best != NAMED_SELF; i++) {
		enum named n = who_names(&w->v[i], q->who);
		best = n > best ? n : best;
	}
	return best;
}
