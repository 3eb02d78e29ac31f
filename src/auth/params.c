#include "auth/params.h"

static const char *const names[PARAMS] = {
	[V4_ALGORITHM] = "X-Amz-Algorithm",
	[V4_CREDENTIAL] = "X-Amz-Credential",
	[V4_DATE] = "X-Amz-Date",
	[V4_EXPIRES] = "X-Amz-Expires",
	[V4_SIGNED_HEADERS] = "X-Amz-SignedHeaders",
	[V4_SIGNATURE] = "X-Amz-Signature",
	[V4_TOKEN] = "X-Amz-Security-Token",
	[V4_SHA256] = "X-Amz-Content-Sha256",
	[V2_KEY] = "AWSAccessKeyId",
	[V2_SIGNATURE] = "Signature",
	[V2_EXPIRES] = "Expires",
	[V2_TOKEN] = "x-amz-security-token",
	[FORM_VERSION] = "SignatureVersion",
	[FORM_METHOD] = "SignatureMethod",
	[FORM_TIMESTAMP] = "Timestamp",
	[FORM_TOKEN] = "SecurityToken",
};

bool item_next(str *rest, str *name, str *value) {
	str item = { 0 };
	while (rest->n && !item.n) {
		str_cut(*rest, '&', &item, rest);
	}
	if (!str_cut(item, '=', name, value)) {
		*value = S("");
	}
	return item.n > 0;
}

void params_read(struct arena *a, str query, str out[PARAMS]) {
	str name, value;
	memset(out, 0, sizeof(str) * PARAMS);
	while (item_next(&query, &name, &value)) {
		name = name.n && memchr(name.p, '%', name.n) ? url_decode(a, name) : name;
		for (int i = 0; i < PARAMS; i++) {
			if (!out[i].p && str_is(name, names[i])) {
				out[i] = url_decode(a, value);
			}
		}
	}
}
