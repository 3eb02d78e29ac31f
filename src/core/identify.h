/* Which service, wire and operation a request is for: by host name, X-Amz-Target, the Action of a form, the smithy
 * path, the credential scope, and at last by the path alone (S3). */
#pragma once

#include "core/call.h"

/* Service, wire, region, bucket_host and path of the call, from its head and the credential scope, read or not.
 * Never fails: what cannot be told is S3's. */
void identify_service(struct call *c);

/* Fails for a service that is none of ours, in the envelope of its wire. */
bool identify_served(struct call *c);

/* The style in which signature faults are told. */
enum auth_style identify_style(const struct call *c);

/* The operation, once the body is there for those that name it there (absent for S3). Fails with the wire's own
 * fault. */
bool identify_op(struct call *c, str body);
