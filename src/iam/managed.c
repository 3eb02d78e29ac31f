#include "iam/room.h"

const struct route iam_managed_routes[] = {
	{ 0 },
};
