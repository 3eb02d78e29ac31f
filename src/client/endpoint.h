/* Where AWS itself answers: "https://sts.eu-west-1.amazonaws.com". Source: AWS General Reference, "Service
 * endpoints". */
#pragma once

#include "base/buf.h"
#include "model/model.h"

struct endpoint {
	str url; /* without a slash at its end */
	str region; /* what the credential scope names */
};

struct endpoint endpoint_of(struct arena *a, const struct service *s, str region);
/* Lower case letters, digits and hyphens: nothing else may become part of a host name. */
bool region_is_plain(str region);

/* A URL in its parts. */
struct url {
	str origin; /* "http://127.0.0.1:4566" */
	str host; /* with its port, as in a Host header */
	str path; /* without a slash at its end; may be empty */
};

/* False: not http or https, without a host, with a user, a query or a fragment, or bytes that no URL has. */
bool url_parse(str text, struct url *out);
/* Is the host AWS's? */
bool url_is_aws(const struct url *u);
/* 127.0.0.0/8, ::1 or localhost. */
bool url_is_loopback(const struct url *u);
