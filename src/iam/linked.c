#include "iam/room.h"

const struct route iam_linked_routes[] = {
	{ 0 },
};
