#include "core/decision.h"

/* --- JSON --- */

static void put_member(struct buf *b, const char *name, str text) {
	if (text.p) {
		putf(b, "\"%s\":", name);
		put_json(b, text);
		put_byte(b, ',');
	}
}

static void put_keys(struct buf *b, str keys) {
	str key, value, last = { 0 };
	const char *end = "";
	putz(b, "\"conditions\":{");
	while (decision_key(&keys, &key, &value)) {
		if (!str_eq(key, last)) {
			put(b, str_from(end));
			put(b, *end ? S(",") : S(""));
			put_json(b, key);
			putz(b, ":[");
			end = "]";
		} else {
			put_byte(b, ',');
		}
		if (value.p) {
			put_json(b, value);
		}
		last = key;
	}
	putz(b, end);
	putz(b, "},");
}

void decision_write(struct buf *b, const struct decision *d) {
	putz(b, "{\"time\":\"");
	put_time(b, d->at, TIME_ISO);
	putf(b, "\",\"outcome\":\"%s\",\"layer\":\"%s\",", d->allowed ? "allow" : "deny", layer_name(d->layer));
	putf(b, "\"explicitDeny\":%s,", d->explicit_deny ? "true" : "false");
	put_member(b, "requestId", d->request_id);
	put_member(b, "operation", d->operation);
	put_member(b, "principal", d->principal.p ? d->principal : S("anonymous"));
	put_member(b, "principalId", d->entity_id);
	put_member(b, "account", d->account);
	put_member(b, "action", d->action);
	put_member(b, "resource", d->resource);
	put_member(b, "resourceAccount", d->resource_account);
	put_member(b, "policy", d->policy);
	put_member(b, "policyOf", d->from);
	put_member(b, "sid", d->sid);
	put_keys(b, d->keys);
	if (d->statement >= 0) {
		putf(b, "\"statement\":%d}", d->statement);
	} else {
		putz(b, "\"statement\":null}");
	}
}

/* --- a sentence --- */

static void put_policy(struct buf *b, const struct decision *d) {
	if (d->sid.n) {
		putf(b, "statement " STR_FMT, STR_ARG(d->sid));
	} else {
		putf(b, "statement %d", d->statement + 1);
	}
	putf(b, " of the %s policy " STR_FMT, layer_name(d->layer), STR_ARG(d->policy));
	if (d->from.n) {
		putf(b, " of " STR_FMT, STR_ARG(d->from));
	}
}

static void put_reason(struct buf *b, const struct decision *d) {
	if (d->statement >= 0 && d->policy.n) {
		putz(b, d->allowed ? "allowed by " : d->explicit_deny ? "denied by " : "not allowed by ");
		put_policy(b, d);
	} else if (d->allowed) {
		putf(b, d->layer == LAYER_ROOT ? "it is the account's root" : "allowed by its %s",
		     layer_name(d->layer));
	} else if (d->layer == LAYER_BLOCK) {
		putz(b, "the public access block is in the way");
	} else {
		putf(b, "no %s policy allows it", layer_name(d->layer));
	}
}

void decision_tell(struct buf *b, const struct decision *d) {
	put_time(b, d->at, TIME_ISO_S);
	putf(b, " " STR_FMT " " STR_FMT, STR_ARG(d->request_id),
	     STR_ARG(d->principal.p ? d->principal : S("anonymous")));
	putf(b, " %s " STR_FMT " on ", d->allowed ? "may" : "may not", STR_ARG(d->action));
	put_visible(b, d->resource);
	putz(b, d->cut ? "...: " : ": ");
	put_reason(b, d);
	putz(b, ".\n");
}
