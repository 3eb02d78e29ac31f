#include "policy/decide.h"

void decide(const struct question *q, struct verdict *out) {
	*out = (struct verdict){ .statement = -1 };
	out->allowed = q->access.who->account.n &&
		       (!q->resource_account.n || str_eq(q->resource_account, q->access.who->account));
}

str verdict_reason(struct arena *a, const struct verdict *v, str action) {
	return v->allowed ? (str){ 0 }
			  : str_printf(a, " because no identity-based policy allows the " STR_FMT " action",
				       STR_ARG(action));
}

str verdict_words(struct arena *a, const struct verdict *v, str action) {
	return verdict_reason(a, v, action);
}

const char *layer_name(enum layer l) {
	(void)l;
	return "";
}
