#include "daemon/options.h"

#include "base/version.h"
#include "core/address.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "aerostatd: the local cloud's server. `aerostat up` starts it; by hand:\n"
			    "  aerostatd --data DIR [options]\n"
			    "  --data DIR           where everything is kept (made if it is not there)\n"
			    "  --port N             4566; 0 picks a free one\n"
			    "  --listen ADDRESS     127.0.0.1\n"
			    "  --region REGION      us-east-1: for clients that name none\n"
			    "  --account ID         123456789012: the account that is born with the data folder\n"
			    "  --accept-test-keys   the key pair test/test is that account's root\n"
			    "  --bootstrap FILE     JSON with accounts, users, keys and buckets to be there at start\n"
			    "  --log-calls FILE     one JSON line for each API call\n"
			    "  --fsck [--json]      check every stored body against its row, and end\n"
			    "When it can answer it prints `ready URL` on stdout. SIGTERM ends it.\n";

enum {
	OPT_DATA,
	OPT_PORT,
	OPT_LISTEN,
	OPT_REGION,
	OPT_ACCOUNT,
	OPT_TEST,
	OPT_BOOT,
	OPT_CALLS,
	OPT_FSCK,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION
};

static const struct option longs[] = {
	{ "data", required_argument, NULL, OPT_DATA },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "region", required_argument, NULL, OPT_REGION },
	{ "account", required_argument, NULL, OPT_ACCOUNT },
	{ "accept-test-keys", no_argument, NULL, OPT_TEST },
	{ "bootstrap", required_argument, NULL, OPT_BOOT },
	{ "log-calls", required_argument, NULL, OPT_CALLS },
	{ "fsck", no_argument, NULL, OPT_FSCK },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 },
};

static bool wrong(const char *sentence) {
	fprintf(stderr, "aerostatd: %s\n", sentence);
	return false;
}

static bool read_one(struct options *o, int option, str value) {
	int64_t n;
	switch (option) {
	case OPT_DATA: o->data = value; return true;
	case OPT_LISTEN: o->listen = value; return true;
	case OPT_REGION: o->region = value; return true;
	case OPT_ACCOUNT: o->account = value; return true;
	case OPT_BOOT: o->bootstrap = value; return true;
	case OPT_CALLS: o->log_calls = value; return true;
	case OPT_FSCK: o->fsck = true; return true;
	case OPT_JSON: o->json = true; return true;
	case OPT_TEST: o->accept_test_keys = true; return true;
	case OPT_PORT:
		if (!str_uint(value, &n) || n > 65535) {
			return wrong("--port wants a number from 0 to 65535.");
		}
		o->port = (int)n;
		return true;
	case OPT_HELP: fputs(usage, stdout); exit(0);
	case OPT_VERSION: puts("aerostatd " AEROSTAT_VERSION); exit(0);
	default: return false;
	}
}

static bool check(const struct options *o) {
	int64_t n;
	if (!o->data.n) {
		return wrong("--data DIR is needed. See --help.");
	}
	if (o->account.n != 12 || !str_uint(o->account, &n)) {
		return wrong("--account wants 12 digits.");
	}
	if (!region_plausible(o->region)) {
		return wrong("--region wants the name of a region, such as us-east-1.");
	}
	return true;
}

bool options_read(struct options *o, int argc, char **argv) {
	*o = (struct options){
		.listen = S("127.0.0.1"), .region = S("us-east-1"), .account = S("123456789012"), .port = 4566
	};
	int got;
	while ((got = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (!read_one(o, got, str_from(optarg))) {
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "aerostatd: it takes no argument such as %s. See --help.\n", argv[optind]);
		return false;
	}
	return check(o);
}
