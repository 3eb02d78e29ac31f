#include "core/identify.h"

#include "core/address.h"
#include "core/cloud.h"

static const struct fault invalid_action = { "InvalidAction", 400 };
static const struct fault missing_action = { "MissingAction", 400 };
static const struct fault unknown_operation = { "UnknownOperationException", 400 };
static const struct fault not_implemented = { "NotImplemented", 400 };
static const struct fault method_not_allowed = { "MethodNotAllowed", 405 };

/* Stands for a service of AWS's that is none of ours. */
static const struct error no_errors[] = { { 0 } };
static const struct service unserved = { .name = "unserved",
					 .endpoint = "unserved",
					 .id = "this service",
					 .protos = P_JSON | P_CBOR | P_QUERY | P_RESTJSON | P_RESTXML,
					 .json = "1.0",
					 .errors = no_errors };

/* "AmazonSSM.GetParameter": the service whose target prefix it is. */
static const struct service *by_target(str target) {
	for (size_t i = 0; services[i]; i++) {
		str prefix = str_from(services[i]->target);
		if (prefix.n && str_starts(target, prefix) && target.n > prefix.n && target.p[prefix.n] == '.') {
			return services[i];
		}
	}
	return NULL;
}

static const struct service *by_endpoint(str label) {
	for (size_t i = 0; label.n && services[i]; i++) {
		if (str_is(label, services[i]->endpoint)) {
			return services[i];
		}
	}
	return NULL;
}

static bool is_rest(const struct service *s) {
	return (s->protos & (P_RESTXML | P_RESTJSON)) != 0;
}

/* Several services may sign with one name (sagemaker and its runtime): the first whose wire fits the request. */
static const struct service *by_scope(str name, bool rest) {
	const struct service *found = NULL;
	for (size_t i = 0; name.n && services[i]; i++) {
		bool fits = is_rest(services[i]) == rest && (!found || is_rest(found) != rest);
		if (str_is(name, service_signing(services[i])) && (fits || !found)) {
			found = services[i];
		}
	}
	return found;
}

/* /service/GraniteServiceVersion20100801/operation/PutMetricData */
static bool smithy_path(str path, str *service, str *op) {
	str rest;
	if (!str_starts(path, S("/service/"))) {
		return false;
	}
	return str_cut(str_skip(path, 9), '/', service, &rest) && str_starts(rest, S("operation/")) &&
	       (*op = str_skip(rest, 10), true);
}

static const struct service *by_smithy(str path) {
	str name, op;
	for (size_t i = 0; smithy_path(path, &name, &op) && services[i]; i++) {
		if (services[i]->target && str_is(name, services[i]->target)) {
			return services[i];
		}
	}
	return NULL;
}

/* S3's operations on accounts, at whatever name they are sent to: a bucket may be called like the version. */
static const struct service *by_account(const struct head *h) {
	bool theirs = str_starts(h->path, S("/v20180820/")) && head_get(h, "x-amz-account-id").p;
	return theirs ? service_find("s3control") : NULL;
}

static bool is_form(const struct call *c) {
	const struct head *h = &c->x->head;
	return (str_is(h->method, "POST") &&
		str_starts(head_get(h, "content-type"), S("application/x-www-form-urlencoded"))) ||
	       query_has(c->arena, h, "Action");
}

/* Services that are none of ours, though they sign as S3: "s3-control", "s3-object-lambda", "s3-outposts",
 * "s3express-control"... */
static bool beside_s3(str label) {
	return str_starts(label, S("s3-")) || str_starts(label, S("s3express"));
}

/* Of AWS's services, few speak REST in XML. */
static bool speaks_xml(str label) {
	return beside_s3(label) || str_is(label, "cloudfront") || str_is(label, "route53");
}

static enum proto proto_of(const struct call *c, str target, str label) {
	int all = c->service->protos;
	if (str_is(head_get(&c->x->head, "smithy-protocol"), "rpc-v2-cbor") && (all & P_CBOR)) {
		return P_CBOR;
	}
	if (target.n && (all & P_JSON)) {
		return P_JSON;
	}
	if (is_form(c) && (all & (P_QUERY | P_EC2))) {
		return (enum proto)(all & (P_QUERY | P_EC2));
	}
	if (c->service == &unserved) {
		return speaks_xml(label) ? P_RESTXML : P_RESTJSON;
	}
	for (int p = P_EC2; p <= P_CBOR; p <<= 1) {
		if (all & p) {
			return (enum proto)p;
		}
	}
	return P_RESTXML;
}

static void place(struct call *c, const struct address *at) {
	const struct head *h = &c->x->head;
	c->path = h->path.n ? h->path : S("/");
	c->host_region = at->region;
	c->region = at->region.n ? at->region : c->auth.region.n ? c->auth.region : c->cloud->region;
	if (!region_plausible(c->region)) {
		c->region = c->cloud->region;
	}
	if (str_is(str_from(c->service->name), "s3") && at->bucket.n) {
		c->bucket_host = at->bucket;
		c->path = str_printf(c->arena, "/" STR_FMT STR_FMT, STR_ARG(at->bucket), STR_ARG(c->path));
	}
}

/* The last but first n elements of "KEY/DATE/REGION/SERVICE/aws4_request". */
static str scope_element(str credential, int n) {
	for (size_t end = credential.n, i = end; i-- > 0;) {
		if (credential.p[i] == '/') {
			if (n-- == 0) {
				return (str){ credential.p + i + 1, end - i - 1 };
			}
			end = i;
		}
	}
	return (str){ 0 };
}

