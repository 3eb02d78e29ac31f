#include "core/context.h"

#include "base/clock.h"
#include "core/identity.h"

/* --- keys of one value. Absent: the request has no such key. --- */

static str yes_or_no(bool yes) {
	return yes ? S("true") : S("false");
}

static str stamp(const struct circumstances *k, int64_t ms) {
	struct buf b = { .arena = k->call->arena };
	put_time(&b, ms, TIME_ISO_S);
	return buf_str(&b);
}

static bool temporary(const struct circumstances *k) {
	return k->call->identity && k->call->identity->token.n;
}

static str principal_arn(const struct circumstances *k) {
	const struct principal *who = &k->call->who;
	return who->kind == PRINCIPAL_ROLE ? who->entity_arn : who->arn;
}

static str principal_account(const struct circumstances *k) {
	return k->call->who.account;
}

static str principal_type(const struct circumstances *k) {
	static const char *const names[] = {
		[PRINCIPAL_ANONYMOUS] = "Anonymous",
		[PRINCIPAL_ROOT] = "Account",
		[PRINCIPAL_USER] = "User",
		[PRINCIPAL_ROLE] = "AssumedRole",
		[PRINCIPAL_FEDERATED] = "FederatedUser",
		[PRINCIPAL_SERVICE] = NULL,
	};
	return str_from(names[k->call->who.kind]);
}

static str user_id(const struct circumstances *k) {
	return k->call->who.kind == PRINCIPAL_ANONYMOUS ? S("anonymous") : k->call->who.id;
}

static str user_name(const struct circumstances *k) {
	return k->call->who.name;
}

static bool is_service(const struct circumstances *k) {
	return k->call->who.kind == PRINCIPAL_SERVICE;
}

static str by_service(const struct circumstances *k) {
	return yes_or_no(is_service(k));
}

static str service_name(const struct circumstances *k) {
	return k->call->who.service;
}

static str via_service(const struct circumstances *k) {
	(void)k;
	return S("false");
}

static str source_ip(const struct circumstances *k) {
	return is_service(k) ? (str){ 0 } : k->call->x->peer;
}

static str secure_transport(const struct circumstances *k) {
	return yes_or_no(k->call->x->tls.n > 0);
}

static str current_time(const struct circumstances *k) {
	return stamp(k, clock_now());
}

static str epoch_time(const struct circumstances *k) {
	return str_printf(k->call->arena, "%lld", (long long)(clock_now() / 1000));
}

static str user_agent(const struct circumstances *k) {
	return head_get(&k->call->x->head, "user-agent");
}

static str referer(const struct circumstances *k) {
	return head_get(&k->call->x->head, "referer");
}

str call_region(const struct call *c) {
	static const char *const global[] = { "iam", "ce", "budgets" };
	for (size_t i = 0; i < sizeof(global) / sizeof(*global); i++) {
		if (c->service && strcmp(c->service->name, global[i]) == 0) {
			return S("us-east-1");
		}
	}
	return c->region;
}

static str requested_region(const struct circumstances *k) {
	return call_region(k->call);
}

static str resource_account(const struct circumstances *k) {
	str own = k->resource->account;
	return own.n ? own : k->resource->arn.n ? k->call->who.account : (str){ 0 };
}

static str token_issue_time(const struct circumstances *k) {
	return temporary(k) ? stamp(k, k->call->identity->issued) : (str){ 0 };
}

static str mfa_present(const struct circumstances *k) {
	return temporary(k) ? yes_or_no(k->call->identity->mfa) : (str){ 0 };
}

static str mfa_age(const struct circumstances *k) {
	const struct identity *who = k->call->identity;
	return temporary(k) && who->mfa
		       ? str_printf(k->call->arena, "%lld", (long long)((clock_now() - who->issued) / 1000))
		       : (str){ 0 };
}

static str source_identity(const struct circumstances *k) {
	const struct identity *who = k->call->identity;
	return who && who->source_identity.n ? who->source_identity : (str){ 0 };
}

