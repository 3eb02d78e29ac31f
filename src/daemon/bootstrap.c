#include "daemon/bootstrap.h"

#include "s3/s3.h"
#include "wire/tree.h"

#include <errno.h>

/* The file's form, as a shape: the wire's JSON reader does the rest. */
static const struct shape text = { .name = "Text", .kind = K_STR };

static const struct member account_members[] = {
	{ .name = "id", .shape = &text, .flags = M_REQUIRED },
	{ .name = "name", .shape = &text },
	{ .name = "canonical_id", .shape = &text },
	{ .name = "access_key", .shape = &text },
	{ .name = "secret", .shape = &text },
};
static const struct shape account_shape = { .name = "account", .kind = K_STRUCT, .n = 5, .m = account_members };
static const struct member accounts_members[] = { { .name = "account", .shape = &account_shape } };
static const struct shape accounts_shape = { .name = "accounts", .kind = K_LIST, .n = 1, .m = accounts_members };

static const struct member user_members[] = {
	{ .name = "account", .shape = &text },
	{ .name = "name", .shape = &text, .flags = M_REQUIRED },
	{ .name = "access_key", .shape = &text },
	{ .name = "secret", .shape = &text },
};
static const struct shape user_shape = { .name = "user", .kind = K_STRUCT, .n = 4, .m = user_members };
static const struct member users_members[] = { { .name = "user", .shape = &user_shape } };
static const struct shape users_shape = { .name = "users", .kind = K_LIST, .n = 1, .m = users_members };

static const struct member bucket_members[] = {
	{ .name = "name", .shape = &text, .flags = M_REQUIRED },
	{ .name = "account", .shape = &text },
	{ .name = "region", .shape = &text },
};
static const struct shape bucket_shape = { .name = "bucket", .kind = K_STRUCT, .n = 3, .m = bucket_members };
static const struct member buckets_members[] = { { .name = "bucket", .shape = &bucket_shape } };
static const struct shape buckets_shape = { .name = "buckets", .kind = K_LIST, .n = 1, .m = buckets_members };

static const struct member file_members[] = {
	{ .name = "accounts", .shape = &accounts_shape },
	{ .name = "users", .shape = &users_shape },
	{ .name = "buckets", .shape = &buckets_shape },
};
static const struct shape file_shape = { .name = "bootstrap", .kind = K_STRUCT, .n = 3, .m = file_members };

/* A name that the form does not have is a slip of the pen, not something to pass over. False: *why. */
static bool check_names(struct arena *a, const struct tree *t, const struct shape *shape, str *why) {
	bool list = shape->kind == K_LIST;
	for (const struct tree *c = t->first; c; c = c->next) {
		const struct member *m = list ? &shape->m[0] : shape_member(shape, c->name);
		if (!m) {
			*why = str_printf(a, "it has '" STR_FMT "', which docs/bootstrap.md does not know",
					  STR_ARG(c->name));
			return false;
		}
		if (m->shape != &text && !check_names(a, c, m->shape, why)) {
			return false;
		}
	}
	return true;
}

static bool hex64(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (!strchr("0123456789abcdef", s.p[i])) {
			return false;
		}
	}
	return s.n == 64;
}

static str or_else(str s, str other) {
	return s.n ? s : other;
}

/* A key pair comes whole or not at all. */
static bool read_key(const struct val *v, struct key *out) {
	*out = (struct key){ .access_key = get_str(v, "access_key"), .secret = get_str(v, "secret") };
	return (out->access_key.n > 0) == (out->secret.n > 0);
}

static bool is_account(str id) {
	int64_t digits;
	return id.n == 12 && str_uint(id, &digits);
}

static const char *reason(int rc) {
	return rc == -EEXIST ? "the access key is another account's" : strerror(-rc);
}

static bool bad_account(struct arena *a, str id, str *why) {
	*why = str_printf(a, "an account's id has 12 digits, not '" STR_FMT "'", STR_ARG(id));
	return false;
}

static bool make_account(struct cloud *cloud, struct arena *a, const struct val *v, str *why) {
	struct key key;
	str id = get_str(v, "id");
	if (!is_account(id)) {
		return bad_account(a, id, why);
	}
	str canonical = get_str(v, "canonical_id");
	if (canonical.n && !hex64(canonical)) {
		*why = str_printf(a, "the canonical_id of account " STR_FMT " is not 64 hexadecimal digits",
				  STR_ARG(id));
		return false;
	}
	if (!read_key(v, &key)) {
		*why = str_printf(a, "account " STR_FMT " needs access_key and secret, or neither", STR_ARG(id));
		return false;
	}
	int rc = account_create(cloud, id, or_else(get_str(v, "name"), id), canonical, &key);
	*why = rc ? str_printf(a, "account " STR_FMT ": %s", STR_ARG(id), reason(rc)) : (str){ 0 };
	return rc == 0;
}

static bool make_user(struct cloud *cloud, struct arena *a, const struct val *v, str *why) {
	struct key key;
	str name = get_str(v, "name"), account = or_else(get_str(v, "account"), cloud->account);
	if (!is_account(account)) {
		return bad_account(a, account, why);
	}
	if (!read_key(v, &key) || !key.access_key.n) {
		*why = str_printf(a, "user " STR_FMT " needs access_key and secret", STR_ARG(name));
		return false;
	}
	int rc = account_create(cloud, account, account, (str){ 0 }, NULL);
	rc = rc ? rc : user_create(cloud, account, name, &key);
	*why = rc ? str_printf(a, "user " STR_FMT ": %s", STR_ARG(name), reason(rc)) : (str){ 0 };
	return rc == 0;
}

static bool make_bucket(struct cloud *cloud, struct arena *a, const struct val *v, str *why) {
	str name = get_str(v, "name"), account = or_else(get_str(v, "account"), cloud->account);
	if (!is_account(account)) {
		return bad_account(a, account, why);
	}
	int rc = account_create(cloud, account, account, (str){ 0 }, NULL);
	rc = rc ? rc : s3_bucket_create(cloud, name, account, or_else(get_str(v, "region"), cloud->region));
	if (rc == -EEXIST) {
		return true;
	}
	*why = rc == -EINVAL ? str_printf(a, "'" STR_FMT "' is no bucket name", STR_ARG(name))
	       : rc          ? str_printf(a, "bucket " STR_FMT ": %s", STR_ARG(name), strerror(-rc))
			     : (str){ 0 };
	return rc == 0;
}

bool bootstrap_run(struct cloud *cloud, struct arena *a, str json, str *why) {
	static const struct {
		const char *list;
		bool (*make)(struct cloud *cloud, struct arena *a, const struct val *v, str *why);
	} parts[] = { { "accounts", make_account }, { "users", make_user }, { "buckets", make_bucket } };
	struct val *file = val_new(a, &file_shape);
	const struct tree *tree = tree_read(a, json);
	if (!tree || !json_read(a, file, json)) {
		*why = S("it is not JSON of the form that docs/bootstrap.md describes");
		return false;
	}
	*why = val_check(a, file);
	if (why->n || !check_names(a, tree, &file_shape, why)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const struct val *list = get(file, parts[i].list);
		for (const struct val *v = list ? list->first : NULL; v; v = v->next) {
			if (!parts[i].make(cloud, a, v, why)) {
				return false;
			}
		}
	}
	return true;
}
