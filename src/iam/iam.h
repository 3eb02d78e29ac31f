/* IAM: users, groups, roles, instance profiles, policies, keys; and what explains them. */
#pragma once

#include "core/call.h"

extern const struct face iam_face;
