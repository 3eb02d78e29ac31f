/* Who am I, whose key is this, and why was I refused. */
#include "core/entity.h"
#include "sts/room.h"

static const struct fault bad_message = { "InvalidAuthorizationMessageException", 400 };

static bool get_caller_identity(struct call *c) {
	set_str(c->arena, c->out, "UserId", c->who.id);
	set_str(c->arena, c->out, "Account", c->who.account);
	set_str(c->arena, c->out, "Arn", c->who.arn);
	return true;
}

static str account_of_stored(struct call *c, str id) {
	AUTO_QUERY q = db_query(call_db(c), "SELECT account FROM access_key WHERE id = ?", "t", id);
	return query_step(q) ? query_dup(c->arena, q, 0) : (str){ 0 };
}

/* A key's id says whose it is, whether or not the key is still there. */
static bool get_access_key_info(struct call *c) {
	str id = get_str(c->in, "AccessKeyId"), account = account_of_stored(c, id);
	if (!account.n && !key_id_account(c->arena, id, &account)) {
		return fail(c, &sts_invalid, "The access key id " STR_FMT " belongs to no account that can be told.",
			    STR_ARG(id));
	}
	set_str(c->arena, c->out, "Account", account);
	return true;
}

static bool decode_authorization_message(struct call *c) {
	str message = denial_decode(c->cloud, c->arena, c->who.account, get_str(c->in, "EncodedMessage"));
	if (!message.n) {
		return fail(c, &bad_message, "Message is not valid");
	}
	set_str(c->arena, c->out, "DecodedMessage", message);
	return true;
}

const struct route sts_key_routes[] = {
	/* operation                    handler                       authorized as */
	{ .op = "GetCallerIdentity", .run = get_caller_identity, .action = "-" },
	{ .op = "GetAccessKeyInfo", .run = get_access_key_info },
	{ .op = "DecodeAuthorizationMessage", .run = decode_authorization_message },
	{ 0 },
};
