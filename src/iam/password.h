/* Passwords of login profiles: what is kept are salted hashes (PBKDF2, SHA-256), the present one first, up to 24 older
 * ones behind it. There is no console to log in to, so they are compared by ChangePassword and the reuse rule alone. */
#pragma once

#include "core/call.h"

enum { PASSWORDS_KEPT = 25 };

/* The hashes with that of password put in front. before: absent for the first one. Slow by intention. */
str password_keep(struct arena *a, str before, str password);
/* Is password one of the newest n of them? */
bool password_among(str kept, str password, size_t n);

/* The password policy of the caller's account, a PasswordPolicy of the model with its defaults. NULL: it has none. */
const struct val *password_policy_of(struct call *c, struct db *db);
/* Does a password keep the policy (NULL: AWS's default one)? Fails with PasswordPolicyViolation. */
bool password_ok(struct call *c, const struct val *policy, str password);
