/* multipart/form-data as it comes (RFC 7578): fields one after the other, and at last a file that is read as a stream.
 * What comes behind the file is not looked at. */
#pragma once

#include "http/server.h"

enum { FORM_FIELDS_MAX = 20 * 1024, FORM_FIELDS = 200 };

struct form_field {
	str name; /* lower case */
	str value;
};

struct form {
	struct exchange *x;
	str delimiter; /* with the line end before it */
	char *window;
	size_t at, n; /* of the window: what is not used up */
	struct form_field fields[FORM_FIELDS];
	size_t n_fields;
	bool has_file;
	str file_name; /* without its folders; "" if it has none */
};

/* False: the type is not multipart/form-data with a boundary. */
bool form_open(struct arena *a, struct form *f, struct exchange *x, str content_type);
/* The fields up to the file. 0 or -errno: -EPROTO malformed, -E2BIG more than FORM_FIELDS_MAX bytes or FORM_FIELDS, or
 * what exchange_read says. */
int form_read_fields(struct arena *a, struct form *f);
ssize_t form_read_file(struct form *f, void *to, size_t n); /* 0 at its end; -errno */
str form_get(const struct form *f, const char *name); /* absent: none of that name (lower case) */
