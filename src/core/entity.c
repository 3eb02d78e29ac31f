#include "core/entity.h"

#include "base/rand.h"
#include "policy/arn.h"
#include "policy/aws_policies.h"
#include "wire/tree.h"

#include <errno.h>

static const struct {
	const char *prefix, *noun;
} kinds[] = {
	[ENTITY_USER] = { "AIDA", "user" },     [ENTITY_GROUP] = { "AGPA", "group" },
	[ENTITY_ROLE] = { "AROA", "role" },     [ENTITY_PROFILE] = { "AIPA", "instance-profile" },
	[ENTITY_POLICY] = { "ANPA", "policy" },
};

enum { N_KINDS = sizeof(kinds) / sizeof(*kinds) };

const struct store_table entity_tables[] = {
	{ "CREATE TABLE IF NOT EXISTS entity(id TEXT PRIMARY KEY, kind INTEGER NOT NULL, account TEXT NOT NULL,"
	  " name TEXT NOT NULL, low TEXT NOT NULL, path TEXT NOT NULL, created INTEGER NOT NULL, description TEXT,"
	  " trust TEXT, max_session INTEGER, boundary TEXT, tags TEXT, version INTEGER, next_version INTEGER,"
	  " changed INTEGER, used INTEGER, used_region TEXT, UNIQUE(account, kind, low)) WITHOUT ROWID;"
	  "CREATE INDEX IF NOT EXISTS entity_by_boundary ON entity(boundary) WHERE boundary IS NOT NULL;"
	  "CREATE TABLE IF NOT EXISTS membership(holder TEXT NOT NULL, member TEXT NOT NULL, since INTEGER NOT NULL,"
	  " PRIMARY KEY(holder, member)) WITHOUT ROWID;"
	  "CREATE INDEX IF NOT EXISTS membership_by_member ON membership(member);"
	  "CREATE TABLE IF NOT EXISTS attachment(entity TEXT NOT NULL, policy TEXT NOT NULL,"
	  " PRIMARY KEY(entity, policy)) WITHOUT ROWID;"
	  "CREATE INDEX IF NOT EXISTS attachment_by_policy ON attachment(policy);"
	  "CREATE TABLE IF NOT EXISTS inline_policy(entity TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,"
	  " PRIMARY KEY(entity, name)) WITHOUT ROWID;"
	  "CREATE TABLE IF NOT EXISTS policy_version(policy TEXT NOT NULL, version INTEGER NOT NULL,"
	  " document TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY(policy, version)) WITHOUT ROWID;",
	  NULL },
	{ 0 },
};

const char *entity_prefix(enum entity_kind kind) {
	return kinds[kind].prefix;
}

const char *entity_noun(enum entity_kind kind) {
	return kinds[kind].noun;
}

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

str new_id(struct arena *a, const char *prefix) {
	return str_printf(a, "%s" STR_FMT, prefix, STR_ARG(rand_text(a, str_from(base32), 17)));
}

enum { KEY_ID = 20, PREFIX = 4 };

/* Of the first 50 bits (ten characters) the first is set, the next 40 are the account, the rest is chance. */
str new_key_id(struct arena *a, const char *prefix, str account) {
	uint8_t chance[2];
	int64_t number = 0;
	char text[10];
	rand_bytes(chance, sizeof(chance));
	str_uint(account, &number);
	uint64_t bits = UINT64_C(1) << 49 | (uint64_t)number << 9 | (uint64_t)(chance[0] << 8 | chance[1]) % 512;
	for (int i = 0; i < 10; i++) {
		text[i] = base32[bits >> (45 - 5 * i) & 31];
	}
	return str_printf(a, "%s%.10s" STR_FMT, prefix, text, STR_ARG(rand_text(a, str_from(base32), 6)));
}

bool key_id_account(struct arena *a, str id, str *account) {
	uint64_t bits = 0;
	if (id.n != KEY_ID || (!str_starts(id, S("AKIA")) && !str_starts(id, S("ASIA")))) {
		return false;
	}
	for (int i = PREFIX; i < PREFIX + 10; i++) {
		const char *digit = strchr(base32, id.p[i]);
		if (!digit || !*digit) {
			return false;
		}
		bits = bits << 5 | (uint64_t)(digit - base32);
	}
	*account = str_printf(a, "%012llu", (unsigned long long)(bits >> 9 & ((UINT64_C(1) << 40) - 1)));
	return account->n == 12;
}

/* --- tags --- */

bool entity_tag(struct call *c, const struct resource *r, str name, str *value) {
	const struct entity *e = r->subject;
	const struct tree *list = e && e->tags.n ? tree_read(c->arena, e->tags) : NULL;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		if (str_ieq(tree_text(tree_get(t, "Key")), name)) {
			*value = tree_text(tree_get(t, "Value"));
			return true;
		}
	}
	return false;
}

