#include "iam/simulated.h"

#include "policy/arn.h"

enum { PAGE_COST = 200000 };
enum outcome { ALLOWED, IMPLICIT_DENY, EXPLICIT_DENY }; /* the later the stricter */

static const char *const outcomes[] = {
	[ALLOWED] = "allowed",
	[IMPLICIT_DENY] = "implicitDeny",
	[EXPLICIT_DENY] = "explicitDeny",
};

/* One action on one resource. */
struct result {
	str resource;
	enum outcome outcome;
	bool crossing; /* between accounts */
	enum outcome by_identity, by_resource; /* when crossing */
	bool bounded; /* the boundary allows it */
	bool *matched; /* the statements that decided: by place in all policies, one behind the other */
};

static enum outcome outcome_of(enum say say) {
	return say == SAY_ALLOW ? ALLOWED : say == SAY_DENY ? EXPLICIT_DENY : IMPLICIT_DENY;
}

static size_t count_statements(const struct simulation *s) {
	size_t n = 0;
	for (size_t i = 0; i < s->n_policies; i++) {
		n += policy_statements(s->policies[i].policy);
	}
	return n;
}

/* An allowing statement of the boundary limits and gives nothing, so it decides nothing. */
static bool decides(const struct simulation *s, const struct simulated *p, enum say say, enum outcome outcome) {
	if (outcome == EXPLICIT_DENY) {
		return say == SAY_DENY;
	}
	return outcome == ALLOWED && say == SAY_ALLOW && p->policy != s->boundary.policy;
}

static void match(const struct simulation *s, const struct access *q, struct result *r) {
	size_t at = 0;
	r->matched = NEWS(s->c->arena, bool, count_statements(s) + 1);
	for (size_t i = 0; i < s->n_policies; i++) {
		const struct simulated *p = &s->policies[i];
		for (size_t k = 0; k < policy_statements(p->policy); k++, at++) {
			r->matched[at] = p->alone[k] && decides(s, p, policy_says(p->alone[k], q).say, r->outcome);
		}
	}
}

static enum outcome identity_alone(const struct question *q) {
	struct question alone = *q;
	struct verdict v;
	alone.resource = NULL;
	alone.resource_account = (str){ 0 };
	decide(&alone, &v);
	return v.allowed ? ALLOWED : v.explicit_deny ? EXPLICIT_DENY : IMPLICIT_DENY;
}

static void simulate_one(struct simulation *s, str action, struct result *r) {
	AUTO_ARENA scratch = { 0 };
	struct context context = { simulation_key, s };
	struct verdict v;
	str owner = arn_account(r->resource);
	struct question q = {
		.access = { .who = &s->who,
			    .action = action,
			    .resource = r->resource,
			    .context = &context,
			    .arena = &scratch },
		.identity = s->identity,
		.n_identity = s->n_identity,
		.boundary = s->boundary.policy ? &s->boundary : NULL,
		.resource = s->resource.policy ? &s->resource : NULL,
	};
	q.resource_account = q.resource ? owner.n ? owner : s->owner : (str){ 0 };
	decide(&q, &v);
	r->outcome = v.allowed ? ALLOWED : v.explicit_deny ? EXPLICIT_DENY : IMPLICIT_DENY;
	r->crossing = q.resource_account.n && !str_eq(q.resource_account, s->who.account);
	if (r->crossing) {
		r->by_identity = identity_alone(&q);
		r->by_resource = outcome_of(policy_says(s->resource.policy, &q.access).say);
	}
	r->bounded = q.boundary && policy_says(s->boundary.policy, &q.access).say == SAY_ALLOW;
	match(s, &q.access, r);
}

/* --- the answer --- */

static void show_place(struct arena *a, struct val *v, const char *name, const struct place *at) {
	struct val *position = set(a, v, name);
	set_int(a, position, "Line", at->line);
	set_int(a, position, "Column", at->column);
}

