#include "iam/room.h"

const struct route iam_simulate_routes[] = {
	{ 0 },
};
