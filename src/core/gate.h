/* Who may be asked for through this server as a proxy: AWS's hosts and this machine's own address, and both are
 * answered here. Nothing is ever forwarded, and nobody else is reached. */
#pragma once

#include "core/cloud.h"

/* True: the request is for us (not a proxy's, or for a host that is AWS's): serve it. False: it was a CONNECT that is
 * granted now, or it was refused with 403 and one sentence. */
bool gate_pass(struct exchange *x, const struct cloud *cloud);