static void show_statement(struct arena *a, struct val *v, const struct simulated *p, size_t i) {
	set_str(a, v, "SourcePolicyId", p->id);
	set_str(a, v, "SourcePolicyType", str_from(p->type));
	if (p->places) {
		show_place(a, v, "StartPosition", &p->places[i].start);
		show_place(a, v, "EndPosition", &p->places[i].end);
	}
}

static void show_matched(struct simulation *s, struct val *list, const bool *matched) {
	size_t at = 0;
	for (size_t i = 0; i < s->n_policies; i++) {
		for (size_t k = 0; k < policy_statements(s->policies[i].policy); k++, at++) {
			if (matched[at]) {
				show_statement(s->c->arena, append(s->c->arena, list), &s->policies[i], k);
			}
		}
	}
}

static void show_keys(struct arena *a, struct val *list, const str *keys, size_t n) {
	for (size_t i = 0; i < n; i++) {
		append(a, list)->s = keys[i];
	}
}

static void show_missing(struct simulation *s, struct val *v, bool here) {
	show_keys(s->c->arena, set(s->c->arena, v, "MissingContextValues"), s->missing, here ? s->n_missing : 0);
}

static void show_sides(struct arena *a, struct val *v, const struct result *r) {
	struct val *details = set(a, v, "EvalDecisionDetails");
	if (r->crossing) {
		add_key(a, details, S("IAM Policy"))->s = str_from(outcomes[r->by_identity]);
		add_key(a, details, S("Resource Policy"))->s = str_from(outcomes[r->by_resource]);
	}
}

static void show_boundary(struct simulation *s, struct val *v, bool bounded) {
	if (s->boundary.policy) {
		struct val *detail = set(s->c->arena, v, "PermissionsBoundaryDecisionDetail");
		set_int(s->c->arena, detail, "AllowedByPermissionsBoundary", bounded);
	}
}

static void show_resource(struct simulation *s, struct val *v, const struct result *r) {
	set_str(s->c->arena, v, "EvalResourceName", r->resource);
	set_str(s->c->arena, v, "EvalResourceDecision", str_from(outcomes[r->outcome]));
	show_matched(s, set(s->c->arena, v, "MatchedStatements"), r->matched);
	show_missing(s, v, true);
	if (r->crossing) {
		show_sides(s->c->arena, v, r);
	}
	show_boundary(s, v, r->bounded);
}

/* Of several resources the strictest outcome, and what decided where it came out so. */
static struct result sum_up(const struct simulation *s, const struct result *r, size_t n) {
	struct result all = r[0];
	size_t statements = count_statements(s);
	all.matched = NEWS(s->c->arena, bool, statements + 1);
	for (size_t i = 0; i < n; i++) {
		all.crossing = all.crossing || r[i].crossing;
		all.bounded = all.bounded && r[i].bounded;
		all.by_identity = r[i].by_identity > all.by_identity ? r[i].by_identity : all.by_identity;
		all.by_resource = r[i].by_resource > all.by_resource ? r[i].by_resource : all.by_resource;
		all.outcome = r[i].outcome > all.outcome ? r[i].outcome : all.outcome;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < statements && r[i].outcome == all.outcome; k++) {
			all.matched[k] = all.matched[k] || r[i].matched[k];
		}
	}
	return all;
}

/* One result an action, whatever the number of resources, as AWS has it now. */
static void show_action(struct simulation *s, struct val *v, str action, const struct val *resources) {
	struct arena *a = s->c->arena;
	size_t n = val_count(resources), i = 0;
	struct result *r = NEWS(a, struct result, n + 1);
	const struct val *first = resources ? resources->first : NULL;
	bool all = !first || (!first->next && str_is(first->s, "*"));
	r[0].resource = S("*");
	for (const struct val *one = first; one; one = one->next) {
		r[i++].resource = one->s;
	}
	n = n ? n : 1;
	for (i = 0; i < n; i++) {
		simulate_one(s, action, &r[i]);
	}
	struct result sum = sum_up(s, r, n);
	set_str(a, v, "EvalActionName", action);
	set_str(a, v, "EvalResourceName", n == 1 ? r[0].resource : S("*"));
	set_str(a, v, "EvalDecision", str_from(outcomes[sum.outcome]));
	show_matched(s, set(a, v, "MatchedStatements"), sum.matched);
	show_missing(s, v, all);
	show_boundary(s, v, sum.bounded);
	if (all) {
		return;
	}
	show_sides(a, v, &sum);
	struct val *list = set(a, v, "ResourceSpecificResults");
	for (i = 0; i < n; i++) {
		show_resource(s, append(a, list), &r[i]);
	}
}

