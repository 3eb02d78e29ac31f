#include "iam/room.h"

const struct route iam_role_routes[] = {
	{ 0 },
};
