#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/routes.h"

static const struct fault no_website = { "NoSuchWebsiteConfiguration", 404 };

enum { RULES_MAX = 50 };

static bool check_index(struct call *c, const struct val *index) {
	str suffix = get_str(index, "Suffix");
	size_t at;
	return suffix.n && !str_find(suffix, S("/"), &at)
		       ? true
		       : fail_argument(c, "IndexDocument", suffix, "The IndexDocument Suffix is not well formed");
}

static bool check_rule(struct call *c, const struct val *rule) {
	const struct val *to = get(rule, "Redirect"), *when = get(rule, "Condition");
	if (get(to, "ReplaceKeyWith") && get(to, "ReplaceKeyPrefixWith")) {
		return fail(c, &invalid_request, "You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
	}
	if (!to->first || (when && !when->first)) {
		return malformed(c);
	}
	str code = get_str(to, "HttpRedirectCode"), error = get_str(when, "HttpErrorCodeReturnedEquals");
	if (code.p && (code.n != 3 || code.p[0] != '3')) {
		return fail(c, &invalid_request,
			    "The provided HTTP redirect code (" STR_FMT
			    ") is not valid. Valid codes are 3XX except 300.",
			    STR_ARG(code));
	}
	if (error.p && (error.n != 3 || (error.p[0] != '4' && error.p[0] != '5'))) {
		return fail(c, &invalid_request,
			    "The provided HTTP error code (" STR_FMT ") is not valid. Valid codes are 4XX or 5XX.",
			    STR_ARG(error));
	}
	return true;
}

static bool check_website(struct call *c, const struct val *v) {
	const struct val *all = get(v, "RedirectAllRequestsTo"), *index = get(v, "IndexDocument");
	const struct val *rules = get(v, "RoutingRules");
	if (all) {
		return index || rules || get(v, "ErrorDocument")
			       ? fail(c, &invalid_request,
				      "RedirectAllRequestsTo cannot be provided in conjunction with "
				      "other Routing Rules.")
			       : true;
	}
	if (!index) {
		return fail_argument(
			c, "IndexDocument", (str){ 0 },
			"A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
	}
	if (!check_index(c, index)) {
		return false;
	}
	if (val_count(rules) > RULES_MAX) {
		return fail(c, &invalid_request,
			    "%zu routing rules provided, the number of routing rules in a website "
			    "configuration is limited to %d.",
			    val_count(rules), RULES_MAX);
	}
	for (const struct val *r = rules ? rules->first : NULL; r; r = r->next) {
		if (!check_rule(c, r)) {
			return false;
		}
	}
	return true;
}

static bool put_bucket_website(struct call *c) {
	const struct val *v = config_body(c);
	return v && check_website(c, v) && config_keep(c, "website", v);
}

static bool get_bucket_website(struct call *c) {
	return config_show(c, "website", &no_website, "The specified bucket does not have a website configuration");
}

static bool delete_bucket_website(struct call *c) {
	return config_forget(c, "website");
}

const struct route website_routes[] = {
	{ "PutBucketWebsite", put_bucket_website, NULL, on_bucket, TIER1 },
	{ "GetBucketWebsite", get_bucket_website, NULL, on_bucket, TIER2 },
	{ "DeleteBucketWebsite", delete_bucket_website, NULL, on_bucket, NULL },
	{ 0 },
};