/* --- operations --- */

static bool names_ok(struct call *c) {
	const struct val *actions = get(c->in, "ActionNames"), *resources = get(c->in, "ResourceArns");
	for (const struct val *v = actions ? actions->first : NULL; v; v = v->next) {
		str service, name;
		if (!str_cut(v->s, ':', &service, &name) || !service.n || !name.n || memchr(v->s.p, '*', v->s.n)) {
			return fail(c, &invalid_input, "Invalid action name: " STR_FMT, STR_ARG(v->s));
		}
	}
	for (const struct val *v = resources ? resources->first : NULL; v; v = v->next) {
		if (!str_is(v->s, "*") && !str_starts(v->s, S("arn:"))) {
			return fail(c, &invalid_input, "Invalid resource ARN: " STR_FMT, STR_ARG(v->s));
		}
	}
	return true;
}

/* Scenarios, and the resources that each wants (API reference, SimulateCustomPolicy). */
static const struct {
	const char *name, *wants[7];
} scenarios[] = {
	{ "EC2-VPC-InstanceStore", { "instance", "image", "security-group", "network-interface" } },
	{ "EC2-VPC-InstanceStore-Subnet", { "instance", "image", "security-group", "network-interface", "subnet" } },
	{ "EC2-VPC-EBS", { "instance", "image", "security-group", "network-interface", "volume" } },
	{ "EC2-VPC-EBS-Subnet", { "instance", "image", "security-group", "network-interface", "subnet", "volume" } },
};

static bool has_resource(const struct val *resources, const char *kind) {
	for (const struct val *v = resources ? resources->first : NULL; v; v = v->next) {
		struct arn arn;
		str head = v->s, rest;
		if (arn_read(v->s, &arn)) {
			str_cut(arn.resource, '/', &head, &rest);
		}
		if (str_is(head, kind) || str_is(head, "*")) {
			return true;
		}
	}
	return false;
}

static bool scenario_ok(struct call *c) {
	str option = get_str(c->in, "ResourceHandlingOption");
	const struct val *resources = get(c->in, "ResourceArns");
	for (size_t i = 0; option.p && i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (!str_is(option, scenarios[i].name)) {
			continue;
		}
		for (const char *const *kind = scenarios[i].wants; *kind; kind++) {
			if (!has_resource(resources, *kind)) {
				return fail(c, &invalid_input, STR_FMT " requires a resource of type %s.",
					    STR_ARG(option), *kind);
			}
		}
		return true;
	}
	return option.p ? fail(c, &invalid_input, "Invalid ResourceHandlingOption: " STR_FMT, STR_ARG(option)) : true;
}

/* Answers grow as the product of what is asked: a page ends before it takes longer than some seconds. */
static bool fits(struct call *c, const struct simulation *s, size_t *left) {
	size_t n = val_count(get(c->in, "ResourceArns")) + 1;
	if (n > *left || s->cost > *left / n) {
		return false;
	}
	*left -= n * s->cost;
	return true;
}

static bool too_much(struct call *c) {
	return fail(c, &invalid_input,
		    "The policies, context entries and resources are too many for one simulation; simulate fewer "
		    "resources at a time.");
}

