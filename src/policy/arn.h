/* ARNs in their fields (AWS General Reference, "Amazon Resource Names (ARNs)"):
 * arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE. */
#pragma once

#include "base/str.h"

struct arn {
	str partition, service, region, account; /* may be empty */
	str resource; /* all that stands behind the fifth colon */
};

/* Slices of text. False: no ARN. */
bool arn_read(str text, struct arn *out);
/* The same for ARNs of a service of this partition that knows no regions: arn:aws:iam::123456789012:user/alice. */
bool arn_read_global(str text, const char *service, struct arn *out);
/* The account that an ARN names; absent: none. */
str arn_account(str text);
/* What stands behind the last slash, else all. */
str path_name(str path);
bool is_account(str s); /* 12 digits */
