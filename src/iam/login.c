#include "iam/room.h"

const struct route iam_login_routes[] = {
	{ 0 },
};
