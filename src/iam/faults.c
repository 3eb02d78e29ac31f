#include "iam/room.h"

const struct fault no_such_entity = { "NoSuchEntity", 404 };
const struct fault entity_already_exists = { "EntityAlreadyExists", 409 };
const struct fault delete_conflict = { "DeleteConflict", 409 };
const struct fault limit_exceeded = { "LimitExceeded", 409 };
const struct fault invalid_input = { "InvalidInput", 400 };
const struct fault malformed_policy = { "MalformedPolicyDocument", 400 };
const struct fault unmodifiable_entity = { "UnmodifiableEntity", 400 };
const struct fault validation_error = { "ValidationError", 400 };
