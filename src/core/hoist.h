/* Presigned URLs carry headers as query parameters. */
#pragma once

#include "core/call.h"

/* The x-amz-* parameters of a presigned S3 URL that are no credentials become headers (SDKs put metadata, ACLs and more
 * there): what reads a request reads headers. A header that was sent beats a parameter. The value of a checksum is no
 * header: S3 ignores it there, and the JavaScript SDK signs that of an empty body into each link for an upload. */
void hoist_headers(struct call *c);
