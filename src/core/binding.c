#include "core/binding.h"

#include "base/lock.h"
#include "base/log.h"
#include "policy/aws_policies.h"
#include "wire/tree.h"

/* --- AWS's own policies --- */

static struct {
	pthread_mutex_t mutex;
	struct arena arena;
	struct policy **policies;
} published = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void complain(str name, const struct policy_error *why) {
	log_error("the policy " STR_FMT " cannot be read any more and counts for nothing: " STR_FMT, STR_ARG(name),
		  STR_ARG(why->sentence));
}

static const struct policy *compiled(const struct aws_policy *p) {
	struct policy_error why;
	size_t i = (size_t)(p - aws_policies);
	AUTO_LOCK(&published.mutex);
	if (!published.policies) {
		published.policies = NEWS(&published.arena, struct policy *, n_aws_policies);
	}
	if (!published.policies[i]) {
		published.policies[i] = policy_read(&published.arena, str_from(p->document), POLICY_IDENTITY, &why);
		if (!published.policies[i]) {
			complain(str_from(p->arn), &why);
		}
	}
	return published.policies[i];
}

/* --- what hangs on whom --- */

/* Policies on their way into an identity. Documents are read in scratch. */
struct binding {
	struct db *db;
	struct arena *a, *scratch;
	struct bound *all;
	size_t n, room;
};

static void add(struct binding *b, const struct policy *p, str name, str from) {
	if (b->n == b->room) {
		struct bound *all = NEWS(b->a, struct bound, b->room * 2 + 4);
		if (b->n) {
			memcpy(all, b->all, b->n * sizeof(*all));
		}
		b->all = all;
		b->room = b->room * 2 + 4;
	}
	b->all[b->n++] = (struct bound){ .policy = p, .name = name, .from = from };
}

static void add_document(struct binding *b, str document, str name, str from) {
	struct policy_error why;
	const struct policy *p = policy_read(b->a, document, POLICY_IDENTITY, &why);
	if (p) {
		add(b, p, name, from);
	} else {
		complain(name, &why);
	}
}

static void add_managed(struct binding *b, str arn, str from) {
	const struct aws_policy *own = aws_policy_find(arn);
	const struct policy *p = own ? compiled(own) : NULL;
	if (p) {
		add(b, p, arn, from);
	} else if (!own) {
		str document = managed_document(b->db, b->scratch, arn, 0);
		if (document.n) {
			add_document(b, document, arn, from);
		}
	}
}

static void add_attached(struct binding *b, str holder, str from) {
	AUTO_QUERY q = db_query(b->db, "SELECT policy FROM attachment WHERE entity = ?", "t", holder);
	while (query_step(q)) {
		add_managed(b, query_dup(b->a, q, 0), from);
	}
}

static void add_inline(struct binding *b, str holder, str from) {
	AUTO_QUERY q = db_query(b->db, "SELECT name, document FROM inline_policy WHERE entity = ?", "t", holder);
	while (query_step(q)) {
		add_document(b, query_str(q, 1), query_dup(b->a, q, 0), from);
	}
}

static void add_policies_of(struct binding *b, const struct entity *e) {
	str from = entity_arn(b->a, e);
	add_attached(b, e->id, from);
	add_inline(b, e->id, from);
}

/* A query that calls the same query inside would meet itself: the groups are listed first. */
static void add_groups(struct binding *b, str user) {
	struct entity groups[32];
	size_t n = 0;
	struct query *q = db_query(b->db,
				   "SELECT " ENTITY_COLUMNS " FROM membership m JOIN entity e ON e.id = m.holder"
				   " WHERE m.member = ? AND e.kind = ?",
				   "ti", user, (int64_t)ENTITY_GROUP);
	while (n < sizeof(groups) / sizeof(*groups) && query_step(q)) {
		entity_read(b->scratch, q, &groups[n++]);
	}
	query_done(q);
	for (size_t i = 0; i < n; i++) {
		add_policies_of(b, &groups[i]);
	}
}

/* --- tags --- */

size_t tags_read(struct arena *a, const struct tree *list, struct tag **out) {
	size_t n = 0;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		n++;
	}
	struct tag *tags = NEWS(a, struct tag, n);
	n = 0;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		tags[n++] = (struct tag){ str_dup(a, tree_text(tree_get(t, "Key"))),
					  str_dup(a, tree_text(tree_get(t, "Value"))) };
	}
	*out = tags;
	return n;
}