/* What is not here is in no request: there are no organizations, VPC endpoints, forwarded calls or web identities. */
static const struct {
	const char *key;
	str (*find)(const struct circumstances *k);
} globals[] = {
	{ "aws:PrincipalArn", principal_arn },
	{ "aws:PrincipalAccount", principal_account },
	{ "aws:PrincipalType", principal_type },
	{ "aws:userid", user_id },
	{ "aws:username", user_name },
	{ "aws:PrincipalIsAWSService", by_service },
	{ "aws:PrincipalServiceName", service_name },
	{ "aws:ViaAWSService", via_service },
	{ "aws:SourceIp", source_ip },
	{ "aws:SecureTransport", secure_transport },
	{ "aws:CurrentTime", current_time },
	{ "aws:EpochTime", epoch_time },
	{ "aws:UserAgent", user_agent },
	{ "aws:Referer", referer },
	{ "aws:RequestedRegion", requested_region },
	{ "aws:ResourceAccount", resource_account },
	{ "aws:TokenIssueTime", token_issue_time },
	{ "aws:MultiFactorAuthPresent", mfa_present },
	{ "aws:MultiFactorAuthAge", mfa_age },
	{ "aws:SourceIdentity", source_identity },
};

enum { GLOBALS = sizeof(globals) / sizeof(*globals) };

const char *circumstance_name(size_t i) {
	return i < GLOBALS ? globals[i].key : NULL;
}

static bool one(const struct circumstances *k, str value, struct values *out) {
	return values_one(k->call->arena, value, out);
}

static bool find_global(const struct circumstances *k, str key, struct values *out) {
	for (size_t i = 0; i < GLOBALS; i++) {
		if (str_ieq(key, str_from(globals[i].key))) {
			return one(k, globals[i].find(k), out);
		}
	}
	return false;
}

/* --- tags --- */

/* "PREFIX:Family/NAME" and NAME of it. */
static bool is_tag_key(str key, const char *family, str *name) {
	str prefix, rest, head;
	return str_cut(key, ':', &prefix, &rest) && str_cut(rest, '/', &head, name) &&
	       str_ieq(head, str_from(family)) && name->n;
}

static bool is_aws(str key) {
	return key.n > 4 && str_ieq((str){ key.p, 4 }, S("aws:"));
}

static bool principal_tag(const struct circumstances *k, str name, struct values *out) {
	const struct identity *who = k->call->identity;
	for (size_t i = 0; who && i < who->n_tags; i++) {
		if (str_ieq(who->tags[i].key, name)) {
			return one(k, who->tags[i].value, out);
		}
	}
	return false;
}

static bool resource_tag(const struct circumstances *k, str name, struct values *out) {
	str value = { 0 };
	return k->resource->tag && k->resource->tag(k->call, k->resource, name, &value) && one(k, value, out);
}

/* A request's tags, whatever their shape: a list of Key and Value in either case, or a map; at the top, or one level
 * down (TagSpecifications of EC2). */
struct tag_walk {
	void (*seen)(struct tag_walk *w, str key, str value);
	str wanted, value; /* for one tag */
	struct arena *arena;
	str *keys; /* for all keys */
	size_t n, room;
};

static const struct val *part(const struct val *v, const char *name) {
	for (const struct val *m = v->first; m; m = m->next) {
		if (m->member && str_ieq(str_from(m->member->name), str_from(name))) {
			return m;
		}
	}
	return NULL;
}

static void walk_tags(struct tag_walk *w, const struct val *tags) {
	for (const struct val *t = tags->first; t; t = t->next) {
		const struct val *key = part(t, "Key"), *value = part(t, "Value");
		key = key ? key : part(t, "TagKey");
		value = value ? value : part(t, "TagValue");
		if (tags->shape->kind == K_MAP) {
			w->seen(w, t->key, t->s);
		} else if (key) {
			w->seen(w, key->s, value && value->s.p ? value->s : S(""));
		}
	}
}

static bool names_tags(const struct val *v) {
	static const char *const names[] = { "Tags", "TagList", "TagSet" };
	bool many = v->shape->kind == K_LIST || v->shape->kind == K_MAP;
	for (size_t i = 0; many && v->member && i < sizeof(names) / sizeof(*names); i++) {
		if (str_ieq(str_from(v->member->name), str_from(names[i]))) {
			return true;
		}
	}
	return false;
}

