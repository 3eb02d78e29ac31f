#include "iam/room.h"

const struct route iam_details_routes[] = {
	{ 0 },
};
