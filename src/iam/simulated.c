#include "iam/simulated.h"

#include "base/clock.h"
#include "policy/arn.h"

#include <stdlib.h>

/* --- context entries --- */

static bool is_number(str s) {
	double d;
	return str_dbl(s, &d);
}

static bool is_date(str s) {
	int64_t ms;
	return time_parse(s, &ms) || str_int(s, &ms);
}

static bool is_boolean(str s) {
	return str_ieq(s, S("true")) || str_ieq(s, S("false"));
}

static bool is_binary(str s) {
	AUTO_ARENA a = { 0 };
	str plain;
	return base64_decode(&a, s, &plain);
}

static bool is_address(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (!strchr("0123456789abcdefABCDEF.:/", s.p[i]) || !s.p[i]) {
			return false;
		}
	}
	return s.n > 0;
}

static const struct {
	const char *name;
	bool (*is)(str s);
} types[] = {
	{ "numeric", is_number }, { "boolean", is_boolean }, { "ip", is_address },
	{ "binary", is_binary },  { "date", is_date },
};

static bool value_fits(str type, str value) {
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (str_starts(type, str_from(types[i].name))) {
			return types[i].is(value);
		}
	}
	return true;
}

static bool entry_ok(struct call *c, const struct val *entry) {
	str key = get_str(entry, "ContextKeyName"), type = get_str(entry, "ContextKeyType");
	const struct val *values = get(entry, "ContextKeyValues");
	if (!key.n) {
		return fail(c, &invalid_input, "A context entry has no ContextKeyName.");
	}
	if (type.n && !str_ends(type, S("List")) && val_count(values) > 1) {
		return fail(c, &invalid_input,
			    "Context key " STR_FMT " is of type " STR_FMT " and has more than one value.", STR_ARG(key),
			    STR_ARG(type));
	}
	for (const struct val *v = values ? values->first : NULL; v; v = v->next) {
		if (!value_fits(type, v->s)) {
			return fail(c, &invalid_input,
				    "Invalid value " STR_FMT " for context key " STR_FMT " of type " STR_FMT ".",
				    STR_ARG(v->s), STR_ARG(key), STR_ARG(type));
		}
	}
	return true;
}

static struct values values_of(struct arena *a, const struct val *entry) {
	const struct val *values = get(entry, "ContextKeyValues");
	str *v = NEWS(a, str, val_count(values) + 1);
	size_t n = 0;
	for (const struct val *one = values ? values->first : NULL; one; one = one->next) {
		v[n++] = one->s;
	}
	return (struct values){ .v = v, .n = n, .many = str_ends(get_str(entry, "ContextKeyType"), S("List")) };
}

static bool read_entries(struct call *c, struct simulation *s) {
	const struct val *list = get(c->in, "ContextEntries");
	struct entry *entries = NEWS(c->arena, struct entry, val_count(list) + 1);
	for (const struct val *e = list ? list->first : NULL; e; e = e->next) {
		if (!entry_ok(c, e)) {
			return false;
		}
		entries[s->n_entries++] = (struct entry){ get_str(e, "ContextKeyName"), values_of(c->arena, e) };
	}
	s->entries = entries;
	return true;
}

bool simulation_key(void *simulation, str key, struct values *out) {
	const struct simulation *s = simulation;
	for (size_t i = 0; i < s->n_entries; i++) {
		if (str_ieq(s->entries[i].key, key)) {
			*out = s->entries[i].values;
			return true;
		}
	}
	return self_key(&s->self, key, out);
}

/* --- policies --- */

bool read_documents(struct call *c, const char *list, struct bound *out, size_t *n) {
	const struct val *documents = get(c->in, list);
	struct policy_error why;
	int64_t i = 0;
	for (const struct val *d = documents ? documents->first : NULL; d; d = d->next) {
		const struct policy *p = policy_read(c->arena, d->s, POLICY_IDENTITY, &why);
		str name = str_printf(c->arena, "%s.%lld", list, (long long)++i);
		if (!p) {
			return fail(c, &invalid_input, STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(why.sentence));
		}
		out[(*n)++] = (struct bound){ .policy = p, .name = name };
	}
	return true;
}

static bool read_boundary(struct call *c, struct simulation *s) {
	static const char list[] = "PermissionsBoundaryPolicyInputList";
	size_t n = 0;
	if (val_count(get(c->in, list)) > 1) {
		return fail(c, &invalid_input, "%s can hold one policy only.", list);
	}
	return read_documents(c, list, &s->boundary, &n);
}

