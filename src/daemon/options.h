/* The command line of aerostatd. */
#pragma once

#include "base/str.h"

struct options {
	str data, listen, region, account, bootstrap, log_calls;
	int port;
	bool accept_test_keys;
	bool fsck, json; /* --fsck: check the data folder and end */
};

/* False: a wrong command line, told on stderr (exit 2). --help and --version end the program. */
bool options_read(struct options *o, int argc, char **argv);