/* A page begins behind an action, which is named by its place. */
static bool simulate(struct call *c, const struct entity *entity) {
	struct simulation s;
	struct page page;
	int64_t i = 0, after = -1;
	size_t left = PAGE_COST;
	const struct val *actions = get(c->in, "ActionNames"), *resources = get(c->in, "ResourceArns");
	if (!page_of_input(c, &page) || !names_ok(c) || !scenario_ok(c) || !simulation_read(c, &s, entity)) {
		return false;
	}
	if (page.after.n && !str_uint(page.after, &after)) {
		return fail(c, &validation_error, "Invalid Marker.");
	}
	struct val *list = set(c->arena, c->out, "EvaluationResults");
	for (const struct val *v = actions ? actions->first : NULL; v; v = v->next, i++) {
		if (i <= after) {
			continue;
		}
		bool room = fits(c, &s, &left);
		if (!room && i == after + 1) {
			return too_much(c);
		}
		if (!room || i > after + page.max) {
			page_end(c, true, str_printf(c->arena, "%lld", (long long)(i - 1)));
			return true;
		}
		show_action(&s, append(c->arena, list), v->s, resources);
	}
	page_end(c, false, S(""));
	return true;
}

static bool simulate_custom_policy(struct call *c) {
	return simulate(c, NULL);
}

/* arn:aws:iam::123456789012:user/path/NAME */
static bool read_source(str text, struct arn *arn, enum entity_kind *kind) {
	str noun, name;
	if (!arn_read_global(text, "iam", arn) || !str_cut(arn->resource, '/', &noun, &name)) {
		return false;
	}
	for (*kind = ENTITY_USER; *kind <= ENTITY_ROLE; ++*kind) {
		if (str_is(noun, entity_noun(*kind))) {
			return true;
		}
	}
	return false;
}

/* The entity need not be there. */
static bool on_source(struct call *c) {
	struct arn arn;
	enum entity_kind kind;
	str text = get_str(c->in, "PolicySourceArn");
	if (!read_source(text, &arn, &kind)) {
		return fail(c, &invalid_input,
			    "Invalid Entity Arn: " STR_FMT " does not clearly define entity type and name.",
			    STR_ARG(text));
	}
	c->resource = (struct resource){ .arn = text, .account = arn.account };
	return true;
}

static bool must_find_source(struct call *c, struct entity *out) {
	struct arn arn;
	enum entity_kind kind;
	str text = get_str(c->in, "PolicySourceArn");
	return read_source(text, &arn, &kind) &&
	       (entity_of_arn(call_db(c), c->arena, text, out) || no_such(c, kind, path_name(text)));
}

static bool simulate_principal_policy(struct call *c) {
	struct entity e;
	return must_find_source(c, &e) && simulate(c, &e);
}

static bool answer_keys(struct call *c, const struct bound *v, size_t n) {
	str *keys;
	size_t found = keys_of(c->arena, v, n, &keys);
	show_keys(c->arena, set(c->arena, c->out, "ContextKeyNames"), keys, found);
	return true;
}

static bool get_context_keys_for_custom_policy(struct call *c) {
	size_t n = 0;
	struct bound *v = NEWS(c->arena, struct bound, val_count(get(c->in, "PolicyInputList")) + 1);
	return read_documents(c, "PolicyInputList", v, &n) && answer_keys(c, v, n);
}

static bool get_context_keys_for_principal_policy(struct call *c) {
	struct entity e;
	const struct identity *identity;
	if (!must_find_source(c, &e)) {
		return false;
	}
	size_t room = val_count(get(c->in, "PolicyInputList")) + 1;
	struct sources s = sources_of_entity(call_db(c), c->arena, &e, room, &identity);
	return read_documents(c, "PolicyInputList", s.v, &s.n) && answer_keys(c, s.v, s.n);
}

const struct route iam_simulate_routes[] = {
	{ .op = "GetContextKeysForCustomPolicy", .run = get_context_keys_for_custom_policy },
	{ .op = "GetContextKeysForPrincipalPolicy", .run = get_context_keys_for_principal_policy, .on = on_source },
	{ .op = "SimulateCustomPolicy", .run = simulate_custom_policy },
	{ .op = "SimulatePrincipalPolicy", .run = simulate_principal_policy, .on = on_source },
	{ 0 },
};
