/* The end of a call: the answer in its wire, or the fault in its envelope. */
#pragma once

#include "core/call.h"

void reply_success(struct call *c);
void reply_fault(struct call *c);
/* A JSON line of --log-calls. */
void reply_log(const struct call *c, int fd, int64_t micros);
