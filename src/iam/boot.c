/* What is made without a request: the first role of an account, and what --bootstrap wishes. Each step looks before it
 * writes, so that a start that changes nothing writes nothing. */
#include "iam/iam.h"

#include "base/clock.h"
#include "iam/room.h"

#include <errno.h>

struct wishing {
	const struct iam_wish *w;
	struct arena *arena;
	bool look; /* only look whether something would have to be written */
	bool missing; /* it would */
	struct entity e;
	str why;
};

static int refuse(struct wishing *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct wishing *n, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	n->why = str_vprintf(n->arena, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Something is to be written: true if now is the time. */
static bool may_write(struct wishing *n) {
	n->missing = true;
	return !n->look;
}

/* --- is the wish itself well made? --- */

static bool name_ok(str name, size_t max) {
	for (size_t i = 0; i < name.n; i++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-", name.p[i])) {
			return false;
		}
	}
	return name.n > 0 && name.n <= max;
}

static bool path_ok(str path) {
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] <= ' ' || path.p[i] >= 127) {
			return false;
		}
	}
	return path.n <= 512 && str_starts(path, S("/")) && str_ends(path, S("/"));
}

static int check_document(struct wishing *n, str document, enum policy_kind kind, size_t max) {
	struct policy_error why;
	if (policy_size(document) > max) {
		return refuse(n, "a document of it has more than %zu characters", max);
	}
	return policy_read(n->arena, document, kind, &why) ? 0 : refuse(n, STR_FMT, STR_ARG(why.sentence));
}

static int check_inlines(struct wishing *n) {
	const struct iam_wish *w = n->w;
	const size_t max = w->n_inlines ? holder_of_kind(w->kind)->inline_max : 0;
	size_t size = 0;
	int rc = 0;
	for (size_t i = 0; i < w->n_inlines && !rc; i++) {
		size += policy_size(w->inlines[i].document);
		rc = name_ok(w->inlines[i].name, 128)
			     ? check_document(n, w->inlines[i].document, POLICY_IDENTITY, max)
			     : refuse(n, "'" STR_FMT "' is no name of a policy", STR_ARG(w->inlines[i].name));
	}
	return !rc && size > max ? refuse(n, "its inline policies have more than %zu characters", max) : rc;
}

static int check(struct wishing *n) {
	const struct iam_wish *w = n->w;
	bool long_name = w->kind == ENTITY_GROUP || w->kind == ENTITY_POLICY;
	if (!name_ok(w->name, long_name ? 128 : 64)) {
		return refuse(n, "that is no name of a %s", words_of(w->kind)->noun);
	}
	if (w->path.n && !path_ok(w->path)) {
		return refuse(n, "its path does not begin and end with /");
	}
	int rc = w->kind == ENTITY_POLICY ? check_document(n, w->document, POLICY_IDENTITY, DOCUMENT_MAX)
		 : w->kind == ENTITY_ROLE ? check_document(n, w->document, POLICY_TRUST, TRUST_MAX)
					  : 0;
	return rc ? rc : check_inlines(n);
}

/* --- the steps --- */

static int make_entity(struct wishing *n, struct db *db) {
	const struct iam_wish *w = n->w;
	bool role = w->kind == ENTITY_ROLE, policy = w->kind == ENTITY_POLICY;
	n->e = (struct entity){
		.kind = w->kind,
		.id = new_id(n->arena, entity_prefix(w->kind)),
		.account = w->account,
		.name = w->name,
		.path = w->path.n ? w->path : S("/"),
		.created = clock_now(),
		.trust = role ? principals_kept(db, n->arena, w->document) : (str){ 0 },
		.max_session = role ? SESSION_SECONDS : 0,
		.version = policy,
		.next_version = policy ? 2 : 0,
		.changed = policy ? clock_now() : 0,
	};
	if (policy) {
		db_run(db, "INSERT INTO policy_version VALUES(?, 1, ?, ?)", "tti", n->e.id, w->document, n->e.created);
	}
	return entity_insert(db, &n->e);
}

static int put_document(struct wishing *n, struct db *db) {
	str document = n->w->document, now;
	switch (n->e.kind) {
	case ENTITY_ROLE:
		now = principals_kept(db, n->arena, document);
		if (str_eq(n->e.trust, now) || !may_write(n)) {
			return 0;
		}
		n->e.trust = now;
		return entity_update(db, &n->e);
	case ENTITY_POLICY:
		now = managed_document(db, n->arena, entity_arn(n->arena, &n->e), 0);
		if (!str_eq(now, document) && may_write(n)) {
			db_run(db, "UPDATE policy_version SET document = ? WHERE policy = ? AND version = ?", "tti",
			       document, n->e.id, n->e.version);
		}
		return 0;
	default: return 0;
	}
}

static bool has_row(struct db *db, const char *sql, str one, str two) {
	AUTO_QUERY q = db_query(db, sql, "tt", one, two);
	return query_step(q);
}

