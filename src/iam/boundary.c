#include "iam/room.h"

const struct route iam_boundary_routes[] = {
	{ 0 },
};
