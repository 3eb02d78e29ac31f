/* A call's life, from a message to the reply. */
#include "base/clock.h"
#include "base/rand.h"
#include "core/context.h"
#include "core/gate.h"
#include "core/gzip.h"
#include "core/hoist.h"
#include "core/identify.h"
#include "core/identity.h"
#include "core/reply.h"

#include <errno.h>

enum { BODY_MAX = 10 * 1024 * 1024, FORM_MAX = 64 * 1024 };

static const struct fault missing_token = { "MissingAuthenticationToken", 403 };
static const struct fault missing_token_json = { "MissingAuthenticationTokenException", 400 };
static const struct fault too_large = { "RequestEntityTooLarge", 413 };
static const struct fault too_long_s3 = { "MaxMessageLengthExceeded", 400 };
static const struct fault broken_body = { "IncompleteBody", 400 };
static const struct fault malformed_xml = { "MalformedXML", 400 };
static const struct fault invalid_request = { "InvalidRequest", 400 };
static const struct fault invalid_argument = { "InvalidArgument", 400 };
static const struct fault malformed_input = { "MalformedQueryString", 400 };
static const struct fault serialization = { "SerializationException", 400 };
static const struct fault validation_query = { "ValidationError", 400 };
static const struct fault validation_ec2 = { "InvalidParameterValue", 400 };
static const struct fault validation_json = { "ValidationException", 400 };
static const struct fault not_served_s3 = { "NotImplemented", 400 };
static const struct fault not_served_query = { "InvalidAction", 400 };
static const struct fault not_served_json = { "UnknownOperationException", 400 };

static bool is_s3(const struct call *c) {
	return c->proto == P_RESTXML;
}

static const struct fault *choose(const struct call *c, const struct fault *s3, const struct fault *query,
				  const struct fault *json) {
	return is_s3(c) ? s3 : c->proto == P_QUERY || c->proto == P_EC2 ? query : json;
}

static void make_ids(struct call *c) {
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	if (is_s3(c)) {
		uint8_t id[36];
		struct buf b = { .arena = c->arena };
		rand_bytes(id, sizeof(id));
		put_base64(&b, (str){ (const char *)id, sizeof(id) });
		c->host_id = buf_str(&b);
		c->request_id = rand_text(c->arena, str_from(letters), 16);
	} else {
		c->request_id = rand_uuid(c->arena);
	}
}

/* --- who asks --- */

static bool no_credentials(struct call *c) {
	return identify_style(c) == AUTH_JSON ? fail(c, &missing_token_json, "Missing Authentication Token")
					      : fail(c, &missing_token, "Request is missing Authentication Token");
}

/* As each family of services says that a session token is bad, or too old. */
static const struct {
	struct fault bad, expired;
	const char *bad_text, *expired_text;
} token_faults[] = {
	[AUTH_S3] = { { "InvalidToken", 400 },
		      { "ExpiredToken", 400 },
		      "The provided token is malformed or otherwise invalid.",
		      "The provided token has expired." },
	[AUTH_EC2] = { { "AuthFailure", 401 },
		       { "RequestExpired", 400 },
		       "AWS was not able to validate the provided access credentials",
		       "Request has expired." },
	[AUTH_QUERY] = { { "InvalidClientTokenId", 403 },
			 { "ExpiredToken", 403 },
			 "The security token included in the request is invalid",
			 "The security token included in the request is expired" },
	[AUTH_JSON] = { { "UnrecognizedClientException", 400 },
			{ "ExpiredTokenException", 400 },
			"The security token included in the request is invalid.",
			"The security token included in the request is expired" },
};

static bool refuse_token(struct call *c, enum token_state state) {
	enum auth_style style = identify_style(c);
	return state == TOKEN_EXPIRED ? fail(c, &token_faults[style].expired, "%s", token_faults[style].expired_text)
				      : fail(c, &token_faults[style].bad, "%s", token_faults[style].bad_text);
}

