/* A certificate authority of the machine's own. Its key signs nothing but names below a list of domains, and says so
 * (name constraints, RFC 5280, 4.2.1.10), so that whoever gets hold of it can stand for nobody else. ECDSA on P-256
 * throughout. Dates are real time. */
#pragma once

#include "base/str.h"

#include <openssl/types.h>

struct ca {
	X509 *cert;
	EVP_PKEY *key; /* of the authority */
	EVP_PKEY *own; /* of all the certificates that it issues in this process; never on disk */
	const char *const *domains; /* the caller's: NULL-terminated, lower case, without a dot in front */
};

/* Reads FOLDER/ca.pem (0644) and FOLDER/ca.key (0600). Makes both, good for ten years, when one is missing, or when
 * what this program had made there has run out, is not good yet (a clock was wrong) or is for other domains.
 * 0 or -errno; -EBADMSG: they are there, but unreadable or not a pair. */
int ca_open(struct ca *out, const char *folder, const char *const *domains);
void ca_finish(struct ca *ca);
bool ca_exists(const char *folder); /* both files are there, whatever is in them */

/* May it name this host: one of the domains or below it, in letters, digits, '-', '_' and '.'? Lower case. */
bool ca_covers(const struct ca *ca, str host);
/* A certificate for a host that it covers, good for a year; absent: for localhost, 127.0.0.1 and ::1. For ca->own.
 * NULL: OpenSSL could not. The caller's to free. */
X509 *ca_issue(const struct ca *ca, str host);
