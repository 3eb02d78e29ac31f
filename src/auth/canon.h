/* The canonical forms that are signed (AWS General Reference, "Create a signed AWS API request"; S3 API Reference,
 * "Signature calculations for the Authorization header"). */
#pragma once

#include "http/head.h"

/* S3: decoded and encoded once, nothing normalized. The others: dot segments and empty ones taken out, what was sent
 * encoded once more. */
void put_canonical_path(struct buf *b, str path, bool s3);

/* Each name and value decoded and encoded, sorted by them; the parameter called skip left out. What is signed must be
 * what is read, or a query could be changed under its signature: a '+' is a space, as AWS reads it; its own clients
 * send %20 and %2B. */
struct canonical_query {
	str query, skip; /* skip may be absent */
};
void put_canonical_query(struct buf *b, const struct canonical_query *q);

/* "name:value\n" for each of the semicolon-separated names: values trimmed, runs of spaces folded, several joined by
 * ','; host is h->host. */
void put_canonical_headers(struct buf *b, const struct head *h, str names);

/* Is this name in the semicolon-separated list? Any case. */
bool names_have(str names, str name);
