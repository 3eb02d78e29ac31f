#include "sts/sts.h"

static bool get_caller_identity(struct call *c) {
	set_str(c->arena, c->out, "UserId", c->who.id);
	set_str(c->arena, c->out, "Account", c->who.account);
	set_str(c->arena, c->out, "Arn", c->who.arn);
	return true;
}

static const struct route routes[] = {
	/* operation          handler */
	{ .op = "GetCallerIdentity", .run = get_caller_identity, .action = "-" },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };

const struct face sts_face = { .name = "sts", .tables = tables };
