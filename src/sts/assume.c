/* AssumeRole: a session of a role, for whom the role trusts. */
#include "base/clock.h"
#include "core/entity.h"
#include "policy/arn.h"
#include "sts/room.h"

enum { DEFAULT_SECONDS = 3600, CHAINED_SECONDS = 3600 };

/* The trust policy of a role as the policy of the resource; one that cannot be read trusts nobody. */
static void fill_trust(struct call *c, const struct entity *role) {
	struct policy_error why;
	struct bound *b = NEW(c->arena, struct bound);
	b->policy = policy_read(c->arena, role->trust, POLICY_TRUST, &why);
	b->name = S("trust policy");
	b->from = c->resource.arn;
	c->resource.account = role->account;
	c->resource.policy = b->policy ? b : NULL;
}

bool on_role_arn(struct call *c) {
	struct entity *role = NEW(c->arena, struct entity);
	str arn = get_str(c->in, "RoleArn");
	c->resource.arn = arn;
	c->resource.trust = true;
	c->resource.tag = entity_tag;
	if (entity_of_arn(call_db(c), c->arena, arn, role) && role->kind == ENTITY_ROLE) {
		c->subject = role;
		c->resource.subject = role;
		fill_trust(c, role);
	} else {
		c->resource.account = arn_account(arn);
	}
	return true;
}

static bool check_duration(struct call *c, const struct entity *role, const struct session *s) {
	int64_t seconds = s->expires / 1000;
	if (s->chained && seconds > CHAINED_SECONDS) {
		return fail(c, &sts_invalid,
			    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
			    "chaining.");
	}
	return seconds <= role->max_session
		       ? true
		       : fail(c, &sts_invalid,
			      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

/* --- tags that travel on --- */

static bool listed(const str *keys, size_t n, str key) {
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(keys[i], key)) {
			return true;
		}
	}
	return false;
}

static bool conflicts(struct call *c, const struct session *s) {
	const struct identity *from = c->identity;
	for (size_t i = 0; i < s->n_tags; i++) {
		if (listed(from->transitive, from->n_transitive, s->tags[i].key)) {
			return true;
		}
	}
	return false;
}

/* The tags that the calling session hands on join those of the input. */
static void inherit(struct call *c, struct session *s, str *transitive) {
	const struct identity *from = c->identity;
	struct tag *tags = NEWS(c->arena, struct tag, s->n_tags + from->n_tags);
	for (size_t i = 0; i < s->n_tags; i++) {
		tags[i] = s->tags[i];
	}
	for (size_t i = 0; i < from->n_tags; i++) {
		if (listed(from->transitive, from->n_transitive, from->tags[i].key)) {
			tags[s->n_tags++] = from->tags[i];
			transitive[s->n_transitive++] = from->tags[i].key;
		}
	}
	s->tags = tags;
}

static bool take_transitive(struct call *c, struct session *s) {
	const struct val *list = get(c->in, "TransitiveTagKeys");
	str *keys = NEWS(c->arena, str, val_count(list) + c->identity->n_transitive);
	if (conflicts(c, s)) {
		return fail(c, &sts_invalid_parameter,
			    "One of the specified tag keys can't be set because it conflicts with a transitive tag key "
			    "from the calling session.");
	}
	for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
		bool known = false;
		for (size_t i = 0; i < s->n_tags && !known; i++) {
			known = str_ieq(s->tags[i].key, v->s);
		}
		if (!known) {
			return fail(c, &sts_invalid_parameter,
				    "The specified transitive tag key must be included in the requested tags.");
		}
		keys[s->n_transitive++] = v->s;
	}
	s->transitive = keys;
	inherit(c, s, keys);
	return session_packs(c, s);
}

static bool take_source_identity(struct call *c, struct session *s) {
	str wanted = get_str(c->in, "SourceIdentity"), had = c->identity->source_identity;
	s->source_identity = had.n ? had : wanted;
	if (had.n && wanted.n && !str_eq(had, wanted)) {
		return fail(c, &sts_denied, "The source identity of a session cannot be changed.");
	}
	return !s->source_identity.n || call_must(c, "sts:SetSourceIdentity", &c->resource);
}