/* NULL for who comes without a key, too. */
static bool find_key(struct call *c, const struct identity **found) {
	struct not_found why;
	*found = NULL;
	if (c->auth.way == AUTH_ANONYMOUS) {
		return true;
	}
	*found = identity_find(c->cloud, c->arena, c->auth.access_key, c->auth.token, &why);
	if (*found) {
		return true;
	}
	if (why.error) {
		return fail_errno(c, why.error);
	}
	if (why.token != TOKEN_GOOD) {
		return refuse_token(c, why.token);
	}
	auth_unknown_key(c->arena, identify_style(c), &c->auth, &c->refusal);
	return false;
}

static bool may_sign_form(const struct call *c) {
	return (c->proto == P_EC2 || c->proto == P_QUERY) && str_is(c->x->head.method, "POST");
}

/* The services whose signature covers the body itself; S3 signs a hash that comes in a header, and streams. Nobody
 * whose key we do not know makes us hold a body, but for the form that SigV2 signs in its own parameters. */
static bool read_body_first(struct call *c, const struct identity **found, str *body) {
	bool anonymous = c->auth.way == AUTH_ANONYMOUS;
	size_t max = anonymous ? FORM_MAX : BODY_MAX;
	*body = (str){ 0 };
	if (is_s3(c)) {
		return true;
	}
	if (anonymous && !may_sign_form(c)) {
		return no_credentials(c);
	}
	int rc = exchange_read_all(c->x, max, body);
	if (rc == -EFBIG) {
		return anonymous ? no_credentials(c)
				 : fail(c, &too_large, "Request is too large: a body may have %d bytes.", BODY_MAX);
	}
	if (rc) {
		return fail(c, &broken_body, "The body of the request ended before it was complete.");
	}
	if (!anonymous) {
		return true;
	}
	return auth_parse_form(c->arena, *body, identify_style(c), &c->auth, &c->refusal) && find_key(c, found) &&
	       (c->auth.way != AUTH_ANONYMOUS || no_credentials(c));
}

static bool authenticate(struct call *c, str *body) {
	const struct identity *found;
	if (!find_key(c, &found) || !read_body_first(c, &found, body)) {
		return false;
	}
	if (!found) {
		return true;
	}
	struct auth_request r = { .head = &c->x->head,
				  .style = identify_style(c),
				  .bucket = c->bucket_host,
				  .body = *body,
				  .body_known = !is_s3(c),
				  .secret = found->secret,
				  .service = str_from(service_signing(c->service)) };
	if (!auth_verify(c->arena, &r, &c->auth, &c->refusal)) {
		return false;
	}
	c->identity = found;
	c->who = found->who;
	hoist_headers(c);
	return true;
}

/* --- what is asked --- */

static const struct route *find_route(const struct call *c) {
	const struct face *f = call_face(c);
	for (const struct route *const *t = f ? f->tables : NULL; t && *t; t++) {
		for (const struct route *r = *t; r->op; r++) {
			if (r->op[0] == c->op->name[0] && strcmp(r->op, c->op->name) == 0) {
				return r;
			}
		}
	}
	return NULL;
}

static bool route_call(struct call *c, str body) {
	if (c->route) {
		return true;
	}
	if (!identify_op(c, body)) {
		return false;
	}
	c->route = find_route(c);
	return c->route ? true
			: fail(c, choose(c, &not_served_s3, &not_served_query, &not_served_json),
			       "%s of %s is not served by this version of Aerostat.", c->op->name, c->service->id);
}

/* A parameter that should be a number and is none; absent: there is no such thing. */
static str not_a_number(const struct call *c, str *value) {
	for (uint16_t i = 0; i < c->op->in->n; i++) {
		const struct member *m = &c->op->in->m[i];
		const char *name = m->wire ? m->wire : m->name;
		struct val v = { .shape = m->shape };
		bool number = m->loc == L_QUERY && m->shape->kind == K_INT;
		*value = number ? query_get(c->arena, &c->x->head, name) : (str){ 0 };
		if (value->p && !val_from_text(c->arena, &v, *value)) {
			return str_from(name);
		}
	}
	return (str){ 0 };
}

