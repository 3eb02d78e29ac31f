#include "core/hoist.h"

static bool is_credential(str name) {
	static const char *const names[] = { "x-amz-algorithm",     "x-amz-credential", "x-amz-date",
					     "x-amz-expires",       "x-amz-signature",  "x-amz-signedheaders",
					     "x-amz-security-token" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (str_is(name, names[i])) {
			return true;
		}
	}
	return false;
}

/* What an SDK put there says of the body that it had at signing, mostly none: S3 takes no notice. */
static bool is_checksum(str name) {
	static const char *const kept[] = { "x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type" };
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		if (str_is(name, kept[i])) {
			return false;
		}
	}
	return str_starts(name, S("x-amz-checksum-")) || str_is(name, "x-amz-sdk-checksum-algorithm");
}

static bool plain(str value) {
	for (size_t i = 0; i < value.n; i++) {
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f) {
			return false;
		}
	}
	return true;
}

static void add(struct arena *a, struct head *h, str name, str value) {
	struct header *all = NEWS(a, struct header, h->n + 1);
	memcpy(all, h->headers, h->n * sizeof(*all));
	all[h->n] = (struct header){ name, value };
	h->headers = all;
	h->n++;
}

void hoist_headers(struct call *c) {
	struct head *h = &c->x->head;
	str name, value, rest = h->query;
	if (c->proto != P_RESTXML || (c->auth.way != AUTH_V4_QUERY && c->auth.way != AUTH_V2_QUERY)) {
		return;
	}
	while (h->n < HEADERS_MAX && query_next(&rest, &name, &value)) {
		name = str_lower(c->arena, url_decode_form(c->arena, name));
		value = url_decode_form(c->arena, value.p ? value : S(""));
		if (str_starts(name, S("x-amz-")) && !is_credential(name) && !is_checksum(name) && plain(name) &&
		    plain(value) && !head_get(h, name.p).p) {
			add(c->arena, h, name, value);
		}
	}
}
