/* Who has an access key, and what binds him: the principal, and every policy that hangs on him, compiled. One look-up
 * reads one snapshot, so that no call is decided by a mixture of an old and a new state; identities are shared,
 * immutable, and forgotten as a whole by identity_changed. */
#pragma once

#include "core/call.h"
#include "policy/decide.h"

struct identity {
	str access_key, secret;
	struct principal who;
	const struct bound *policies; /* managed and inline, of the user or role and of the user's groups */
	size_t n_policies;
	const struct bound *boundary; /* NULL: none */
	const struct bound *session; /* session policies */
	size_t n_session;
	bool has_session;
	const struct tag *tags; /* aws:PrincipalTag: the entity's, under the session's */
	size_t n_tags;
	/* of temporary credentials */
	str token; /* as it must come with the key; absent: a long-term key */
	int64_t issued, expires; /* ms, virtual */
	str source_identity;
	bool mfa, chained; /* chained: the session's role was assumed by a role's session */
	const str *transitive; /* tag keys that go on to the next session */
	size_t n_transitive;
};

struct tag {
	str key, value;
};

enum token_state { TOKEN_GOOD, TOKEN_BAD, TOKEN_EXPIRED };
/* Why a key was not found: token good and no error: nobody has it, or it is inactive. */
struct not_found {
	enum token_state token; /* bad: not ours, another key's, or its role or user is gone; with a long-term key */
	int error; /* -errno: it could not be looked up */
};
/* Finds a key; an ASIA key is found by its token (which is sealed and says all; absent: none came). NULL: see why. The
 * identity stays until the arena goes. */
const struct identity *identity_find(struct cloud *cloud, struct arena *a, str access_key, str token,
				     struct not_found *why);

/* The identity of an entity without a key, for simulations and who-can: as a user, or as a session of a role; by the id
 * of an account: of its root. NULL: there is no such user, role or account. */
const struct identity *identity_of(struct db *db, struct arena *a, str entity_id);

void identities_open(struct cloud *cloud); /* without it nothing is kept, and every look-up reads the store */
void identities_close(struct cloud *cloud);

/* After every write to what an identity is made of, before the answer: nothing that was looked up before is found
 * again. */
void identity_changed(struct cloud *cloud);
/* call_write and identity_changed; for the handlers of iam. */
bool identity_write(struct call *c, int (*run)(struct db *db, void *arg), void *arg);

/* --- temporary credentials: the token is everything, sealed under the key file; nothing is stored --- */
struct session {
	enum principal_kind kind; /* PRINCIPAL_ROLE, _USER, _FEDERATED, _ROOT */
	str access_key, secret; /* filled by session_create */
	str account, entity_id; /* of the role or user; absent: root */
	str name; /* of the session, or of the federated user */
	str policy; /* inline session policy; absent: none */
	const str *policy_arns;
	size_t n_policy_arns;
	const struct tag *tags;
	size_t n_tags;
	const str *transitive;
	size_t n_transitive;
	str source_identity;
	bool mfa, chained;
	int64_t issued, expires;
};
/* Makes key and secret (access_key: ASIA...), and returns the token. */
str session_create(struct cloud *cloud, struct arena *a, struct session *s);

/* The services that temporary credentials of users cannot call (IAM User Guide, "Compare AWS STS credentials"):
 * sessions of GetSessionToken call IAM only with MFA, and of STS AssumeRole and GetCallerIdentity alone; federated
 * users call of both GetCallerIdentity alone. For face.admit of iam and sts; fails with InvalidClientTokenId or
 * AccessDenied. */
bool session_admitted(struct call *c);

/* When, where and for which service a key was last used; kept in memory and written with the meter. Sessions count for
 * their role: key_used with its id. */
void key_used(struct cloud *cloud, str access_key, str service, str region);
struct key_use {
	int64_t at; /* ms, virtual */
	str service, region;
};
bool key_last_used(struct cloud *cloud, struct arena *a, str access_key, struct key_use *out); /* false: never */
void keys_flush(struct cloud *cloud);