void entity_read(struct arena *a, struct query *q, struct entity *out) {
	*out = (struct entity){
		.id = query_dup(a, q, 0),
		.kind = (enum entity_kind)query_int(q, 1),
		.account = query_dup(a, q, 2),
		.name = query_dup(a, q, 3),
		.path = query_dup(a, q, 4),
		.created = query_int(q, 5),
		.description = query_dup(a, q, 6),
		.trust = query_dup(a, q, 7),
		.max_session = query_int(q, 8),
		.boundary = query_dup(a, q, 9),
		.tags = query_dup(a, q, 10),
		.version = query_int(q, 11),
		.next_version = query_int(q, 12),
		.changed = query_int(q, 13),
		.used = query_int(q, 14),
		.used_region = query_dup(a, q, 15),
	};
}

bool entity_find(struct db *db, struct arena *a, struct entity *e) {
	AUTO_QUERY q =
		db_query(db, "SELECT " ENTITY_COLUMNS " FROM entity e WHERE e.account = ? AND e.kind = ? AND e.low = ?",
			 "tit", e->account, (int64_t)e->kind, str_lower(a, e->name));
	if (!query_step(q)) {
		return false;
	}
	entity_read(a, q, e);
	return true;
}

bool entity_by_id(struct db *db, struct arena *a, str id, struct entity *out) {
	AUTO_QUERY q = db_query(db, "SELECT " ENTITY_COLUMNS " FROM entity e WHERE e.id = ?", "t", id);
	if (!query_step(q)) {
		return false;
	}
	entity_read(a, q, out);
	return true;
}

str entity_arn(struct arena *a, const struct entity *e) {
	return str_printf(a, "arn:aws:iam::" STR_FMT ":%s" STR_FMT STR_FMT, STR_ARG(e->account), entity_noun(e->kind),
			  STR_ARG(e->path), STR_ARG(e->name));
}

static bool kind_of_noun(str noun, enum entity_kind *out) {
	for (int i = 0; i < N_KINDS; i++) {
		if (str_is(noun, kinds[i].noun)) {
			*out = (enum entity_kind)i;
			return true;
		}
	}
	return false;
}

bool entity_of_arn(struct db *db, struct arena *a, str text, struct entity *out) {
	struct arn arn;
	str noun, path;
	enum entity_kind kind;
	if (!arn_read_global(text, "iam", &arn) || !str_cut(arn.resource, '/', &noun, &path) ||
	    !kind_of_noun(noun, &kind)) {
		return false;
	}
	*out = (struct entity){ .kind = kind, .account = arn.account, .name = path_name(path) };
	return entity_find(db, a, out) && str_eq(entity_arn(a, out), text);
}

/* --- in works --- */

static bool name_taken(struct db *db, const struct entity *e, str low) {
	AUTO_QUERY q = db_query(db, "SELECT id FROM entity WHERE account = ? AND kind = ? AND low = ?", "tit",
				e->account, (int64_t)e->kind, low);
	return query_step(q) && !str_eq(query_str(q, 0), e->id);
}

int entity_insert(struct db *db, const struct entity *e) {
	AUTO_ARENA a = { 0 };
	str low = str_lower(&a, e->name);
	if (name_taken(db, e, low)) {
		return -EEXIST;
	}
	db_run(db, "INSERT INTO entity VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "tittttittittiiiit",
	       e->id, (int64_t)e->kind, e->account, e->name, low, e->path, e->created, e->description, e->trust,
	       e->max_session, e->boundary, e->tags, e->version, e->next_version, e->changed, e->used, e->used_region);
	return db_error(db);
}

int entity_update(struct db *db, const struct entity *e) {
	AUTO_ARENA a = { 0 };
	str low = str_lower(&a, e->name);
	if (name_taken(db, e, low)) {
		return -EEXIST;
	}
	db_run(db,
	       "UPDATE entity SET name = ?, low = ?, path = ?, created = ?, description = ?, trust = ?, max_session = "
	       "?,"
	       " boundary = ?, tags = ?, version = ?, next_version = ?, changed = ?, used = ?, used_region = ?"
	       " WHERE id = ?",
	       "tttittittiiiitt", e->name, low, e->path, e->created, e->description, e->trust, e->max_session,
	       e->boundary, e->tags, e->version, e->next_version, e->changed, e->used, e->used_region, e->id);
	return db_error(db);
}

/* --- managed policies --- */

static str document_of(struct db *db, struct arena *a, str id, int64_t version) {
	AUTO_QUERY q =
		db_query(db, "SELECT document FROM policy_version WHERE policy = ? AND version = ?", "ti", id, version);
	return query_step(q) ? query_dup(a, q, 0) : (str){ 0 };
}

str managed_document(struct db *db, struct arena *a, str arn, int64_t version) {
	struct entity e;
	const struct aws_policy *p = aws_policy_find(arn);
	if (p) {
		return !version || version == p->version ? str_from(p->document) : (str){ 0 };
	}
	if (!entity_of_arn(db, a, arn, &e) || e.kind != ENTITY_POLICY) {
		return (str){ 0 };
	}
	return document_of(db, a, e.id, version ? version : e.version);
}
