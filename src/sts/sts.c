#include "sts/room.h"

const struct fault sts_denied = { "AccessDenied", 403 };
const struct fault sts_invalid = { "ValidationError", 400 };
const struct fault sts_invalid_parameter = { "InvalidParameterValue", 400 };

static const struct route *const tables[] = { sts_role_routes, sts_token_routes, sts_key_routes, NULL };

const struct face sts_face = { .name = "sts", .tables = tables, .admit = session_admitted, .key = sts_key };
