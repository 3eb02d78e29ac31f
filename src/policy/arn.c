#include "policy/arn.h"

bool arn_read(str text, struct arn *out) {
	str head;
	return str_cut(text, ':', &head, &text) && str_is(head, "arn") && str_cut(text, ':', &out->partition, &text) &&
	       str_cut(text, ':', &out->service, &text) && str_cut(text, ':', &out->region, &text) &&
	       str_cut(text, ':', &out->account, &out->resource);
}

bool arn_read_global(str text, const char *service, struct arn *out) {
	return arn_read(text, out) && str_is(out->partition, "aws") && str_is(out->service, service) && !out->region.n;
}

bool is_account(str s) {
	int64_t digits;
	return s.n == 12 && str_uint(s, &digits);
}

str arn_account(str text) {
	struct arn arn;
	return arn_read(text, &arn) && is_account(arn.account) ? arn.account : (str){ 0 };
}

str path_name(str path) {
	size_t i = path.n;
	while (i && path.p[i - 1] != '/') {
		i--;
	}
	return str_skip(path, i);
}
