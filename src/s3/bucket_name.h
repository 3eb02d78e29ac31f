/* What buckets and regions may be called (docs: Amazon S3 User Guide, "General purpose bucket naming rules"). */
#pragma once

#include "base/str.h"

/* 3 to 63 characters of a-z 0-9 . -, a letter or digit at both ends, no "..", no IPv4 address, none of AWS's reserved
 * prefixes and suffixes. */
bool bucket_name_ok(str name);

bool region_known(str region); /* of any partition */
