#include "s3/bucket_name.h"

static const char *const prefixes[] = { "xn--", "sthree-", "amzn-s3-demo-" };
static const char *const suffixes[] = { "-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3" };

static const char *const regions[] = {
	"af-south-1",      "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
	"ap-south-1",      "ap-south-2",     "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
	"ap-southeast-5",  "ap-southeast-6", "ap-southeast-7", "ca-central-1",   "ca-west-1",      "cn-north-1",
	"cn-northwest-1",  "eu-central-1",   "eu-central-2",   "eu-isoe-west-1", "eu-north-1",     "eu-south-1",
	"eu-south-2",      "eu-west-1",      "eu-west-2",      "eu-west-3",      "eusc-de-east-1", "il-central-1",
	"me-central-1",    "me-south-1",     "mx-central-1",   "sa-east-1",      "us-east-1",      "us-east-2",
	"us-gov-east-1",   "us-gov-west-1",  "us-iso-east-1",  "us-iso-west-1",  "us-isob-east-1", "us-isob-west-1",
	"us-isof-south-1", "us-isof-east-1", "us-west-1",      "us-west-2",
};

static bool letter_or_digit(char ch) {
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
}

/* Four numbers with dots between, of whatever size. */
static bool looks_like_ip(str name) {
	int dots = 0;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '.') {
			dots++;
		} else if (name.p[i] < '0' || name.p[i] > '9') {
			return false;
		}
	}
	return dots == 3;
}

static bool characters_ok(str name) {
	for (size_t i = 0; i < name.n; i++) {
		char ch = name.p[i];
		bool doubled = ch == '.' && i > 0 && name.p[i - 1] == '.';
		if (doubled || !(letter_or_digit(ch) || ch == '-' || ch == '.')) {
			return false;
		}
	}
	return letter_or_digit(name.p[0]) && letter_or_digit(name.p[name.n - 1]);
}

static bool reserved(str name) {
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (str_starts(name, str_from(prefixes[i]))) {
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (str_ends(name, str_from(suffixes[i]))) {
			return true;
		}
	}
	return false;
}

bool bucket_name_ok(str name) {
	return name.n >= 3 && name.n <= 63 && characters_ok(name) && !looks_like_ip(name) && !reserved(name);
}

bool region_known(str region) {
	for (size_t i = 0; i < sizeof(regions) / sizeof(*regions); i++) {
		if (str_is(region, regions[i])) {
			return true;
		}
	}
	return false;
}
