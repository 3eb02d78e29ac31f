#include "iam/room.h"

const struct route iam_tag_routes[] = {
	{ 0 },
};
