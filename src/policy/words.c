#include "policy/decide.h"

const char *layer_name(enum layer l) {
	switch (l) {
	case LAYER_ROOT: return "root";
	case LAYER_IDENTITY: return "identity";
	case LAYER_BOUNDARY: return "boundary";
	case LAYER_SESSION: return "session";
	case LAYER_RESOURCE: return "resource";
	case LAYER_ACL: return "acl";
	case LAYER_BLOCK: return "block";
	case LAYER_NONE:
	default: return "none";
	}
}

/* A role's trust policy goes by its own name. */
static bool is_trust(const struct verdict *v, str action) {
	return v->layer == LAYER_RESOURCE && str_starts(action, S("sts:"));
}

static const char *policy_type(const struct verdict *v, str action) {
	switch (v->layer) {
	case LAYER_BOUNDARY: return "permissions boundary";
	case LAYER_SESSION: return "session policy";
	case LAYER_RESOURCE: return is_trust(v, action) ? "role trust policy" : "resource-based policy";
	case LAYER_BLOCK:
	case LAYER_ACL: return "resource-based policy";
	case LAYER_NONE:
	case LAYER_ROOT:
	case LAYER_IDENTITY:
	default: return "identity-based policy";
	}
}

str verdict_reason(struct arena *a, const struct verdict *v, str action) {
	const char *type = policy_type(v, action);
	if (v->allowed) {
		return (str){ 0 };
	}
	if (v->layer == LAYER_BLOCK) {
		return S(" because public policies are prevented by the RestrictPublicBuckets setting in S3 Block "
			 "Public Access");
	}
	if (!v->explicit_deny) {
		return str_printf(a, " because no %s allows the " STR_FMT " action", type, STR_ARG(action));
	}
	const char *article = is_trust(v, action) ? "the" : v->layer == LAYER_IDENTITY ? "an" : "a";
	str name = v->by && v->layer != LAYER_RESOURCE && str_starts(v->by->name, S("arn:")) ? v->by->name : (str){ 0 };
	return str_printf(a, " with an explicit deny in %s %s%s" STR_FMT, article, type, name.n ? ": " : "",
			  STR_ARG(name));
}

str bound_words(struct arena *a, const struct bound *bound, size_t statement) {
	struct buf b = { .arena = a };
	str sid = policy_sid(bound->policy, statement);
	if (sid.n) {
		putf(&b, "statement " STR_FMT, STR_ARG(sid));
	} else {
		putf(&b, "statement %zu", statement + 1);
	}
	if (bound->name.n) {
		putf(&b, " of " STR_FMT, STR_ARG(bound->name));
	}
	if (bound->from.n) {
		putf(&b, " (of " STR_FMT ")", STR_ARG(bound->from));
	}
	return buf_str(&b);
}

str verdict_words(struct arena *a, const struct verdict *v, str action) {
	const char *verb = v->allowed ? "allowed" : "denied";
	if (v->layer == LAYER_BLOCK) {
		return S("the resource's policy is public, and RestrictPublicBuckets lets no one from outside use it");
	}
	if (v->by && v->statement >= 0) {
		return str_printf(a, "%s by " STR_FMT, verb, STR_ARG(bound_words(a, v->by, (size_t)v->statement)));
	}
	if (v->allowed) {
		return v->layer == LAYER_ROOT ? S("allowed: the account's root may do everything")
					      : S("allowed by an access control list of the resource");
	}
	return str_printf(a, "no %s allows " STR_FMT, policy_type(v, action), STR_ARG(action));
}