static bool read_resource_policy(struct call *c, struct simulation *s) {
	struct policy_error why;
	str text = get_str(c->in, "ResourcePolicy");
	if (!text.p) {
		return true;
	}
	s->resource = (struct bound){ .policy = policy_read(c->arena, text, POLICY_RESOURCE, &why),
				      .name = S("ResourcePolicy") };
	if (!s->resource.policy) {
		return fail(c, &invalid_input, "ResourcePolicy: " STR_FMT, STR_ARG(why.sentence));
	}
	return s->has_caller ? true
			     : fail(c, &invalid_input, "CallerArn is required when a ResourcePolicy is simulated.");
}

struct sources sources_of_entity(struct db *db, struct arena *a, const struct entity *e, size_t room,
				 const struct identity **identity) {
	struct sources s = { 0 };
	*identity = NULL;
	if (e->kind == ENTITY_GROUP) {
		s = sources_of_group(db, a, e);
	} else {
		*identity = identity_of(db, a, e->id);
	}
	size_t n = *identity ? (*identity)->n_policies : s.n;
	const struct bound *from = *identity ? (*identity)->policies : s.v;
	struct bound *v = NEWS(a, struct bound, n + room);
	for (size_t i = 0; i < n; i++) {
		v[i] = from[i];
	}
	return (struct sources){ .v = v, .n = n };
}

/* --- who --- */

static bool read_owner(struct call *c, struct simulation *s) {
	struct arn arn;
	str owner = get_str(c->in, "ResourceOwner");
	if (!owner.p || is_account(owner)) {
		s->owner = owner;
		return true;
	}
	if (!arn_read_global(owner, "iam", &arn) || !is_account(arn.account)) {
		return fail(c, &invalid_input, "'" STR_FMT "' is not a valid as a Resource Owner.", STR_ARG(owner));
	}
	s->owner = arn.account;
	return true;
}

static void become(struct simulation *s, const struct identity *identity) {
	s->who = identity->who;
	s->self.tags = identity->tags;
	s->self.n_tags = identity->n_tags;
	s->has_caller = true;
}

/* A caller whom this account does not know is who his ARN says: simulations need no user, and the tags of others are
 * theirs. */
static bool read_caller(struct call *c, struct simulation *s) {
	struct entity e;
	struct arn fields;
	str arn = get_str(c->in, "CallerArn");
	if (!arn.p) {
		return true;
	}
	if (!arn_read_global(arn, "iam", &fields) || !is_account(fields.account) ||
	    !str_starts(fields.resource, S("user/"))) {
		return fail(c, &invalid_input, "CallerArn " STR_FMT " is not the ARN of an IAM user.", STR_ARG(arn));
	}
	if (str_eq(fields.account, c->who.account) && entity_of_arn(s->db, c->arena, arn, &e)) {
		const struct identity *identity = identity_of(s->db, c->arena, e.id);
		if (identity) {
			become(s, identity);
			return true;
		}
	}
	s->who = (struct principal){
		.kind = PRINCIPAL_USER, .account = fields.account, .arn = arn, .entity_arn = arn, .name = path_name(arn)
	};
	s->has_caller = true;
	s->self.n_tags = 0;
	return true;
}

/* --- what answers need of each policy --- */

static str id_of(struct simulation *s, const struct bound *b) {
	struct entity e;
	if (!b->from.p) {
		return b->name;
	}
	if (str_starts(b->name, S("arn:"))) {
		return path_name(b->name);
	}
	return entity_of_arn(s->db, s->c->arena, b->from, &e)
		       ? str_printf(s->c->arena, "%s_" STR_FMT "_" STR_FMT, entity_noun(e.kind), STR_ARG(e.name),
				    STR_ARG(b->name))
		       : b->name;
}

/* A policy of an entity; else it is of the input. */
static bool is_held(const struct bound *b) {
	return b->from.p || str_starts(b->name, S("arn:"));
}

static void add_policy(struct simulation *s, const struct bound *b, str text) {
	bool resource = b == &s->resource;
	struct simulated *p = &s->policies[s->n_policies];
	if (!b->policy) {
		return;
	}
	size_t n = policy_statements(b->policy);
	*p = (struct simulated){
		.id = id_of(s, b),
		.type = resource ? "Resource Policy" : "IAM Policy",
		.text = is_held(b) ? source_text(s->db, s->c->arena, b) : text,
		.policy = b->policy,
		.alone = NEWS(s->c->arena, const struct policy *, n + 1),
	};
	for (size_t i = 0; i < n; i++) {
		p->alone[i] = statement_alone(s->c->arena, b->policy, i, resource ? POLICY_RESOURCE : POLICY_IDENTITY);
	}
	p->places = p->text.p ? statement_places(s->c->arena, p->text, p->policy) : NULL;
	s->n_policies++;
}

static str first_text(const struct simulation *s, const char *list) {
	const struct val *documents = get(s->c->in, list);
	return documents && documents->first ? documents->first->s : (str){ 0 };
}

