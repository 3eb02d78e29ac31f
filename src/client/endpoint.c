#include "client/endpoint.h"

/* Services that have one place for all regions of a partition. */
static const struct {
	const char *service, *partition, *host, *region;
} global[] = {
	{ "iam", "aws", "iam.amazonaws.com", "us-east-1" },
	{ "iam", "aws-cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1" },
	{ "iam", "aws-us-gov", "iam.us-gov.amazonaws.com", "us-gov-west-1" },
	{ "budgets", "aws", "budgets.amazonaws.com", "us-east-1" },
	{ "budgets", "aws-cn", "budgets.amazonaws.com.cn", "cn-northwest-1" },
	{ "ce", "aws", "ce.us-east-1.amazonaws.com", "us-east-1" },
	{ "ce", "aws-cn", "ce.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1" },
	{ "pricing", "aws", "api.pricing.us-east-1.amazonaws.com", "us-east-1" },
	{ 0 },
};

static const char *partition_of(str region) {
	return str_starts(region, S("cn-")) ? "aws-cn" : str_starts(region, S("us-gov-")) ? "aws-us-gov" : "aws";
}

struct endpoint endpoint_of(struct arena *a, const struct service *s, str region) {
	const char *partition = partition_of(region);
	for (size_t i = 0; global[i].service; i++) {
		if (strcmp(global[i].service, s->name) == 0 && strcmp(global[i].partition, partition) == 0) {
			return (struct endpoint){ str_printf(a, "https://%s", global[i].host),
						  str_from(global[i].region) };
		}
	}
	const char *domain = strcmp(partition, "aws-cn") == 0 ? "amazonaws.com.cn" : "amazonaws.com";
	return (struct endpoint){ str_printf(a, "https://%s." STR_FMT ".%s", s->endpoint, STR_ARG(region), domain),
				  region };
}

bool region_is_plain(str region) {
	for (size_t i = 0; i < region.n; i++) {
		char c = region.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
			return false;
		}
	}
	return region.n > 0 && region.n <= 32;
}

static bool is_printable(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("@?#\"\\<>", s.p[i])) {
			return false;
		}
	}
	return true;
}

bool url_parse(str text, struct url *out) {
	size_t scheme = str_starts(text, S("http://")) ? 7 : str_starts(text, S("https://")) ? 8 : 0, end = scheme;
	if (!scheme || !is_printable(text)) {
		return false;
	}
	while (end < text.n && text.p[end] != '/') {
		end++;
	}
	out->origin = (str){ text.p, end };
	out->host = str_skip(out->origin, scheme);
	out->path = str_skip(text, end);
	while (out->path.n && out->path.p[out->path.n - 1] == '/') {
		out->path.n--;
	}
	return out->host.n > 0 && out->host.p[0] != ':';
}

static str without_port(str host) {
	str name, port;
	if (host.n && host.p[0] == '[') {
		str_cut(host, ']', &name, &port);
		return str_skip(name, 1);
	}
	str_cut(host, ':', &name, &port);
	return name;
}

bool url_is_aws(const struct url *u) {
	AUTO_ARENA a = { 0 };
	str host = str_lower(&a, without_port(u->host));
	return str_ends(host, S(".amazonaws.com")) || str_ends(host, S(".amazonaws.com.cn")) ||
	       str_ends(host, S(".api.aws"));
}

bool url_is_loopback(const struct url *u) {
	str host = without_port(u->host);
	bool number = str_starts(host, S("127."));
	for (size_t i = 0; i < host.n; i++) {
		number = number && ((host.p[i] >= '0' && host.p[i] <= '9') || host.p[i] == '.');
	}
	return number || str_is(host, "localhost") || str_is(host, "::1");
}
