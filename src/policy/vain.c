#include "policy/vain.h"

#include "policy/actions.h"
#include "policy/suggest.h"
#include "wire/tree.h"

const char *finding_name(enum finding_kind k) {
	static const char *const names[] = { "never", "absent", "note" };
	return names[k];
}

void finding_add(struct findings *f, const struct finding *one) {
	struct finding *copy = NEW(f->arena, struct finding);
	*copy = *one;
	copy->next = NULL;
	*(f->first ? &f->last->next : &f->first) = copy;
	f->last = copy;
	f->n++;
	f->never += one->kind == FINDING_NEVER;
}

/* One statement, as it is looked at. */
struct sight {
	struct findings *f;
	const struct policy *policy;
	int at;
	enum policy_kind kind;
	const str *actions, *resources;
	size_t n_actions, n_resources;
	bool not_actions, not_resources;
};

static void add(struct sight *s, enum finding_kind kind, str subject, str text, str cure) {
	finding_add(s->f, &(struct finding){ kind, s->at, subject, text, cure, NULL });
}

static bool is_plain(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '*' || s.p[i] == '?' || s.p[i] == '$') {
			return false;
		}
	}
	return s.n > 0;
}

static str service_of(str action) {
	str service, name;
	str_cut(action, ':', &service, &name);
	return service;
}

/* The next action of the tables from *at on that this one, perhaps with wildcards, stands for. NULL: no more. */
static const struct action *next_action(str pattern, size_t *at) {
	size_t from, end = service_actions(service_of(pattern), &from);
	end += from;
	for (*at = *at < from ? from : *at; *at < end; ++*at) {
		if (glob_match_case(pattern, str_from(actions[*at].name))) {
			return &actions[(*at)++];
		}
	}
	return NULL;
}

static const struct action *first_action(str pattern) {
	size_t at = 0;
	return next_action(pattern, &at);
}

static bool is_known(str action) {
	size_t from;
	return is_plain(service_of(action)) && service_actions(service_of(action), &from) > 0;
}

/* --- actions against resources --- */

static bool may_match(const struct sight *s, const struct action *a) {
	for (size_t i = 0; i < s->n_resources; i++) {
		if (action_may_match(a, s->resources[i])) {
			return true;
		}
	}
	return false;
}

/* Could a Resource of the statement match for any action that name stands for? */
static bool any_may_match(const struct sight *s, str name) {
	size_t at = 0;
	const struct action *a;
	while ((a = next_action(name, &at))) {
		if (may_match(s, a)) {
			return true;
		}
	}
	return false;
}

/* A pattern for all of a kind: the partition is ours, what else is open stays open. */
static str arn_of_kind(struct arena *a, const struct action_resource *r) {
	struct buf b = { .arena = a };
	for (const char *p = r->arn; *p; p++) {
		putz(&b, *p == '%' && p == r->arn + 4 ? "aws" : *p == '%' ? "*" : (char[2]){ *p, '\0' });
	}
	return buf_str(&b);
}

/* The bucket that a Resource names, with what follows it. False: it is no bucket's. */
static bool bucket_of(str resource, str *bucket, str *rest) {
	size_t at;
	if (!str_find(resource, S(":s3:::"), &at) || !str_starts(resource, S("arn:"))) {
		return false;
	}
	str tail = str_skip(resource, at + 6);
	bool more = str_cut(tail, '/', bucket, rest);
	*rest = more ? str_skip(tail, bucket->n) : (str){ 0 };
	return bucket->n > 0;
}

static bool has_type(const struct action *a, const char *want) {
	str types = str_from(a->types), type;
	while (word_next(&types, &type)) {
		if (str_is(type, want)) {
			return true;
		}
	}
	return false;
}

/* The ARN that would do beside the ones that are there. */
static str missing_arn(const struct sight *s, const struct action_resource *r) {
	str bucket, rest, prefix;
	bool of_bucket = strcmp(r->name, "s3:bucket") == 0, of_object = strcmp(r->name, "s3:object") == 0;
	for (size_t i = 0; i < s->n_resources && (of_bucket || of_object); i++) {
		if (bucket_of(s->resources[i], &bucket, &rest)) {
			prefix = (str){ s->resources[i].p, (size_t)(bucket.p - s->resources[i].p) + bucket.n };
			return of_bucket ? prefix : str_printf(s->f->arena, STR_FMT "/*", STR_ARG(prefix));
		}
	}
	return arn_of_kind(s->f->arena, r);
}