static void walk_specifications(struct tag_walk *w, const struct val *list) {
	for (const struct val *s = list->first; s; s = s->next) {
		const struct val *tags = part(s, "Tags");
		if (tags) {
			walk_tags(w, tags);
		}
	}
}

static void walk_input(struct tag_walk *w, const struct val *in) {
	for (const struct val *v = in ? in->first : NULL; v; v = v->next) {
		if (names_tags(v)) {
			walk_tags(w, v);
		} else if (v->member && str_starts(str_from(v->member->name), S("TagSpecification"))) {
			walk_specifications(w, v);
		}
	}
}

static void see_wanted(struct tag_walk *w, str key, str value) {
	if (!w->value.p && str_ieq(key, w->wanted)) {
		w->value = value.p ? value : S("");
	}
}

static bool request_tag(const struct circumstances *k, str name, struct values *out) {
	struct tag_walk w = { .seen = see_wanted, .wanted = name };
	walk_input(&w, k->call->in);
	return one(k, w.value, out);
}

static void see_key(struct tag_walk *w, str key, str value) {
	(void)value;
	if (w->n == w->room) {
		str *keys = NEWS(w->arena, str, w->room * 2 + 8);
		if (w->n) {
			memcpy(keys, w->keys, w->n * sizeof(*keys));
		}
		w->keys = keys;
		w->room = w->room * 2 + 8;
	}
	w->keys[w->n++] = key;
}

/* Of the tags that are set, or of those that are taken away (TagKeys). */
static bool tag_keys(const struct circumstances *k, struct values *out) {
	struct tag_walk w = { .seen = see_key, .arena = k->call->arena };
	const struct val *removed = k->call->in ? part(k->call->in, "TagKeys") : NULL;
	walk_input(&w, k->call->in);
	for (const struct val *v = removed ? removed->first : NULL; v; v = v->next) {
		see_key(&w, v->s, v->s);
	}
	*out = (struct values){ .v = w.keys, .n = w.n, .many = true };
	return w.n > 0;
}

/* --- all together --- */

static bool from_service(const struct circumstances *k, str key, struct values *out) {
	const struct face *f = k->call->service ? call_face(k->call) : NULL;
	return f && f->key && f->key(k->call, k->resource, key, out);
}

static bool from_given(const struct circumstances *k, str key, struct values *out) {
	for (const struct given *g = k->given; g && g->key; g++) {
		if (str_ieq(key, str_from(g->key))) {
			return one(k, g->value, out);
		}
	}
	return false;
}

static bool find_tagged(const struct circumstances *k, str key, struct values *out) {
	str name;
	if (from_service(k, key, out)) {
		return true;
	}
	if (is_tag_key(key, "ResourceTag", &name)) {
		return resource_tag(k, name, out);
	}
	if (!is_aws(key)) {
		return false;
	}
	return is_tag_key(key, "RequestTag", &name) ? request_tag(k, name, out)
						    : str_ieq(key, S("aws:TagKeys")) && tag_keys(k, out);
}

static bool find(const struct circumstances *k, str key, struct values *out) {
	str name;
	if (k->given && from_given(k, key, out)) {
		return true;
	}
	if (is_aws(key) && is_tag_key(key, "PrincipalTag", &name)) {
		return principal_tag(k, name, out);
	}
	return (is_aws(key) && find_global(k, key, out)) || find_tagged(k, key, out);
}

bool circumstance_find(void *arg, str key, struct values *out) {
	struct circumstances *k = arg;
	struct asked once, *a = &once;
	for (size_t i = 0; i < k->n; i++) {
		if (str_ieq(k->asked[i].key, key)) {
			*out = k->asked[i].values;
			return k->asked[i].found;
		}
	}
	a = k->n < ASKED_MAX ? &k->asked[k->n++] : &once;
	*a = (struct asked){ .key = key };
	a->found = find(k, key, &a->values);
	*out = a->values;
	return a->found;
}

const struct face *call_face(const struct call *c) {
	const struct face *const *f = c->cloud->faces;
	while (f && *f && strcmp((*f)->name, c->service->name) != 0) {
		f++;
	}
	return f ? *f : NULL;
}
