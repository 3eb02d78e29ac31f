/* What a host name says: the service, the region, the bucket of a virtual host. */
#pragma once

#include "base/buf.h"

struct address {
	str service; /* endpoint label: "s3", "monitoring", "api.ecr"; absent: the name tells nothing */
	str region; /* absent: global or not told */
	str bucket; /* S3 virtual host */
};

/* AWS's names (BUCKET.s3.REGION.amazonaws.com, s3-REGION, dualstack, fips, accelerate, SERVICE.REGION,
 * ACCOUNT.SERVICE, api.SERVICE...), and
 * [BUCKET.]s3[.REGION].localhost, BUCKET.localhost. An IP address, localhost or any other name tells nothing. The
 * host may carry a port. Slices point into host, which is lower-cased in the arena. */
struct address address_of_host(struct arena *a, str host);

bool region_plausible(str s); /* xx-yyyy-1 */

/* The domains that this server answers for, by certificates too: "localhost", then AWS's own. NULL-terminated. */
extern const char *const address_domains[];
#define AWS_DOMAINS (address_domains + 1) /* without "localhost" */
bool host_is_aws(str host); /* one of AWS's domains or below one; lower case, without a port */
