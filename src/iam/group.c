#include "iam/room.h"

const struct route iam_group_routes[] = {
	{ 0 },
};
