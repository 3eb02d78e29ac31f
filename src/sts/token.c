/* Sessions of users: GetSessionToken (the same rights for a while) and GetFederationToken (for somebody without a user
 * of his own: what the caller may, cut by the policies that he hands over). */
#include "base/clock.h"
#include "sts/room.h"

enum { DEFAULT_SECONDS = 43200, ROOT_SECONDS = 3600 };

/* Root's sessions are short, whatever is asked. */
static int64_t lifetime(struct call *c) {
	int64_t seconds = get_int(c->in, "DurationSeconds", DEFAULT_SECONDS);
	return (c->who.kind == PRINCIPAL_ROOT && seconds > ROOT_SECONDS ? ROOT_SECONDS : seconds) * 1000;
}

static struct session begin(struct call *c, enum principal_kind kind) {
	return (struct session){
		.kind = kind, .account = c->who.account, .entity_id = c->who.entity_id, .expires = lifetime(c)
	};
}

static bool get_session_token(struct call *c) {
	struct session s = begin(c, c->who.kind);
	if (!no_mfa_given(c)) {
		return false;
	}
	show_credentials(c, &s);
	return true;
}

static bool on_federated(struct call *c) {
	c->resource.arn = str_printf(c->arena, "arn:aws:sts::" STR_FMT ":federated-user/" STR_FMT,
				     STR_ARG(c->who.account), STR_ARG(get_str(c->in, "Name")));
	return true;
}

static bool get_federation_token(struct call *c) {
	bool narrowed;
	struct session s = begin(c, PRINCIPAL_FEDERATED);
	s.name = get_str(c->in, "Name");
	if (!grant_of_input(c, &s, &narrowed) || (s.n_tags && !call_must(c, "sts:TagSession", &c->resource))) {
		return false;
	}
	show_credentials(c, &s);
	struct val *v = set(c->arena, c->out, "FederatedUser");
	set_str(c->arena, v, "FederatedUserId",
		str_printf(c->arena, STR_FMT ":" STR_FMT, STR_ARG(s.account), STR_ARG(s.name)));
	set_str(c->arena, v, "Arn", c->resource.arn);
	return true;
}

const struct route sts_token_routes[] = {
	/* operation             handler               authorized as  on */
	{ "GetSessionToken", get_session_token, "-", NULL, NULL },
	{ "GetFederationToken", get_federation_token, NULL, on_federated, NULL },
	{ 0 },
};
