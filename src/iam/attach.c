#include "iam/room.h"

const struct route iam_attach_routes[] = {
	{ 0 },
};
