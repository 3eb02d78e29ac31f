#include "iam/room.h"

const struct route iam_profile_routes[] = {
	{ 0 },
};
