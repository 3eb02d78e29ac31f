#include "iam/room.h"

#include "base/clock.h"
#include "iam/password.h"

static const struct fault access_denied = { "AccessDenied", 403 };
static const struct fault invalid_user_type = { "InvalidUserType", 400 };
static const struct fault temporarily_unmodifiable = { "EntityTemporarilyUnmodifiable", 409 };
static const struct fault violation = { "PasswordPolicyViolation", 400 };

struct login {
	str kept; /* hashes; absent: the user has no profile */
	int64_t created;
	bool reset;
};

static struct login login_find(struct db *db, struct arena *a, str user) {
	struct login l = { 0 };
	AUTO_QUERY q = db_query(db, "SELECT hash, created, reset FROM login_profile WHERE user = ?", "t", user);
	if (query_step(q)) {
		l = (struct login){ query_dup(a, q, 0), query_int(q, 1), query_int(q, 2) };
	}
	return l;
}

static bool no_profile(struct call *c, const struct entity *user) {
	return fail(c, &no_such_entity, "Login Profile for User " STR_FMT " cannot be found.", STR_ARG(user->name));
}

static bool must_find_login(struct call *c, struct db *db, struct entity *user, struct login *l) {
	if (!must_find(c, db, ENTITY_USER, user)) {
		return false;
	}
	*l = login_find(db, c->arena, user->id);
	return l->kept.n ? true : no_profile(c, user);
}

static void show_login(struct call *c, const struct entity *user, const struct login *l) {
	struct val *v = set(c->arena, c->out, "LoginProfile");
	set_str(c->arena, v, "UserName", user->name);
	set_date(c->arena, v, "CreateDate", l->created);
	set_int(c->arena, v, "PasswordResetRequired", l->reset);
}

/* --- a new password; hashing is slow and done before the write, which then checks that nothing has changed --- */

struct change {
	struct call *c;
	struct entity user;
	struct login before, after;
};

static bool may_be_used(struct call *c, str password, str kept) {
	const struct val *policy = password_policy_of(c, call_db(c));
	size_t old = (size_t)get_int(policy, "PasswordReusePrevention", 0);
	if (!password_ok(c, policy, password)) {
		return false;
	}
	return password_among(kept, password, old) ? fail(c, &violation, "Password cannot be reused") : true;
}

static int changed_meanwhile(struct call *c) {
	fail(c, &temporarily_unmodifiable, "The login profile is being changed by another request.");
	return 1;
}

static int run_change(struct db *db, void *arg) {
	struct change *n = arg;
	struct entity user;
	struct login now;
	if (!must_find_login(n->c, db, &user, &now)) {
		return 1;
	}
	if (!str_eq(user.id, n->user.id) || !str_eq(now.kept, n->before.kept)) {
		return changed_meanwhile(n->c);
	}
	db_run(db, "UPDATE login_profile SET hash = ?, reset = ? WHERE user = ?", "sit", n->after.kept,
	       (int64_t)n->after.reset, user.id);
	return 0;
}

static int run_create(struct db *db, void *arg) {
	struct change *n = arg;
	if (!must_find(n->c, db, ENTITY_USER, &n->user)) {
		return 1;
	}
	if (login_find(db, n->c->arena, n->user.id).kept.n) {
		fail(n->c, &entity_already_exists, "Login Profile for user " STR_FMT " already exists.",
		     STR_ARG(n->user.name));
		return 1;
	}
	db_run(db, "INSERT INTO login_profile VALUES(?, ?, ?, ?)", "tsii", n->user.id, n->after.kept, n->after.created,
	       (int64_t)n->after.reset);
	return 0;
}

static bool create_login_profile(struct call *c) {
	struct change n = { .c = c };
	str password = get_str(c->in, "Password");
	if (!password.p) {
		return fail(c, &validation_error,
			    "1 validation error detected: Value null at 'password' failed to satisfy constraint: "
			    "Member must not be null");
	}
	if (!must_find(c, call_db(c), ENTITY_USER, &n.user) || !may_be_used(c, password, (str){ 0 })) {
		return false;
	}
	n.after = (struct login){ .kept = password_keep(c->arena, (str){ 0 }, password),
				  .created = clock_now(),
				  .reset = get_int(c->in, "PasswordResetRequired", false) };
	if (!call_write(c, run_create, &n, NULL)) {
		return false;
	}
	show_login(c, &n.user, &n.after);
	return true;
}

static bool get_login_profile(struct call *c) {
	struct entity user;
	struct login l;
	if (!must_find_login(c, call_db(c), &user, &l)) {
		return false;
	}
	show_login(c, &user, &l);
	return true;
}

static bool update_login_profile(struct call *c) {
	struct change n = { .c = c };
	str password = get_str(c->in, "Password");
	if (!must_find_login(c, call_db(c), &n.user, &n.before)) {
		return false;
	}
	n.after = n.before;
	n.after.reset = get_int(c->in, "PasswordResetRequired", n.before.reset);
	if (password.p) {
		if (!may_be_used(c, password, n.before.kept)) {
			return false;
		}
		n.after.kept = password_keep(c->arena, n.before.kept, password);
	}
	return call_write(c, run_change, &n, NULL);
}

static int run_delete(struct db *db, void *arg) {
	struct call *c = arg;
	struct entity user;
	struct login l;
	if (!must_find_login(c, db, &user, &l)) {
		return 1;
	}
	db_run(db, "DELETE FROM login_profile WHERE user = ?", "t", user.id);
	return 0;
}

static bool delete_login_profile(struct call *c) {
	return call_write(c, run_delete, c, NULL);
}

/* --- one's own --- */

static bool on_caller(struct call *c) {
	str arn = c->who.entity_arn.n ? c->who.entity_arn : c->who.arn;
	c->resource = (struct resource){ .arn = arn, .account = c->who.account };
	return true;
}

static bool must_know_password(struct call *c, struct change *n) {
	if (!must_be_user(c, call_db(c), &n->user)) {
		return false;
	}
	n->before = login_find(call_db(c), c->arena, n->user.id);
	if (!n->before.kept.n) {
		return no_profile(c, &n->user);
	}
	return password_among(n->before.kept, get_str(c->in, "OldPassword"), 1)
		       ? true
		       : fail(c, &access_denied, "The old password was incorrect.");
}

static int run_change_own(struct db *db, void *arg) {
	struct change *n = arg;
	if (db_run(db, "UPDATE login_profile SET hash = ?, reset = 0 WHERE user = ? AND hash = ?", "sts", n->after.kept,
		   n->user.id, n->before.kept) == 0) {
		return changed_meanwhile(n->c);
	}
	return 0;
}

static bool change_password(struct call *c) {
	struct change n = { .c = c };
	str password = get_str(c->in, "NewPassword");
	if (c->who.kind != PRINCIPAL_USER) {
		return fail(c, &invalid_user_type, "Only IAM Users can change their own password.");
	}
	if (!must_know_password(c, &n) || !may_be_used(c, password, n.before.kept)) {
		return false;
	}
	n.after.kept = password_keep(c->arena, n.before.kept, password);
	return call_write(c, run_change_own, &n, NULL);
}

const struct route iam_login_routes[] = {
	{ .op = "CreateLoginProfile", .run = create_login_profile, .on = on_user },
	{ .op = "GetLoginProfile", .run = get_login_profile, .on = on_user },
	{ .op = "UpdateLoginProfile", .run = update_login_profile, .on = on_user },
	{ .op = "DeleteLoginProfile", .run = delete_login_profile, .on = on_user },
	{ .op = "ChangePassword", .run = change_password, .on = on_caller },
	{ 0 },
};