/* --- the operation --- */

/* Tags and a source identity that a session hands on want the same rights as those that are given. */
static bool may_assume(struct call *c) {
	if (c->who.kind == PRINCIPAL_ROOT) {
		return fail(c, &sts_denied, "Roles may not be assumed by root accounts.");
	}
	bool tagged = val_count(get(c->in, "Tags")) || c->identity->n_transitive;
	return call_must(c, "sts:AssumeRole", &c->resource) && c->subject &&
	       (!tagged || call_must(c, "sts:TagSession", &c->resource));
}

static void show_role(struct call *c, const struct entity *role, const struct session *s) {
	struct val *v = set(c->arena, c->out, "AssumedRoleUser");
	set_str(c->arena, v, "AssumedRoleId",
		str_printf(c->arena, STR_FMT ":" STR_FMT, STR_ARG(role->id), STR_ARG(s->name)));
	set_str(c->arena, v, "Arn",
		str_printf(c->arena, "arn:aws:sts::" STR_FMT ":assumed-role/" STR_FMT "/" STR_FMT,
			   STR_ARG(role->account), STR_ARG(role->name), STR_ARG(s->name)));
	if (s->source_identity.n) {
		set_str(c->arena, c->out, "SourceIdentity", s->source_identity);
	}
}

static bool assume_role(struct call *c) {
	bool narrowed;
	const struct entity *role = c->subject;
	if (!may_assume(c)) {
		return false;
	}
	struct session s = { .kind = PRINCIPAL_ROLE,
			     .account = role->account,
			     .entity_id = role->id,
			     .name = get_str(c->in, "RoleSessionName"),
			     .chained = c->who.kind == PRINCIPAL_ROLE,
			     .expires = get_int(c->in, "DurationSeconds", DEFAULT_SECONDS) * 1000 };
	if (!no_mfa_given(c) || !check_duration(c, role, &s) || !grant_of_input(c, &s, &narrowed) ||
	    !take_transitive(c, &s) || !take_source_identity(c, &s)) {
		return false;
	}
	show_credentials(c, &s);
	show_role(c, role, &s);
	return true;
}

const struct route sts_role_routes[] = {
	/* operation    handler      authorized as  on */
	{ "AssumeRole", assume_role, "", on_role_arn, NULL },
	{ 0 },
};

/* --- condition keys --- */

static bool transitive_keys(struct call *c, struct values *out) {
	const struct val *list = get(c->in, "TransitiveTagKeys");
	str *v = NEWS(c->arena, str, val_count(list));
	*out = (struct values){ .v = v, .many = true };
	for (const struct val *k = list ? list->first : NULL; k; k = k->next) {
		v[out->n++] = k->s;
	}
	return list != NULL;
}

bool sts_key(struct call *c, const struct resource *r, str key, struct values *out) {
	static const struct {
		const char *key, *op, *member;
	} plain[] = {
		{ "sts:ExternalId", "AssumeRole", "ExternalId" },
		{ "sts:RoleSessionName", "AssumeRole", "RoleSessionName" },
		{ "sts:SourceIdentity", "AssumeRole", "SourceIdentity" },
		{ "sts:DurationSeconds", NULL, "DurationSeconds" },
	};
	(void)r;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (!str_ieq(key, str_from(plain[i].key)) || !shape_member(c->op->in, str_from(plain[i].member))) {
			continue;
		}
		const struct val *v = get(c->in, plain[i].member);
		struct buf b = { .arena = c->arena };
		if (v) {
			val_put_text(&b, v, T_DEFAULT);
		}
		return v && values_one(c->arena, buf_str(&b), out);
	}
	bool assume = strcmp(c->op->name, "AssumeRole") == 0;
	return assume && str_ieq(key, S("sts:TransitiveTagKeys")) && transitive_keys(c, out);
}
