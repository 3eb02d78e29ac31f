#include "iam/room.h"

bool document_ok(struct call *c, str document, enum policy_kind kind, size_t max) {
	struct policy_error why;
	if (policy_size(document) > max) {
		return fail(c, &limit_exceeded, "Cannot exceed quota for %s: %zu",
			    kind == POLICY_TRUST ? "ACLSizePerRole" : "PolicySize", max);
	}
	if (!policy_read(c->arena, document, kind, &why)) {
		return fail(c, &malformed_policy, STR_FMT, STR_ARG(why.sentence));
	}
	return true;
}

str document_shown(struct arena *a, str document) {
	struct buf b = { .arena = a };
	put_url(&b, document, false);
	return buf_str(&b);
}