/* The kind of resource that people mean: of a bucket's or an object's action not the access point. */
static const struct action_resource *main_kind(const struct action *a) {
	str types = str_from(a->types), type;
	bool s3 = str_starts(str_from(a->name), S("s3:"));
	if (s3 && has_type(a, "bucket")) {
		return action_resource_find(a, S("bucket"));
	}
	if (s3 && has_type(a, "object")) {
		return action_resource_find(a, S("object"));
	}
	return word_next(&types, &type) ? action_resource_find(a, type) : NULL;
}

static void tell_mismatch(struct sight *s, str name, const struct action *a) {
	struct arena *arena = s->f->arena;
	const struct action_resource *r = main_kind(a);
	if (!r) {
		add(s, FINDING_NEVER, name,
		    str_printf(arena, STR_FMT " can never match: it is asked of no resource in particular",
			       STR_ARG(name)),
		    S("Give it a statement of its own with the Resource \"*\"."));
		return;
	}
	str kind = str_skip(str_from(r->name), service_of(str_from(r->name)).n + 1);
	const char *article = kind.n && strchr("aeiou", kind.p[0]) ? "an" : "a";
	add(s, FINDING_NEVER, name,
	    str_printf(arena, STR_FMT " can never match: it is asked of %s " STR_FMT ", and no Resource here is one",
		       STR_ARG(name), article, STR_ARG(kind)),
	    str_printf(arena, "Write \"" STR_FMT "\" beside it.", STR_ARG(missing_arn(s, r))));
}

static void tell_unknown(struct sight *s, str name) {
	struct arena *a = s->f->arena;
	str near = suggest_action(name);
	const char *effect = s->not_actions ? "takes nothing away" : "can never match";
	add(s, s->not_actions ? FINDING_NOTE : FINDING_NEVER, name,
	    str_printf(a, STR_FMT " %s: there is no such action", STR_ARG(name), effect),
	    near.p ? str_printf(a, "Did you mean " STR_FMT "?", STR_ARG(near)) : (str){ 0 });
}

static void check_action(struct sight *s, str name) {
	if (!is_known(name)) {
		return;
	}
	const struct action *first = first_action(name);
	if (!first) {
		tell_unknown(s, name);
	} else if (s->kind != POLICY_TRUST && !s->not_actions && !s->not_resources && !any_may_match(s, name)) {
		tell_mismatch(s, name, first);
	}
}

/* --- conditions --- */

/* Without ForAllValues: the operator is true of a key that is not there, as all that end in IfExists and all that
 * negate. */
static bool wants_presence(str operator) {
	size_t at;
	return !str_starts(operator, S("ForAllValues:")) && !str_ends(operator, S("IfExists")) &&
	       !str_is(operator, "Null") && !str_find(operator, S("Not"), &at);
}

/* False too for what stands for no action at all. */
static bool any_has_key(str name, str key) {
	size_t at = 0;
	const struct action *a;
	while ((a = next_action(name, &at))) {
		if (action_has_key(a, key)) {
			return true;
		}
	}
	return false;
}

/* Does any action of the statement see it? all: do all? */
static bool is_seen(const struct sight *s, str key, bool *all) {
	bool any = s->n_actions == 0;
	*all = true;
	for (size_t i = 0; i < s->n_actions; i++) {
		str name = s->actions[i];
		bool seen = !is_known(name) || !first_action(name) || any_has_key(name, key);
		any = any || seen;
		*all = *all && seen;
	}
	return any;
}

static void tell_blind(struct sight *s, str key) {
	struct arena *a = s->f->arena;
	for (size_t i = 0; i < s->n_actions; i++) {
		str name = s->actions[i];
		if (is_known(name) && first_action(name) && !any_has_key(name, key)) {
			add(s, FINDING_NEVER, name,
			    str_printf(a, STR_FMT " can never match: its requests have no " STR_FMT, STR_ARG(name),
				       STR_ARG(key)),
			    S("Give it a statement of its own without that condition."));
		}
	}
}

static void tell_unseen(struct sight *s, str key, bool presence) {
	struct arena *a = s->f->arena;
	str near = suggest_key(key);
	str cure = near.p ? str_printf(a, "Did you mean " STR_FMT "?", STR_ARG(near)) : (str){ 0 };
	if (presence) {
		add(s, FINDING_NEVER, key,
		    str_printf(a, "the statement can never match: no request for its actions has " STR_FMT,
			       STR_ARG(key)),
		    cure);
	} else {
		add(s, FINDING_NOTE, key,
		    str_printf(a, "the condition on " STR_FMT " changes nothing: no request for these actions has it",
			       STR_ARG(key)),
		    cure);
	}
}

