#include "iam/room.h"

const struct route iam_version_routes[] = {
	{ 0 },
};
