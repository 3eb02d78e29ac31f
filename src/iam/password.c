#include "iam/password.h"

#include "base/digest.h"
#include "base/rand.h"
#include "iam/room.h"

#include <openssl/evp.h>

static const struct fault violation = { "PasswordPolicyViolation", 400 };

enum { SALT = 16, HASH = 32, RECORD = SALT + HASH, ROUNDS = 100000, DEFAULT_LENGTH = 8 };

static void put_hash(str salt, str password, unsigned char *out) {
	PKCS5_PBKDF2_HMAC(password.p, (int)password.n, (const unsigned char *)salt.p, (int)salt.n, ROUNDS, EVP_sha256(),
			  HASH, out);
}

str password_keep(struct arena *a, str before, str password) {
	struct buf b = { .arena = a };
	char salt[SALT];
	unsigned char hash[HASH];
	rand_bytes(salt, sizeof(salt));
	put_hash((str){ salt, sizeof(salt) }, password, hash);
	put(&b, (str){ salt, sizeof(salt) });
	put(&b, (str){ (const char *)hash, sizeof(hash) });
	size_t most = (PASSWORDS_KEPT - 1) * RECORD;
	put(&b, (str){ before.p, before.n < most ? before.n : most });
	return buf_str(&b);
}

bool password_among(str kept, str password, size_t n) {
	for (; n && kept.n >= RECORD; n--, kept = str_skip(kept, RECORD)) {
		unsigned char hash[HASH];
		put_hash((str){ kept.p, SALT }, password, hash);
		if (secret_eq((str){ kept.p + SALT, HASH }, (str){ (const char *)hash, HASH })) {
			return true;
		}
	}
	return false;
}

/* --- the policy --- */

static void default_to(struct arena *a, struct val *v, const char *name, int64_t i) {
	if (!get(v, name)) {
		set_int(a, v, name, i);
	}
}

static struct val *new_policy(struct call *c) {
	const str name = S("GetAccountPasswordPolicy");
	const struct op *op = op_find(c->service, name.p, name.n);
	return val_new(c->arena, shape_member(op->out, S("PasswordPolicy"))->shape);
}

const struct val *password_policy_of(struct call *c, struct db *db) {
	static const char *const off[] = { "RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters",
					   "RequireLowercaseCharacters", "AllowUsersToChangePassword" };
	AUTO_QUERY q = db_query(db, "SELECT password_policy FROM account WHERE id = ?", "t", c->who.account);
	str text = query_step(q) ? query_dup(c->arena, q, 0) : (str){ 0 };
	struct val *v = new_policy(c);
	if (!text.n || !json_read(c->arena, v, text)) {
		return NULL;
	}
	default_to(c->arena, v, "MinimumPasswordLength", 6);
	for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++) {
		default_to(c->arena, v, off[i], false);
	}
	set_int(c->arena, v, "ExpirePasswords", get(v, "MaxPasswordAge") != NULL);
	return v;
}

static const struct character_class {
	const char *member, *name, *characters;
} classes[] = {
	{ "RequireUppercaseCharacters", "uppercase letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
	{ "RequireLowercaseCharacters", "lowercase letter", "abcdefghijklmnopqrstuvwxyz" },
	{ "RequireNumbers", "number", "0123456789" },
	{ "RequireSymbols", "symbol", "!@#$%^&*()_+-=[]{}|'" },
};

enum { N_CLASSES = sizeof(classes) / sizeof(*classes), DEFAULT_CLASSES = 3 };

static bool has_any(str password, const char *characters) {
	for (size_t i = 0; i < password.n; i++) {
		if (password.p[i] && strchr(characters, password.p[i])) {
			return true;
		}
	}
	return false;
}

/* In characters: a byte of UTF-8 that continues one is none. */
static int64_t length(str s) {
	int64_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	}
	return n;
}

static bool long_enough(struct call *c, str password, int64_t least) {
	return length(password) >= least ||
	       fail(c, &violation, "Password should have a minimum length of %lld", (long long)least);
}

static bool default_ok(struct call *c, str password) {
	size_t n = 0;
	for (size_t i = 0; i < N_CLASSES; i++) {
		n += has_any(password, classes[i].characters);
	}
	return long_enough(c, password, DEFAULT_LENGTH) &&
	       (n >= DEFAULT_CLASSES ||
		fail(c, &violation, "Password does not conform to the account password policy."));
}

bool password_ok(struct call *c, const struct val *policy, str password) {
	if (!policy) {
		return default_ok(c, password);
	}
	for (size_t i = 0; i < N_CLASSES; i++) {
		if (get_int(policy, classes[i].member, false) && !has_any(password, classes[i].characters)) {
			return fail(c, &violation, "Password should have at least one %s", classes[i].name);
		}
	}
	return long_enough(c, password, get_int(policy, "MinimumPasswordLength", 6));
}