/* Service and region of the credential scope, whatever else may be wrong with it: the service says how faults are
 * told. */
static void peek_scope(struct call *c) {
	const struct head *h = &c->x->head;
	str header = head_get(h, "authorization"), credential = { 0 }, rest;
	size_t at;
	if (str_find(header, S("Credential="), &at) && header.n) {
		str_cut(str_skip(header, at + 11), ',', &credential, &rest);
	} else if (h->query.n) {
		credential = query_get(c->arena, h, "X-Amz-Credential");
	}
	c->auth.service = scope_element(credential, 1);
	c->auth.region = scope_element(credential, 2);
}

/* Does anything in the request name a service? */
static bool names_another(const struct call *c, str target, str label) {
	str name, op, scope = c->auth.service;
	return target.n || label.n || (scope.n && !str_starts(scope, S("s3"))) ||
	       smithy_path(c->x->head.path, &name, &op);
}

/* A form that is posted to nobody in particular, unsigned: STS alone has operations that are called so (web identity,
 * SAML). */
static bool unsigned_form(const struct call *c, const struct address *at) {
	const struct head *h = &c->x->head;
	return is_form(c) && str_is(h->method, "POST") && str_is(h->path, "/") && !at->bucket.n && !c->auth.service.n &&
	       !head_get(h, "authorization").n;
}

bool identify_served(struct call *c) {
	if (c->service != &unserved) {
		return true;
	}
	str label = address_of_host(c->arena, c->x->head.host).service, name = label.n ? label : c->auth.service;
	return fail(c, c->proto == P_QUERY ? &invalid_action : &unknown_operation,
		    "The service " STR_FMT " is not served by this version of Aerostat.",
		    STR_ARG(name.n ? name : S("that this request is for")));
}

void identify_service(struct call *c) {
	const struct head *h = &c->x->head;
	peek_scope(c);
	str target = head_get(h, "x-amz-target");
	struct address at = address_of_host(c->arena, h->host);
	c->service = by_target(target);
	c->service = c->service ? c->service : by_smithy(h->path);
	c->service = c->service ? c->service : by_account(h);
	c->service = c->service ? c->service : by_endpoint(at.service);
	c->service = c->service || beside_s3(at.service) ? c->service : by_scope(c->auth.service, !is_form(c));
	c->service = c->service ? c->service : names_another(c, target, at.service) ? &unserved : NULL;
	c->service = c->service ? c->service : service_find(unsigned_form(c, &at) ? "sts" : "s3");
	c->proto = proto_of(c, target, at.service);
	place(c, &at);
}

enum auth_style identify_style(const struct call *c) {
	switch (c->proto) {
	case P_RESTXML: return AUTH_S3;
	case P_EC2: return AUTH_EC2;
	case P_QUERY: return AUTH_QUERY;
	default: return AUTH_JSON;
	}
}

static bool find_form(struct call *c, str body) {
	const struct head *h = &c->x->head;
	str rest = str_is(h->method, "POST") ? body : h->query, name, value, action = { 0 }, version = { 0 };
	while (query_next(&rest, &name, &value)) {
		if (str_is(name, "Action")) {
			action = url_decode_form(c->arena, value);
		} else if (str_is(name, "Version")) {
			version = url_decode_form(c->arena, value);
		}
	}
	if (!action.n) {
		return fail(c, &missing_action, "The request must contain the parameter Action.");
	}
	if (c->proto == P_QUERY && version.n && !str_is(version, c->service->version)) {
		return fail(c, &invalid_action, "Could not find operation " STR_FMT " for version " STR_FMT,
			    STR_ARG(action), STR_ARG(version));
	}
	c->op = op_find(c->service, action.p, action.n);
	return c->op ? true
		     : fail(c, &invalid_action, "The action " STR_FMT " is not valid for this web service.",
			    STR_ARG(action));
}

static bool find_named(struct call *c, str name) {
	c->op = op_find(c->service, name.p, name.n);
	return c->op ? true
		     : fail(c, &unknown_operation, "The operation " STR_FMT " is not served by Aerostat.",
			    STR_ARG(name));
}

static bool find_rest(struct call *c) {
	const struct head *h = &c->x->head;
	c->op = rest_route(c->service, h, c->path);
	if (c->op) {
		return true;
	}
	if (c->proto != P_RESTXML) {
		return fail(c, &unknown_operation, "Aerostat serves no operation at " STR_FMT " " STR_FMT ".",
			    STR_ARG(h->method), STR_ARG(c->path));
	}
	if (h->query.n || !str_is(str_from(c->service->name), "s3")) {
		return fail(c, &not_implemented,
			    "Aerostat does not serve this request: " STR_FMT " " STR_FMT "%s" STR_FMT,
			    STR_ARG(h->method), STR_ARG(c->path), h->query.n ? "?" : "", STR_ARG(h->query));
	}
	return fail(c, &method_not_allowed, "The specified method is not allowed against this resource.");
}

bool identify_op(struct call *c, str body) {
	const struct head *h = &c->x->head;
	str prefix, name;
	switch (c->proto) {
	case P_EC2:
	case P_QUERY: return find_form(c, body);
	case P_CBOR: return smithy_path(h->path, &prefix, &name) ? find_named(c, name) : find_named(c, h->path);
	case P_JSON: str_cut(head_get(h, "x-amz-target"), '.', &prefix, &name); return find_named(c, name);
	default: return find_rest(c);
	}
}
