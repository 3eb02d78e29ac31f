#include "policy/suggest.h"

#include "policy/actions.h"

enum { NAME_MAX_LEN = 80 };

static int small(char c) {
	return c >= 'A' && c <= 'Z' ? c + 32 : (unsigned char)c;
}

static size_t least(size_t a, size_t b, size_t c) {
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* How many letters must be put, taken or changed to make one of the other; neither has case. */
static size_t distance(str a, str b) {
	size_t row[NAME_MAX_LEN + 1];
	if (a.n > NAME_MAX_LEN || b.n > NAME_MAX_LEN) {
		return NAME_MAX_LEN;
	}
	for (size_t j = 0; j <= b.n; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t change = corner + (small(a.p[i - 1]) != small(b.p[j - 1]));
			corner = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, change);
		}
	}
	return row[b.n];
}

struct nearest {
	str wanted, found;
	size_t best;
};

static void compare(struct nearest *n, str name) {
	size_t d = distance(n->wanted, name);
	if (d < n->best) {
		n->best = d;
		n->found = name;
	}
}

/* Of a third of its letters at most. */
static struct nearest nearest_to(str wanted) {
	return (struct nearest){ .wanted = wanted, .best = wanted.n / 3 + 1 };
}

str suggest_action(str name) {
	size_t from, n;
	str service, action;
	str_cut(name, ':', &service, &action);
	struct nearest best = nearest_to(action), elsewhere = { 0 };
	n = service_actions(service, &from);
	for (size_t i = from; i < from + n; i++) {
		compare(&best, str_skip(str_from(actions[i].name), service.n + 1));
	}
	if (best.found.p && best.best <= 2) {
		return (str){ best.found.p - service.n - 1, best.found.n + service.n + 1 };
	}
	for (size_t i = 0; i < n_actions && !elsewhere.found.p; i++) {
		str other, other_action;
		str_cut(str_from(actions[i].name), ':', &other, &other_action);
		elsewhere.found = str_ieq(other_action, action) ? str_from(actions[i].name) : (str){ 0 };
	}
	if (elsewhere.found.p || !best.found.p) {
		return elsewhere.found;
	}
	return (str){ best.found.p - service.n - 1, best.found.n + service.n + 1 };
}

/* With a slash at the end: any name may follow. */
static const char *const global[] = { "aws:AssumedRoot",
				      "aws:CalledVia",
				      "aws:CalledViaFirst",
				      "aws:CalledViaLast",
				      "aws:ChatbotSourceArn",
				      "aws:CurrentTime",
				      "aws:Ec2InstanceSourcePrivateIPv4",
				      "aws:Ec2InstanceSourceVpc",
				      "aws:EpochTime",
				      "aws:FederatedProvider",
				      "aws:MultiFactorAuthAge",
				      "aws:MultiFactorAuthPresent",
				      "aws:PrincipalAccount",
				      "aws:PrincipalArn",
				      "aws:PrincipalIsAWSService",
				      "aws:PrincipalOrgID",
				      "aws:PrincipalOrgPaths",
				      "aws:PrincipalServiceName",
				      "aws:PrincipalServiceNamesList",
				      "aws:PrincipalTag/",
				      "aws:PrincipalType",
				      "aws:RequestTag/",
				      "aws:RequestedRegion",
				      "aws:ResourceAccount",
				      "aws:ResourceOrgID",
				      "aws:ResourceOrgPaths",
				      "aws:ResourceTag/",
				      "aws:SecureTransport",
				      "aws:SignInSessionArn",
				      "aws:SourceAccount",
				      "aws:SourceArn",
				      "aws:SourceIdentity",
				      "aws:SourceIp",
				      "aws:SourceOrgID",
				      "aws:SourceOrgPaths",
				      "aws:SourceOwner",
				      "aws:SourceVpc",
				      "aws:SourceVpcArn",
				      "aws:SourceVpce",
				      "aws:TagKeys",
				      "aws:TokenIssueTime",
				      "aws:UserAgent",
				      "aws:UserId",
				      "aws:Username",
				      "aws:ViaAWSService",
				      "aws:VpcSourceIp",
				      "aws:VpceAccount",
				      "aws:VpceOrgID",
				      "aws:VpceOrgPaths",
				      "aws:referer",
				      NULL };

static bool fits(const char *known, str key) {
	str k = str_from(known);
	bool open = str_ends(k, S("/")) || str_ends(k, S(":"));
	return open ? key.n > k.n && str_ieq((str){ key.p, k.n }, k) : str_ieq(key, k);
}

bool key_is_global(str key) {
	return fits("aws:", key);
}

bool key_is_known(str key) {
	for (const char *const *g = global; *g; g++) {
		if (fits(*g, key)) {
			return true;
		}
	}
	return condition_key_find(key);
}

bool key_is_everywhere(str key) {
	static const char *const everywhere[] = { "ec2:SourceInstanceArn",
						  "ec2:RoleDelivery",
						  "lambda:SourceFunctionArn",
						  "ssm:SourceInstanceArn",
						  "glue:",
						  "identitystore:UserId",
						  "sts:",
						  "saml:",
						  "organizations:",
						  NULL };
	str provider, rest;
	str_cut(key, ':', &provider, &rest);
	for (const char *const *e = everywhere; *e; e++) {
		if (fits(*e, key)) {
			return true;
		}
	}
	return memchr(provider.p ? provider.p : "", '.', provider.n);
}

str suggest_key(str key) {
	struct nearest best = nearest_to(key);
	best.best = best.best < 4 ? best.best : 4;
	for (const char *const *g = global; *g && key_is_global(key); g++) {
		compare(&best, str_from(*g));
	}
	for (size_t i = 0; i < n_condition_keys; i++) {
		compare(&best, str_from(condition_keys[i].name));
	}
	return str_ieq(best.found, key) ? (str){ 0 } : best.found;
}