static int attach(struct wishing *n, struct db *db, str arn) {
	struct entity policy;
	bool found = managed_find(db, n->arena, arn, &policy) &&
		     (str_is(policy.account, "aws") || str_eq(policy.account, n->e.account));
	if (!found) {
		return refuse(n, "policy " STR_FMT " does not exist or is not attachable", STR_ARG(arn));
	}
	if (has_row(db, "SELECT 1 FROM attachment WHERE entity = ? AND policy = ?", n->e.id, arn) || !may_write(n)) {
		return 0;
	}
	if (attached_count(db, n->e.id) >= ATTACHED_MAX) {
		return refuse(n, "it can have %d attached policies", ATTACHED_MAX);
	}
	db_run(db, "INSERT INTO attachment VALUES(?, ?)", "tt", n->e.id, arn);
	return 0;
}

static int put_inline(struct wishing *n, struct db *db, const struct iam_inline *p) {
	AUTO_QUERY q = db_query(db, "SELECT document FROM inline_policy WHERE entity = ? AND name = ?", "tt", n->e.id,
				p->name);
	if ((!query_step(q) || !str_eq(query_str(q, 0), p->document)) && may_write(n)) {
		db_run(db, "INSERT OR REPLACE INTO inline_policy VALUES(?, ?, ?)", "ttt", n->e.id, p->name,
		       p->document);
	}
	return 0;
}

static void join(struct wishing *n, struct db *db, str holder, str member) {
	if (!has_row(db, "SELECT 1 FROM membership WHERE holder = ? AND member = ?", holder, member) && may_write(n)) {
		db_run(db, "INSERT INTO membership VALUES(?, ?, ?)", "tti", holder, member, clock_now());
	}
}

static int join_group(struct wishing *n, struct db *db, str name) {
	struct entity group = { .kind = ENTITY_GROUP, .account = n->e.account, .name = name };
	if (!entity_find(db, n->arena, &group)) {
		return refuse(n, "there is no group " STR_FMT, STR_ARG(name));
	}
	join(n, db, group.id, n->e.id);
	return groups_count(db, n->e.id) > GROUPS_PER_USER ? refuse(n, "it can be in %d groups", GROUPS_PER_USER) : 0;
}

/* The instance profile of that name, made for the role; it holds one role at most. */
static int join_profile(struct wishing *n, struct db *db) {
	const struct iam_wish w = { .kind = ENTITY_PROFILE, .account = n->e.account, .name = n->w->profile };
	struct entity profile = { .kind = w.kind, .account = w.account, .name = w.name };
	if (!entity_find(db, n->arena, &profile)) {
		struct wishing p = { .w = &w, .arena = n->arena };
		int rc = name_ok(w.name, 128) ? 0 : refuse(n, "its instance profile has no good name");
		if (rc || !may_write(n)) {
			return rc;
		}
		rc = make_entity(&p, db);
		if (rc) {
			return rc;
		}
		profile = p.e;
	}
	if (has_row(db, "SELECT 1 FROM membership WHERE holder = ? AND member <> ?", profile.id, n->e.id)) {
		return refuse(n, "instance profile " STR_FMT " holds another role", STR_ARG(w.name));
	}
	join(n, db, profile.id, n->e.id);
	return 0;
}

static int hang_on(struct wishing *n, struct db *db) {
	const struct iam_wish *w = n->w;
	int rc = put_document(n, db);
	for (size_t i = 0; i < w->n_policies && !rc; i++) {
		rc = attach(n, db, w->policies[i]);
	}
	for (size_t i = 0; i < w->n_inlines && !rc; i++) {
		rc = put_inline(n, db, &w->inlines[i]);
	}
	for (size_t i = 0; i < w->n_groups && !rc; i++) {
		rc = join_group(n, db, w->groups[i]);
	}
	return !rc && w->profile.n ? join_profile(n, db) : rc;
}

static int run(struct db *db, void *arg) {
	struct wishing *n = arg;
	const struct iam_wish *w = n->w;
	int rc = 0;
	n->e = (struct entity){ .kind = w->kind, .account = w->account, .name = w->name };
	if (!entity_find(db, n->arena, &n->e)) {
		if (!may_write(n)) {
			return 0;
		}
		rc = make_entity(n, db);
	}
	return rc ? rc : hang_on(n, db);
}

static bool is_met(struct wishing *n, struct cloud *cloud) {
	struct db *db = store_reader(cloud->store);
	n->look = true;
	n->missing = false;
	bool met = run(db, n) == 0 && !n->missing && !db_error(db);
	n->look = false;
	store_reader_done(cloud->store, db);
	return met;
}

int iam_make(struct cloud *cloud, struct arena *a, const struct iam_wish *w, str *why) {
	struct wishing n = { .w = w, .arena = a };
	struct work work = { .run = run, .arg = &n };
	int rc = check(&n);
	if (!rc && !is_met(&n, cloud)) {
		n.why = (str){ 0 };
		rc = store_write(cloud->store, &work);
		identity_changed(cloud);
	}
	*why = n.why.n || !rc ? n.why : str_from(strerror(-rc));
	return rc;
}

int account_born(struct db *db, struct arena *a, str account) {
	const str policies[] = { S("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"),
				 S("arn:aws:iam::aws:policy/AmazonS3FullAccess") };
	const struct iam_wish role = {
		.kind = ENTITY_ROLE,
		.account = account,
		.name = S("SageMakerRole"),
		.document = S("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
			      "{\"Service\":\"sagemaker.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"),
		.policies = policies,
		.n_policies = sizeof(policies) / sizeof(*policies),
	};
	struct wishing n = { .w = &role, .arena = a };
	return run(db, &n);
}
