/* IAM: users, groups, roles, instance profiles, policies, keys; and what explains them. */
#pragma once

#include "core/entity.h"

extern const struct face iam_face;

/* --- for --bootstrap: an entity that shall be there --- */
struct iam_inline {
	str name, document;
};

struct iam_wish {
	enum entity_kind kind; /* no instance profile */
	str account, name;
	str path; /* of one that is not there yet; absent: "/" */
	str document; /* of a policy; of a role its trust policy */
	const str *policies; /* ARNs of managed policies that are to be attached */
	size_t n_policies;
	const struct iam_inline *inlines;
	size_t n_inlines;
	const str *groups; /* of a user: names */
	size_t n_groups;
	str profile; /* of a role: the instance profile that is to hold it; absent: none */
};

/* Makes what is not there, and gives documents that differ the text of the wish. 0 or -errno, and *why in words:
 * -EINVAL for what cannot be. */
int iam_make(struct cloud *cloud, struct arena *a, const struct iam_wish *w, str *why);
