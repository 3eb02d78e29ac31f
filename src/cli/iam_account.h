/* What iam knows of an account: its users, groups, roles and own policies with their documents, read once. */
#pragma once

#include "cli/where.h"

/* Values of the shapes UserDetail, GroupDetail, RoleDetail and ManagedPolicyDetail; documents decoded. */
struct entries {
	const struct val **v;
	size_t n;
};

struct iam_account {
	struct entries users, groups, roles, policies; /* policies: the account's own, not AWS's */
};

/* False: said on stderr. */
bool iam_account_read(struct where *w, struct iam_account *out);
/* By name ("UserName"), any case; NULL: there is none. */
const struct val *entry_find(const struct entries *e, const char *member, str name);
/* The document of one of the account's own policies, its default version; absent if it is not there. */
str own_policy_document(const struct iam_account *account, str arn);
/* The document of any managed policy; false: said on stderr. */
bool policy_document(struct where *w, const struct iam_account *account, str arn, str *out);
