#include "iam/iam.h"

#include "iam/room.h"

static const struct route *const tables[] = {
	iam_user_routes,    iam_group_routes,    iam_role_routes,
	iam_profile_routes, iam_tag_routes,      iam_boundary_routes,
	iam_managed_routes, iam_version_routes,  iam_inline_routes,
	iam_attach_routes,  iam_granting_routes, iam_key_routes,
	iam_account_routes, iam_login_routes,    iam_linked_routes,
	iam_details_routes, iam_simulate_routes, NULL,
};

const struct face iam_face = {
	.name = "iam",
	.admit = session_admitted,
	.tables = tables,
	.key = iam_key,
	.born = account_born,
	.commands = iam_commands,
};
