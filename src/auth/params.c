#include "auth/params.h"

#define NAME(z)                                                                                                        \
	{ (z), sizeof(z) - 1 }

static const str names[PARAMS] = {
	[V4_ALGORITHM] = NAME("X-Amz-Algorithm"),
	[V4_CREDENTIAL] = NAME("X-Amz-Credential"),
	[V4_DATE] = NAME("X-Amz-Date"),
	[V4_EXPIRES] = NAME("X-Amz-Expires"),
	[V4_SIGNED_HEADERS] = NAME("X-Amz-SignedHeaders"),
	[V4_SIGNATURE] = NAME("X-Amz-Signature"),
	[V4_TOKEN] = NAME("X-Amz-Security-Token"),
	[V4_SHA256] = NAME("X-Amz-Content-Sha256"),
	[V2_KEY] = NAME("AWSAccessKeyId"),
	[V2_SIGNATURE] = NAME("Signature"),
	[V2_EXPIRES] = NAME("Expires"),
	[V2_TOKEN] = NAME("x-amz-security-token"),
	[FORM_VERSION] = NAME("SignatureVersion"),
	[FORM_METHOD] = NAME("SignatureMethod"),
	[FORM_TIMESTAMP] = NAME("Timestamp"),
	[FORM_TOKEN] = NAME("SecurityToken"),
};

void params_read(struct arena *a, str query, str out[PARAMS]) {
	str name, value;
	memset(out, 0, sizeof(str) * PARAMS);
	while (query_next(&query, &name, &value)) {
		name = name.n && memchr(name.p, '%', name.n) ? url_decode(a, name) : name;
		for (int i = 0; i < PARAMS; i++) {
			if (!out[i].p && str_eq(name, names[i])) {
				out[i] = url_decode(a, value.p ? value : S(""));
			}
		}
	}
}
