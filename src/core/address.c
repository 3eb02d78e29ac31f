#include "core/address.h"

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

/* "s3", "s3-fips", "s3-eu-west-1" (the old dash form). */
static bool is_s3(str label, str *region) {
	strip(&label, S("-fips"));
	if (str_is(label, "s3")) {
		return true;
	}
	if (str_starts(label, S("s3-")) && region_plausible(str_skip(label, 3))) {
		*region = str_skip(label, 3);
		return true;
	}
	return false;
}

/* What is left of the domain: [prefix.]service[.dualstack][.region]. */
static void read_labels(struct address *out, str rest) {
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
	str before = rest, prefix = last_label(&before);
	if (str_is(prefix, "api") || str_is(prefix, "runtime")) {
		out->service = (str){ prefix.p, (size_t)(label.p + label.n - prefix.p) };
	}
}

struct address address_of_host(struct arena *a, str host) {
	struct address out = { 0 };
	str h = str_lower(a, without_port(host));
	if (h.n && h.p[h.n - 1] == '.') {
		h.n--;
	}
	if (strip(&h, S(".amazonaws.com")) || strip(&h, S(".amazonaws.com.cn")) || strip(&h, S(".api.aws"))) {
		read_labels(&out, h);
	} else if (strip(&h, S(".localhost")) && h.n) {
		str copy = h, last = last_label(&copy);
		if (str_is(last, "s3") || (region_plausible(last) && str_is(last_label(&copy), "s3"))) {
			read_labels(&out, h);
		} else {
			out.service = S("s3");
			out.bucket = h;
		}
	}
	return out;
}