static bool malformed_s3(struct call *c, str why) {
	str value, name = not_a_number(c, &value);
	if (name.p) {
		fail(c, &invalid_argument, STR_FMT,
		     STR_ARG(str_is(name, "partNumber")
				     ? S("Part number must be an integer between 1 and 10000, inclusive")
				     : why));
		fail_detail(c, "ArgumentName", name);
		fail_detail(c, "ArgumentValue", value);
		return false;
	}
	return c->op->in->payload ? fail(c, &malformed_xml,
					 "The XML you provided was not well-formed or did not validate against our "
					 "published schema")
				  : fail(c, &invalid_request, STR_FMT, STR_ARG(why));
}

static bool malformed(struct call *c, str why) {
	if (is_s3(c)) {
		return malformed_s3(c, why);
	}
	return fail(c, choose(c, NULL, &malformed_input, &serialization), STR_FMT, STR_ARG(why));
}

/* The body of an S3 request comes later: its head is read without, and a body that is wanted is not missed yet. */
static bool read_message(struct call *c, str body) {
	str why = { 0 };
	c->in = c->op->in ? val_new(c->arena, c->op->in) : NULL;
	struct wire w = { c->service, c->op, c->proto };
	struct message m = { &c->x->head, c->path, body };
	if (!c->in || message_read(c->arena, c->in, &w, &m, &why) || (is_s3(c) && !body.p && !why.n)) {
		return true;
	}
	return malformed(c, why.n ? why : S("The request could not be read."));
}

static bool gunzip(struct call *c, str *body) {
	if (is_s3(c) || !str_ieq(head_get(&c->x->head, "content-encoding"), S("gzip"))) {
		return true;
	}
	return gzip_decode(c->arena, *body, BODY_MAX, body)
		       ? true
		       : fail(c, choose(c, NULL, &malformed_input, &serialization),
			      "The body is not gzip, or longer than %d bytes.", BODY_MAX);
}

static bool check_constraints(struct call *c) {
	str wrong = !is_s3(c) && c->in ? val_check(c->arena, c->in) : (str){ 0 };
	if (!wrong.n) {
		return true;
	}
	const struct fault *query = c->proto == P_EC2 ? &validation_ec2 : &validation_query;
	return fail(c, choose(c, NULL, query, &validation_json), STR_FMT, STR_ARG(wrong));
}

/* --- may they --- */

static const char *action_of(const struct call *c) {
	if (c->route->action) {
		return c->route->action;
	}
	const char *prefix = service_signing(c->service);
	return str_printf(c->arena, "%s:%s", prefix, c->op->name).p;
}

static bool permit(struct call *c) {
	const struct face *f = call_face(c);
	if (f && f->admit && !f->admit(c)) {
		return false;
	}
	if (c->route->on && !c->route->on(c)) {
		return false;
	}
	const char *action = action_of(c);
	if (!*action || strcmp(action, "-") == 0) {
		return true;
	}
	return call_must(c, action, &c->resource);
}

/* --- the body of an S3 request, once the call is allowed --- */

static bool payload_refused(struct call *c) {
	c->refusal = c->payload.refusal;
	return false;
}

static bool read_document(struct call *c, str *body) {
	struct buf b = { .arena = c->arena };
	if (c->payload.length > BODY_MAX) {
		return fail(c, &too_long_s3, "Your request was too large.");
	}
	for (;;) {
		ssize_t n = payload_read(c->arena, &c->payload, buf_room(&b, 16384), 16384);
		if (n < 0) {
			return payload_refused(c);
		}
		if (n == 0) {
			*body = buf_str(&b);
			return true;
		}
		b.n += (size_t)n;
		if (b.n > BODY_MAX) {
			return fail(c, &too_long_s3, "Your request was too large.");
		}
	}
}

static bool take_body(struct call *c) {
	str body = { 0 };
	const struct face *f = call_face(c);
	if (!is_s3(c) || !c->op->in || !c->op->in->payload || c->payload.state) {
		return true;
	}
	if (!payload_open(c->arena, &c->payload, c->x, &c->auth, &c->refusal)) {
		return false;
	}
	if (shape_streams(c->op->in)) {
		return true;
	}
	return read_document(c, &body) && (!f->check_body || f->check_body(c, body)) && read_message(c, body);
}

