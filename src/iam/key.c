#include "iam/room.h"

const struct route iam_key_routes[] = {
	{ 0 },
};
