#include "core/address.h"

const char *const address_domains[] = { "localhost", "amazonaws.com",  "amazonaws.com.cn",
					"api.aws",   "aws.amazon.com", "api.amazonwebservices.com.cn",
					NULL };

static bool lower_letters(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 'a' || s.p[i] > 'z') {
			return false;
		}
	}
	return s.n > 0;
}

bool region_plausible(str s) {
	str part, rest = s;
	int parts = 0;
	while (str_cut(rest, '-', &part, &rest)) {
		if (!lower_letters(part) || (parts == 0 && part.n != 2)) {
			return false;
		}
		parts++;
	}
	return parts >= 2 && part.n == 1 && part.p[0] >= '1' && part.p[0] <= '9';
}

/* Takes the last label off: "a.b.c" gives "c" and leaves "a.b". */
static str last_label(str *s) {
	size_t at = s->n;
	while (at && s->p[at - 1] != '.') {
		at--;
	}
	str label = { s->p + at, s->n - at };
	s->n = at ? at - 1 : 0;
	return label;
}

static bool strip(str *s, str end) {
	if (!str_ends(*s, end)) {
		return false;
	}
	s->n -= end.n;
	return true;
}

static str without_port(str host) {
	for (size_t i = host.n; i && host.p[i - 1] != ']'; i--) {
		if (host.p[i - 1] == ':') {
			return (str){ host.p, i - 1 };
		}
	}
	return host;
}

/* Takes one of AWS's domains off the end. */
static bool strip_domain(str *host) {
	for (const char *const *d = AWS_DOMAINS; *d; d++) {
		str rest = *host;
		if (strip(&rest, str_from(*d)) && (!rest.n || strip(&rest, S(".")))) {
			*host = rest;
			return true;
		}
	}
	return false;
}

bool host_is_aws(str host) {
	strip(&host, S("."));
	return strip_domain(&host);
}

/* "s3", "s3-fips", "s3-eu-west-1" (the old dash form), "s3-external-1", "s3-accelerate". */
static bool is_s3(str label, str *region) {
	strip(&label, S("-fips"));
	if (str_is(label, "s3") || str_is(label, "s3-external-1") || str_is(label, "s3-accelerate")) {
		return true;
	}
	if (str_starts(label, S("s3-")) && region_plausible(str_skip(label, 3))) {
		*region = str_skip(label, 3);
		return true;
	}
	return false;
}

/* What is left of the domain: [prefix.]service[.dualstack][.region]. */
static void read_labels(struct arena *a, struct address *out, str rest) {
	str label = last_label(&rest);
	if (region_plausible(label)) {
		out->region = label;
		label = last_label(&rest);
	}
	if (str_is(label, "dualstack")) {
		label = last_label(&rest);
	}
	if (is_s3(label, &out->region)) {
		out->service = S("s3");
		out->bucket = rest.n ? rest : (str){ 0 };
		return;
	}
	strip(&label, S("-fips"));
	out->service = label;
	str prefix = last_label(&rest);
	strip(&prefix, S("-fips"));
	if (str_is(prefix, "api") || str_is(prefix, "runtime")) {
		out->service = str_printf(a, STR_FMT "." STR_FMT, STR_ARG(prefix), STR_ARG(label));
	}
}

struct address address_of_host(struct arena *a, str host) {
	struct address out = { 0 };
	str h = str_lower(a, without_port(host));
	if (h.n && h.p[h.n - 1] == '.') {
		h.n--;
	}
	if (strip_domain(&h)) {
		read_labels(a, &out, h);
	} else if (strip(&h, S(".localhost")) && h.n) {
		str copy = h, last = last_label(&copy);
		if (str_is(last, "s3") || (region_plausible(last) && str_is(last_label(&copy), "s3"))) {
			read_labels(a, &out, h);
		} else {
			out.service = S("s3");
			out.bucket = h;
		}
	}
	return out;
}