static void check_key(struct sight *s, str key, bool presence) {
	bool all = true, any = key_is_global(key) ? key_is_known(key) : key_is_everywhere(key) || is_seen(s, key, &all);
	if (!any) {
		tell_unseen(s, key, presence);
	} else if (!all && presence) {
		tell_blind(s, key);
	}
}

static void check_conditions(struct sight *s) {
	const struct tree *statement = tree_read(s->f->arena, policy_statement_text(s->policy, (size_t)s->at));
	const struct tree *condition = tree_get(statement, "Condition");
	if (s->not_actions) {
		return;
	}
	for (const struct tree *o = condition ? condition->first : NULL; o; o = o->next) {
		for (const struct tree *k = o->first; k; k = k->next) {
			check_key(s, k->name, wants_presence(o->name));
		}
	}
}

/* --- what is wide --- */

static bool names(const str *list, size_t n, const char *what) {
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(list[i], str_from(what))) {
			return true;
		}
	}
	return false;
}

static void check_width(struct sight *s) {
	bool everything = names(s->resources, s->n_resources, "*") && !s->not_resources;
	if (policy_denies(s->policy, (size_t)s->at) || s->kind != POLICY_IDENTITY) {
		return;
	}
	if (s->not_actions) {
		add(s, FINDING_NOTE, S("NotAction"),
		    S("allows every action but those named, of every service there is"),
		    S("Name the actions that are meant."));
	} else if (everything && (names(s->actions, s->n_actions, "*") || names(s->actions, s->n_actions, "*:*"))) {
		add(s, FINDING_NOTE, S("*"), S("allows everything on everything: for learning, not for production"),
		    S("`aerostat iam suggest` writes the policy of what is really used."));
	} else if (everything && names(s->actions, s->n_actions, "iam:PassRole")) {
		add(s, FINDING_NOTE, S("iam:PassRole"),
		    S("lets every role be handed to a service, one with more rights too"),
		    S("Name the roles in Resource, and the service by iam:PassedToService."));
	}
}

/* --- the whole --- */

static void check_unknown_services(struct sight *s) {
	for (size_t i = 0; i < s->n_actions; i++) {
		str service = service_of(s->actions[i]);
		bool before = false;
		for (size_t j = 0; j < i; j++) {
			before = before || str_ieq(service, service_of(s->actions[j]));
		}
		if (!before && is_plain(service) && !is_known(s->actions[i])) {
			add(s, FINDING_NOTE, service,
			    str_printf(s->f->arena,
				       "the actions of " STR_FMT " are not known here and were not checked",
				       STR_ARG(service)),
			    (str){ 0 });
		}
	}
}

enum policy_kind policy_kind_of(str text) {
	AUTO_ARENA a = { 0 };
	const struct tree *all = tree_get(tree_read(&a, text), "Statement");
	const struct tree *first = item_first(all);
	if (!tree_get(first, "Principal") && !tree_get(first, "NotPrincipal")) {
		return POLICY_IDENTITY;
	}
	return tree_get(first, "Resource") || tree_get(first, "NotResource") ? POLICY_RESOURCE : POLICY_TRUST;
}

void policy_vain(struct findings *f, const struct policy *p, enum policy_kind kind) {
	for (size_t i = 0; i < policy_statements(p); i++) {
		struct sight s = { .f = f, .policy = p, .at = (int)i, .kind = kind };
		s.actions = policy_actions(p, i, &s.n_actions, &s.not_actions);
		s.resources = policy_resources(p, i, &s.n_resources, &s.not_resources);
		for (size_t j = 0; j < s.n_actions; j++) {
			check_action(&s, s.actions[j]);
		}
		check_conditions(&s);
		check_width(&s);
		check_unknown_services(&s);
	}
}

size_t policy_buckets(struct arena *a, const struct policy *p, str **out) {
	size_t n = 0, room = 0, m;
	bool inverse;
	for (size_t i = 0; i < policy_statements(p); i++) {
		policy_resources(p, i, &m, &inverse);
		room += m;
	}
	*out = NEWS(a, str, room + 1);
	for (size_t i = 0; i < policy_statements(p); i++) {
		const str *list = policy_resources(p, i, &m, &inverse);
		for (size_t j = 0; j < m; j++) {
			str bucket, rest;
			bool again = !bucket_of(list[j], &bucket, &rest) || !is_plain(bucket);
			for (size_t k = 0; k < n && !again; k++) {
				again = str_eq((*out)[k], bucket);
			}
			if (!again) {
				(*out)[n++] = bucket;
			}
		}
	}
	return n;
}
