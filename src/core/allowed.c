/* May the caller do this? All that bears on it is put together here, decided, and recorded. */
#include "core/context.h"
#include "core/decision.h"
#include "core/entity.h"
#include "core/identity.h"
#include "policy/arn.h"

static struct question question_of(struct call *c, const char *action, const struct resource *r) {
	const struct identity *who = c->identity;
	struct question q = {
		.access = { .who = &c->who,
			    .action = str_from(action),
			    .resource = r->arn.n ? r->arn : S("*"),
			    .arena = c->arena },
		.resource_account = r->account,
		.resource = r->policy,
		.restricted = r->restricted,
		.owner_may = r->owner_may,
		.trust = r->trust,
	};
	if (who) {
		q.identity = who->policies;
		q.n_identity = who->n_policies;
		q.boundary = who->boundary;
		q.session = who->session;
		q.n_session = who->n_session;
		q.has_session = who->has_session;
	}
	return q;
}

/* --- the record --- */

/* Links carry signatures and tokens in their queries. */
static void keep_key(struct decision_keys *keys, const struct asked *a) {
	struct values plain = a->values;
	str link, query;
	if (a->found && plain.n == 1 && str_ieq(a->key, S("aws:Referer"))) {
		str_cut(plain.v[0], '?', &link, &query);
		plain.v = &link;
	}
	decision_add_key(keys, a->key, a->found ? &plain : NULL);
}

static void record(const struct circumstances *k, const struct question *q) {
	const struct call *c = k->call;
	const struct verdict *v = &c->verdict;
	struct decision_keys keys;
	keys.n = 0;
	for (size_t i = 0; i < k->n; i++) {
		keep_key(&keys, &k->asked[i]);
	}
	bool decided = v->by && v->statement >= 0;
	decision_record(&(struct decision){
		.request_id = c->request_id,
		.operation = c->op ? str_from(c->op->name) : (str){ 0 },
		.principal = c->who.arn,
		.entity_id = c->who.entity_id,
		.account = c->who.account,
		.action = q->access.action,
		.resource = q->access.resource,
		.resource_account = q->resource_account,
		.policy = v->by ? v->by->name : (str){ 0 },
		.from = v->by ? v->by->from : (str){ 0 },
		.sid = decided ? policy_sid(v->by->policy, (size_t)v->statement) : (str){ 0 },
		.keys = { keys.p, keys.n },
		.at = clock_now(),
		.statement = v->statement,
		.layer = v->layer,
		.allowed = v->allowed,
		.explicit_deny = v->explicit_deny,
	});
}

/* --- asking --- */

static bool ask(struct call *c, const char *action, const struct resource *r, const struct given *given) {
	struct circumstances k;
	k.call = c;
	k.resource = r;
	k.given = given;
	k.n = 0;
	struct context context = { .find = circumstance_find, .arg = &k };
	struct question q = question_of(c, action, r);
	q.access.context = &context;
	decide(&q, &c->verdict);
	if (!c->verdict.allowed && !c->verdict.explicit_deny && r->granted && r->granted(c, action, r)) {
		q.granted = true;
		decide(&q, &c->verdict);
	}
	record(&k, &q);
	return c->verdict.allowed;
}

bool call_allowed(struct call *c, const char *action, const struct resource *r) {
	return ask(c, action, r, NULL);
}

bool call_must(struct call *c, const char *action, const struct resource *r) {
	return call_allowed(c, action, r) ? true : deny(c, action, r);
}

bool must_pass_role(struct call *c, str role_arn, const char *service) {
	struct entity *role = NEW(c->arena, struct entity);
	struct resource r = { .arn = role_arn, .account = arn_account(role_arn) };
	const struct given given[] = {
		{ "iam:PassedToService", str_from(service) },
		{ "iam:AssociatedResourceArn", c->resource.arn },
		{ 0 },
	};
	if (entity_of_arn(call_db(c), c->arena, role_arn, role)) {
		r.subject = role;
		r.tag = entity_tag;
	}
	return ask(c, "iam:PassRole", &r, given) ? true : deny(c, "iam:PassRole", &r);
}
