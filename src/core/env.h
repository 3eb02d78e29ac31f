/* What a client's environment must say for it to come here: GET /env of the control channel. As it is, by
 * AWS_ENDPOINT_URL; with ?transparent by AWS's own host names, through this server as the proxy and by its certificate
 * authority. JSON: null for a variable that must not be set. */
#pragma once

#include "core/control.h"

void control_env(struct control *c);