static void add_policies(struct simulation *s) {
	const struct val *documents = get(s->c->in, "PolicyInputList"), *next = documents ? documents->first : NULL;
	s->policies = NEWS(s->c->arena, struct simulated, s->n_identity + 2);
	for (size_t i = 0; i < s->n_identity; i++) {
		bool given = next && !is_held(&s->identity[i]);
		add_policy(s, &s->identity[i], given ? next->s : (str){ 0 });
		next = given ? next->next : next;
	}
	add_policy(s, &s->boundary, first_text(s, "PermissionsBoundaryPolicyInputList"));
	add_policy(s, &s->resource, get_str(s->c->in, "ResourcePolicy"));
}

/* --- keys --- */

struct named_key {
	str text, low;
	size_t at; /* the how manyth */
};

static int by_low(const void *a, const void *b) {
	const struct named_key *x = a, *y = b;
	int c = str_cmp(x->low, y->low);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *a, const void *b) {
	const struct named_key *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

size_t keys_of(struct arena *a, const struct bound *policies, size_t n, str **out) {
	str **of = NEWS(a, str *, n + 1);
	size_t *count = NEWS(a, size_t, n + 1), all = 0, kept = 0;
	for (size_t i = 0; i < n; i++) {
		count[i] = policy_keys(a, policies[i].policy, &of[i]);
		all += count[i];
	}
	struct named_key *keys = NEWS(a, struct named_key, all + 1);
	all = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < count[i]; k++, all++) {
			keys[all] = (struct named_key){ of[i][k], str_lower(a, of[i][k]), all };
		}
	}
	qsort(keys, all, sizeof(*keys), by_low);
	for (size_t i = 0; i < all; i++) {
		if (!kept || !str_eq(keys[kept - 1].low, keys[i].low)) {
			keys[kept++] = keys[i];
		}
	}
	qsort(keys, kept, sizeof(*keys), by_place);
	*out = NEWS(a, str, kept + 1);
	for (size_t i = 0; i < kept; i++) {
		(*out)[i] = keys[i].text;
	}
	return kept;
}

static void find_missing(struct simulation *s) {
	struct bound *all = NEWS(s->c->arena, struct bound, s->n_policies + 1);
	struct values v;
	str *keys;
	for (size_t i = 0; i < s->n_policies; i++) {
		all[i].policy = s->policies[i].policy;
	}
	size_t n = keys_of(s->c->arena, all, s->n_policies, &keys);
	for (size_t i = 0; i < n; i++) {
		if (!simulation_key(s, keys[i], &v)) {
			keys[s->n_missing++] = keys[i];
		}
	}
	s->missing = keys;
}

/* What one action on one resource takes at most: every statement is looked at, each value is held against each of the
 * texts in the policies, and statements and keys may all be in the answer. */
static size_t cost_of_one(const struct simulation *s) {
	size_t looks = 1 + s->n_missing, text = 0, values = s->n_entries;
	for (size_t i = 0; i < s->n_policies; i++) {
		looks += policy_statements(s->policies[i].policy);
		text += s->policies[i].text.n;
	}
	for (size_t i = 0; i < s->n_entries; i++) {
		values += s->entries[i].values.n;
	}
	return looks + text * values / 4096;
}

static bool read_entity(struct call *c, struct simulation *s, const struct entity *e, size_t room) {
	const struct identity *identity;
	struct sources from = sources_of_entity(s->db, c->arena, e, room, &identity);
	s->identity = from.v;
	s->n_identity = from.n;
	if (e->kind != ENTITY_GROUP && !identity) {
		return no_such(c, e->kind, e->name);
	}
	if (identity) {
		become(s, identity);
		s->boundary = identity->boundary ? *identity->boundary : (struct bound){ 0 };
	}
	return true;
}

bool simulation_read(struct call *c, struct simulation *s, const struct entity *entity) {
	size_t n_inputs = val_count(get(c->in, "PolicyInputList"));
	*s = (struct simulation){ .c = c,
				  .db = call_db(c),
				  .who = { .kind = PRINCIPAL_USER, .account = c->who.account } };
	if (!entity) {
		s->identity = NEWS(c->arena, struct bound, n_inputs + 1);
	} else if (!read_entity(c, s, entity, n_inputs + 1)) {
		return false;
	}
	if (!read_documents(c, "PolicyInputList", s->identity, &s->n_identity) || !read_boundary(c, s) ||
	    !read_caller(c, s) || !read_owner(c, s) || !read_resource_policy(c, s) || !read_entries(c, s)) {
		return false;
	}
	s->self.arena = c->arena;
	s->self.who = s->has_caller ? &s->who : NULL;
	add_policies(s);
	find_missing(s);
	s->cost = cost_of_one(s);
	return true;
}
