#include "core/address.h"
#include "http/ca.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_part(str whole, str part) {
	size_t at;
	return !part.n || str_find(whole, part, &at);
}

/* What a host says is a part of it, and there is a certificate for nobody but AWS and this machine. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	AUTO_ARENA a = { 0 };
	struct ca ca = { .domains = address_domains };
	str host = str_lower(&a, (str){ (const char *)data, size });
	struct address at = address_of_host(&a, host);
	bool known = host_is_aws(host) || str_ends(host, S("localhost"));
	if (!is_part(host, at.region) || !is_part(host, at.bucket) || (at.bucket.n && !str_is(at.service, "s3")) ||
	    (ca_covers(&ca, host) && !known)) {
		__builtin_trap();
	}
	return 0;
}
