/* Presigned URLs carry headers as query parameters. */
#pragma once

#include "core/call.h"

/* The x-amz-* parameters of a presigned S3 URL that are no credentials become headers (SDKs put metadata, ACLs,
 * checksums and more there): what reads a request reads headers. A header that was sent beats a parameter. */
void hoist_headers(struct call *c);