static bool has_tag(const struct tag *tags, size_t n, str key) {
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(tags[i].key, key)) {
			return true;
		}
	}
	return false;
}

/* Those of the session come first, and hide the entity's of the same name. */
static void bind_tags(struct arena *a, const struct entity *e, const struct session *s, struct identity *out) {
	AUTO_ARENA scratch = { 0 };
	struct tag *own = NULL;
	const struct tree *list = e->tags.n ? tree_read(&scratch, e->tags) : NULL;
	size_t n = tags_read(a, list, &own), from_session = s ? s->n_tags : 0;
	struct tag *all = NEWS(a, struct tag, n + from_session);
	for (size_t i = 0; i < from_session; i++) {
		all[out->n_tags++] = s->tags[i];
	}
	for (size_t i = 0; i < n; i++) {
		if (!has_tag(all, from_session, own[i].key)) {
			all[out->n_tags++] = own[i];
		}
	}
	out->tags = all;
}

/* --- who --- */

static void be_root(struct arena *a, str account, struct principal *who) {
	who->kind = PRINCIPAL_ROOT;
	who->id = account;
	who->arn = who->entity_arn = str_printf(a, "arn:aws:iam::" STR_FMT ":root", STR_ARG(account));
}

static void be_entity(struct arena *a, const struct entity *e, struct principal *who) {
	bool user = e->kind == ENTITY_USER;
	who->kind = user ? PRINCIPAL_USER : PRINCIPAL_ROLE;
	who->entity_id = e->id;
	who->entity_arn = entity_arn(a, e);
	who->arn = who->entity_arn;
	who->id = e->id;
	who->name = user ? e->name : (str){ 0 };
}

static void be_session_of_role(struct arena *a, const struct entity *role, str name, struct principal *who) {
	who->id = str_printf(a, STR_FMT ":" STR_FMT, STR_ARG(role->id), STR_ARG(name));
	who->arn = str_printf(a, "arn:aws:sts::" STR_FMT ":assumed-role/" STR_FMT "/" STR_FMT, STR_ARG(role->account),
			      STR_ARG(role->name), STR_ARG(name));
}

static void be_federated(struct arena *a, str account, str name, struct principal *who) {
	who->kind = PRINCIPAL_FEDERATED;
	who->name = (str){ 0 };
	who->id = str_printf(a, STR_FMT ":" STR_FMT, STR_ARG(account), STR_ARG(name));
	who->arn = str_printf(a, "arn:aws:sts::" STR_FMT ":federated-user/" STR_FMT, STR_ARG(account), STR_ARG(name));
}

static bool bind_account(struct db *db, struct arena *a, str account, struct principal *who) {
	who->account = account;
	return account_owner(db, a, account, &who->canonical_id, &who->display_name);
}

static void bind_boundary(struct binding *b, const struct entity *e, struct identity *out) {
	struct binding boundary = { .db = b->db, .a = b->a, .scratch = b->scratch };
	if (!e->boundary.n) {
		return;
	}
	add_managed(&boundary, e->boundary, out->who.entity_arn);
	if (!boundary.n) { /* one that is lost lets nothing pass */
		add(&boundary, policy_silent(), e->boundary, out->who.entity_arn);
	}
	out->boundary = boundary.all;
}

static void bind_entity(struct db *db, struct arena *a, const struct entity *e, struct identity *out) {
	AUTO_ARENA scratch = { 0 };
	struct binding b = { .db = db, .a = a, .scratch = &scratch };
	be_entity(a, e, &out->who);
	add_policies_of(&b, e);
	if (e->kind == ENTITY_USER) {
		add_groups(&b, e->id);
	}
	out->policies = b.all;
	out->n_policies = b.n;
	bind_boundary(&b, e, out);
}

static bool find_holder(struct db *db, struct arena *a, str id, struct entity *e) {
	return entity_by_id(db, a, id, e) && (e->kind == ENTITY_USER || e->kind == ENTITY_ROLE);
}

const struct identity *identity_of(struct db *db, struct arena *a, str entity_id) {
	struct entity e;
	struct identity *out = NEW(a, struct identity);
	if (find_holder(db, a, entity_id, &e)) {
		bind_entity(db, a, &e, out);
		bind_tags(a, &e, NULL, out);
		if (e.kind == ENTITY_ROLE) {
			be_session_of_role(a, &e, S("simulated"), &out->who);
		}
		return bind_account(db, a, e.account, &out->who) ? out : NULL;
	}
	be_root(a, str_dup(a, entity_id), &out->who);
	return bind_account(db, a, out->who.id, &out->who) ? out : NULL;
}

