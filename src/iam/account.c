#include "iam/room.h"

const struct route iam_account_routes[] = {
	{ 0 },
};