static void note_use(struct call *c) {
	if (c->identity) {
		key_used(c->cloud, c->who.kind == PRINCIPAL_ROLE ? c->who.entity_id : c->who.access_key,
			 str_from(service_signing(c->service)), call_region(c));
	}
}

static bool parse_credentials(struct call *c) {
	return c->route || auth_parse(c->arena, &c->x->head, identify_style(c), &c->auth, &c->refusal);
}

static bool serve(struct call *c) {
	str body;
	bool answered = false;
	identify_service(c);
	make_ids(c);
	const struct face *f = call_face(c);
	if (!identify_served(c) || (f && f->before && !f->before(c, &answered))) {
		return false;
	}
	if (answered) {
		return true;
	}
	if (!parse_credentials(c) || !authenticate(c, &body)) {
		return false;
	}
	note_use(c);
	if (!gunzip(c, &body) || !route_call(c, body) || !read_message(c, body) || !check_constraints(c) ||
	    !permit(c) || !take_body(c)) {
		return false;
	}
	c->out = c->op->out ? val_new(c->arena, c->op->out) : NULL;
	return c->route->run(c);
}

static str meter_resource(const struct call *c) {
	str bucket, key, arn = c->resource.arn;
	return is_s3(c) && str_cut(arn, '/', &bucket, &key) ? bucket : arn;
}

/* A reader that has failed finds nothing: what was made of that (no such key, an empty list) is not the answer. */
static bool was_read(struct call *c) {
	call_db_done(c);
	if (!c->read_error || c->replied) {
		return true;
	}
	c->headers.n = 0;
	c->refusal = (struct refusal){ 0 };
	return fail_errno(c, c->read_error);
}

static void account_for(struct call *c) {
	if (c->route && c->route->usage && !c->refusal.fault) {
		str owner = c->resource.account.n ? c->resource.account : c->who.account;
		meter_add(c->cloud, &(struct usage){ .account = owner,
						     .region = c->region,
						     .type = str_from(c->route->usage),
						     .operation = str_from(c->op->name),
						     .resource = meter_resource(c),
						     .quantity = 1 });
	}
}

void cloud_handle(struct exchange *x, void *arg) {
	int64_t began = clock_monotonic();
	if (!gate_pass(x, arg)) {
		return;
	}
	struct call *c = NEW(x->arena, struct call);
	*c = (struct call){ .arena = x->arena, .x = x, .cloud = arg, .headers = { .arena = x->arena } };
	bool ok = serve(c);
	ok = was_read(c) && ok;
	const struct face *f = call_face(c);
	if (f && f->dress && !c->replied) {
		f->dress(c);
	}
	if (!c->replied && ok) {
		reply_success(c);
	} else if (!c->replied) {
		reply_fault(c);
	}
	account_for(c);
	if (c->cloud->calls_fd >= 0) {
		reply_log(c, c->cloud->calls_fd, clock_monotonic() - began);
	}
}

/* A head that cannot be read belongs to no service: S3's envelope, which every client shows in plain text. */
void cloud_refuse(struct buf *message, enum head_result why, void *arg) {
	static const char body[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>";
	(void)arg;
	bool large = why == HEAD_TOO_LARGE;
	const char *code = large ? "RequestHeaderSectionTooLarge" : "BadRequest";
	const char *text = large                 ? "Your request header section exceeds the maximum allowed size."
			   : why == HEAD_VERSION ? "Only HTTP/1.0 and HTTP/1.1 are served here."
			   : why == HEAD_CODING  ? "A Transfer-Encoding other than chunked is not served."
						 : "The request is not well-formed HTTP.";
	str document = str_printf(message->arena, body, code, text);
	putf(message, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nContent-Length: %zu\r\n",
	     document.n);
	putf(message, "Connection: close\r\n\r\n" STR_FMT, STR_ARG(document));
}