/* --- by a key --- */

static bool test_identity(const struct cloud *cloud, struct db *db, struct arena *a, struct identity *out) {
	*out = (struct identity){ .access_key = S("test"), .secret = S("test") };
	out->who.access_key = out->access_key;
	be_root(a, cloud->account, &out->who);
	return bind_account(db, a, cloud->account, &out->who);
}

static bool read_key(struct cloud *cloud, struct db *db, struct arena *a, struct identity *out, str *user) {
	AUTO_QUERY q = db_query(db, "SELECT account, user, secret FROM access_key WHERE id = ? AND active = 1", "t",
				out->access_key);
	if (!query_step(q)) {
		return false;
	}
	out->who.account = query_dup(a, q, 0);
	*user = query_dup(a, q, 1);
	if (seal_read(&cloud->seal, a, query_str(q, 2), &out->secret)) {
		return true;
	}
	log_error("the secret of " STR_FMT " cannot be unsealed: the key file is not the one it was sealed with",
		  STR_ARG(out->access_key));
	return false;
}

bool identity_of_key(struct cloud *cloud, struct db *db, struct arena *a, str access_key, struct identity *out) {
	struct entity e;
	str user;
	if (cloud->accept_test_keys && str_is(access_key, "test")) {
		return test_identity(cloud, db, a, out);
	}
	*out = (struct identity){ .access_key = str_dup(a, access_key) };
	out->who.access_key = out->access_key;
	if (!read_key(cloud, db, a, out, &user)) {
		return false;
	}
	if (!user.p) {
		be_root(a, out->who.account, &out->who);
	} else if (find_holder(db, a, user, &e)) {
		bind_entity(db, a, &e, out);
		bind_tags(a, &e, NULL, out);
	} else {
		return false;
	}
	return bind_account(db, a, out->who.account, &out->who) && !db_error(db);
}

/* --- by a session --- */

static void bind_session_policies(struct db *db, struct arena *a, const struct session *s, struct identity *out) {
	AUTO_ARENA scratch = { 0 };
	struct binding b = { .db = db, .a = a, .scratch = &scratch };
	if (s->policy.n) {
		add_document(&b, s->policy, S("inline session policy"), (str){ 0 });
	}
	for (size_t i = 0; i < s->n_policy_arns; i++) {
		add_managed(&b, s->policy_arns[i], (str){ 0 });
	}
	out->session = b.all;
	out->n_session = b.n;
	/* A federated user has no rights but those that session policies leave him (GetFederationToken). */
	out->has_session = s->policy.n || s->n_policy_arns || s->kind == PRINCIPAL_FEDERATED;
}

static bool bind_holder(struct db *db, struct arena *a, const struct session *s, struct identity *out) {
	struct entity e = { 0 };
	if (!s->entity_id.n) {
		be_root(a, s->account, &out->who);
		bind_tags(a, &e, s, out);
		return true;
	}
	if (!find_holder(db, a, s->entity_id, &e) || (e.kind == ENTITY_ROLE) != (s->kind == PRINCIPAL_ROLE)) {
		return false;
	}
	bind_entity(db, a, &e, out);
	bind_tags(a, &e, s, out);
	if (s->kind == PRINCIPAL_ROLE) {
		be_session_of_role(a, &e, s->name, &out->who);
	}
	return true;
}

bool identity_of_session(struct db *db, struct arena *a, const struct session *s, struct identity *out) {
	*out = (struct identity){ .access_key = s->access_key,
				  .secret = s->secret,
				  .issued = s->issued,
				  .expires = s->expires,
				  .source_identity = s->source_identity,
				  .mfa = s->mfa,
				  .chained = s->chained,
				  .transitive = s->transitive,
				  .n_transitive = s->n_transitive };
	out->who.access_key = s->access_key;
	if (!bind_holder(db, a, s, out)) {
		return false;
	}
	if (s->kind == PRINCIPAL_FEDERATED) {
		be_federated(a, s->account, s->name, &out->who);
	}
	bind_session_policies(db, a, s, out);
	return bind_account(db, a, s->account, &out->who) && !db_error(db);
}
