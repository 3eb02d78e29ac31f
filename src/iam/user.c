#include "iam/room.h"

const struct route iam_user_routes[] = {
	{ 0 },
};
