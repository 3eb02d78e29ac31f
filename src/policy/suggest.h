/* What somebody may have meant, and the condition keys that belong to no service. */
#pragma once

#include "base/buf.h"

/* The known name that is nearest to a misspelt one, a literal; absent if none is near. */
str suggest_action(str name);
str suggest_key(str key);

bool key_is_global(str key); /* aws:... */
/* Of global keys: is there this one? (IAM User Guide, "AWS global condition context keys") */
bool key_is_known(str key);
/* Keys of a service that requests to any service may carry: the session's (ec2:SourceInstanceArn, sts:...), an identity
 * provider's (accounts.google.com:aud). */
bool key_is_everywhere(str key);
