#include "s3/config.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_cors = { "NoSuchCORSConfiguration", 404 };

enum { RULES_MAX = 100, ID_MAX = 255 };

static int stars(str s) {
	int n = 0;
	for (size_t i = 0; i < s.n; i++) {
		n += s.p[i] == '*';
	}
	return n;
}

static bool check_methods(struct call *c, const struct val *list) {
	static const char *const known[] = { "GET", "PUT", "POST", "DELETE", "HEAD" };
	for (const struct val *m = list->first; m; m = m->next) {
		bool ok = false;
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
			ok |= str_is(m->s, known[i]);
		}
		if (!ok) {
			return fail(c, &invalid_request,
				    "Found unsupported HTTP method in CORS config. Unsupported method is " STR_FMT,
				    STR_ARG(m->s));
		}
	}
	return true;
}

static bool one_star(struct call *c, const struct val *list, const char *what) {
	for (const struct val *s = list ? list->first : NULL; s; s = s->next) {
		if (stars(s->s) > 1) {
			return fail(c, &invalid_request, "%s \"" STR_FMT "\" can not have more than one wildcard.",
				    what, STR_ARG(s->s));
		}
	}
	return true;
}

static bool no_star(struct call *c, const struct val *list) {
	for (const struct val *s = list ? list->first : NULL; s; s = s->next) {
		if (stars(s->s)) {
			return fail(c, &invalid_request,
				    "ExposeHeader \"" STR_FMT
				    "\" contains wildcard. We currently do not support wildcard "
				    "for ExposeHeader.",
				    STR_ARG(s->s));
		}
	}
	return true;
}

static bool check_rule(struct call *c, const struct val *rule) {
	const struct val *methods = get(rule, "AllowedMethods"), *origins = get(rule, "AllowedOrigins");
	if (!methods->first || !origins->first || get_str(rule, "ID").n > ID_MAX ||
	    get_int(rule, "MaxAgeSeconds", 0) < 0) {
		return malformed(c);
	}
	return check_methods(c, methods) && one_star(c, origins, "AllowedOrigin") &&
	       one_star(c, get(rule, "AllowedHeaders"), "AllowedHeader") && no_star(c, get(rule, "ExposeHeaders"));
}

static bool put_bucket_cors(struct call *c) {
	const struct val *v = config_body(c);
	if (!v) {
		return false;
	}
	const struct val *rules = get(v, "CORSRules");
	if (!rules->first) {
		return malformed(c);
	}
	if (val_count(rules) > RULES_MAX) {
		return fail(c, &invalid_request,
			    "The number of CORS rules should not exceed allowed limit of %d rules.", RULES_MAX);
	}
	for (const struct val *r = rules->first; r; r = r->next) {
		if (!check_rule(c, r)) {
			return false;
		}
	}
	return config_keep(c, "cors", v);
}

static bool get_bucket_cors(struct call *c) {
	return config_show(c, "cors", &no_cors, "The CORS configuration does not exist");
}

static bool delete_bucket_cors(struct call *c) {
	return config_forget(c, "cors");
}

const struct route cors_routes[] = {
	{ "PutBucketCors", put_bucket_cors, "s3:PutBucketCORS", on_bucket, TIER1 },
	{ "GetBucketCors", get_bucket_cors, "s3:GetBucketCORS", on_bucket, TIER2 },
	{ "DeleteBucketCors", delete_bucket_cors, "s3:PutBucketCORS", on_bucket, NULL },
	{ 0 },
};
