#include "iam/room.h"

const struct command iam_commands[] = {
	{ 0 },
};
