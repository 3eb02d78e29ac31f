#include "policy/aws_policies.h"

const struct aws_policy *aws_policy_find(str arn) {
	size_t low = 0, high = n_aws_policies;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_cmp(arn, str_from(aws_policies[middle].arn));
		if (order == 0) {
			return &aws_policies[middle];
		}
		low = order > 0 ? middle + 1 : low;
		high = order < 0 ? middle : high;
	}
	return NULL;
}
