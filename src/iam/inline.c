#include "iam/room.h"

const struct route iam_inline_routes[] = {
	{ 0 },
};
