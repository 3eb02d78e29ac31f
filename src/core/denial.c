/* A refusal in the words and the code of each wire (IAM User Guide, "Troubleshoot access denied error messages"; Amazon
 * S3 User Guide, "Troubleshoot access denied errors"; EC2: DecodeAuthorizationMessage of the STS API reference). */
#include "core/context.h"
#include "core/identity.h"

static const struct fault denied = { "AccessDenied", 403 };
static const struct fault denied_json = { "AccessDeniedException", 400 };
static const struct fault denied_rest = { "AccessDeniedException", 403 };
static const struct fault unauthorized = { "UnauthorizedOperation", 403 };

/* What is sealed says first what it is, and whose: no token is a refusal, and no refusal a token. */
static str mark(struct arena *a, str account) {
	return str_printf(a, "denial " STR_FMT " ", STR_ARG(account));
}

static const struct fault *fault_for(const struct call *c) {
	switch (c->proto) {
	case P_EC2: return &unauthorized;
	case P_QUERY:
	case P_RESTXML: return &denied;
	case P_RESTJSON: return &denied_rest;
	default: return &denied_json;
	}
}

/* --- the explanation --- */

static void put_item(struct buf *b, const char *name, str value) {
	putf(b, "{\"%s\":", name);
	put_json(b, str_utf8(value) ? value : S(""));
	put_byte(b, '}');
}

static void put_items(struct buf *b, const char *name, const str *list, size_t n) {
	putf(b, ",\"%s\":{\"items\":[", name);
	for (size_t i = 0; i < n; i++) {
		put(b, i ? S(",") : S(""));
		put_item(b, "value", list[i]);
	}
	putz(b, "]}");
}

static void put_statement(struct buf *b, const struct verdict *v) {
	size_t n, i = (size_t)v->statement;
	bool except;
	const struct policy *p = v->by->policy;
	putz(b, "{\"statementId\":");
	put_json(b, policy_sid(p, i));
	putf(b, ",\"effect\":\"%s\"", policy_denies(p, i) ? "DENY" : "ALLOW");
	const str *list = policy_actions(p, i, &n, &except);
	put_items(b, except ? "notActions" : "actions", list, n);
	list = policy_resources(p, i, &n, &except);
	put_items(b, except ? "notResources" : "resources", list, n);
	put_byte(b, '}');
}

static void put_condition(struct buf *b, const char *key, const struct values *values, bool first) {
	putf(b, "%s{\"key\":\"%s\",\"values\":{\"items\":[", first ? "" : ",", key);
	for (size_t i = 0; i < values->n; i++) {
		put(b, i ? S(",") : S(""));
		put_item(b, "value", values->v[i]);
	}
	putz(b, "]}}");
}

/* What the caller sent of his own free will (Referer, User-Agent) may hold anything, and is left out. */
static bool is_told(const char *key) {
	return strcmp(key, "aws:Referer") != 0 && strcmp(key, "aws:UserAgent") != 0;
}

static void put_conditions(struct buf *b, struct call *c, const struct resource *r) {
	struct circumstances k = { .call = c, .resource = r };
	struct values values;
	const char *key;
	bool first = true;
	for (size_t i = 0; (key = circumstance_name(i)); i++) {
		if (is_told(key) && circumstance_find(&k, str_from(key), &values)) {
			put_condition(b, key, &values, first);
			first = false;
		}
	}
}

static str explanation(struct call *c, const char *action, const struct resource *r) {
	const struct verdict *v = &c->verdict;
	struct buf b = { .arena = c->arena };
	put(&b, mark(c->arena, c->who.account));
	putf(&b, "{\"allowed\":false,\"explicitDeny\":%s,", v->explicit_deny ? "true" : "false");
	putz(&b, "\"matchedStatements\":{\"items\":[");
	if (v->by && v->statement >= 0) {
		put_statement(&b, v);
	}
	putz(&b, "]},\"failures\":{\"items\":[]},\"context\":{\"principal\":{\"id\":");
	put_json(&b, c->who.id);
	putz(&b, ",\"arn\":");
	put_json(&b, c->who.arn);
	putf(&b, "},\"action\":\"%s\",\"resource\":", action);
	put_json(&b, r->arn.n ? r->arn : S("*"));
	putz(&b, ",\"conditions\":{\"items\":[");
	put_conditions(&b, c, r);
	putz(&b, "]}}}");
	return buf_str(&b);
}

str denial_encode(struct call *c, const char *action, const struct resource *r) {
	struct buf b = { .arena = c->arena };
	put_base64(&b, seal_close(&c->cloud->seal, c->arena, explanation(c, action, r)));
	return buf_str(&b);
}

str denial_decode(struct cloud *cloud, struct arena *a, str account, str encoded) {
	str sealed, plain, own = mark(a, account);
	if (!base64_decode(a, encoded, &sealed) || !seal_read(&cloud->seal, a, sealed, &plain) ||
	    !str_starts(plain, own)) {
		return (str){ 0 };
	}
	return str_skip(plain, own.n);
}

/* --- the sentence --- */

/* IAM and STS name the resource of an action that has none, too; the others leave it out. */
static bool names_any(const char *action) {
	return str_starts(str_from(action), S("iam:")) || str_starts(str_from(action), S("sts:"));
}

static str on_what(struct call *c, const char *action, const struct resource *r) {
	str arn = r->arn.n ? r->arn : S("*");
	bool any = str_is(arn, "*") || str_is(arn, "arn:aws:s3:::*");
	if (any && !names_any(action)) {
		return (str){ 0 };
	}
	str shown = r->shown.n ? r->shown : arn;
	return c->proto == P_RESTXML ? str_printf(c->arena, " on resource: \"" STR_FMT "\"", STR_ARG(shown))
				     : str_printf(c->arena, " on resource: " STR_FMT, STR_ARG(shown));
}

static str sentence(struct call *c, const char *action, const struct resource *r) {
	str reason = verdict_reason(c->arena, &c->verdict, str_from(action)), what = on_what(c, action, r);
	return str_printf(c->arena, "User: " STR_FMT " is not authorized to perform: %s" STR_FMT STR_FMT,
			  STR_ARG(c->who.arn.n ? c->who.arn : S("anonymous")), action, STR_ARG(what), STR_ARG(reason));
}

/* Strangers are not told why. */
static bool is_stranger(const struct call *c, const struct resource *r) {
	return !c->who.account.n || (r->account.n && !str_eq(r->account, c->who.account));
}

static str words(struct call *c, const char *action, const struct resource *r) {
	if (c->proto == P_RESTXML && is_stranger(c, r)) {
		return S("Access Denied");
	}
	if (c->proto != P_EC2) {
		return sentence(c, action, r);
	}
	str encoded = denial_encode(c, action, r), plain = sentence(c, action, r);
	return str_printf(c->arena,
			  "You are not authorized to perform this operation. " STR_FMT
			  ". Encoded authorization failure message: " STR_FMT,
			  STR_ARG(plain), STR_ARG(encoded));
}

bool deny(struct call *c, const char *action, const struct resource *r) {
	fail(c, fault_for(c), "denied");
	c->refusal.message = words(c, action, r); /* which may be longer than fail() takes */
	return false;
}
