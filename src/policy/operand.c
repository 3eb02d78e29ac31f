#include "base/clock.h"
#include "policy/room.h"

#include <arpa/inet.h>
#include <math.h>

bool number_read(str s, double *out) {
	for (size_t i = 0; i < s.n; i++) {
		if (!memchr("0123456789+-.eE", s.p[i], 15)) {
			return false;
		}
	}
	return str_dbl(s, out) && isfinite(*out);
}

/* The parts of ISO 8601 that W3C's note lists and the clock does not read: a day, a month, a year alone; minutes
 * without seconds. Without a zone it is UTC. */
static str date_whole(str s, char out[static 48]) {
	static const char rest[] = "0000-01-01T00:00:00Z";
	memcpy(out, rest, sizeof(rest));
	if (s.n == 4 || s.n == 7 || s.n == 10) {
		memcpy(out, s.p, s.n);
		return str_from(out);
	}
	if (s.n < 16 || s.n > 40 || s.p[10] != 'T') {
		return s;
	}
	size_t n = s.n > 18 && s.p[16] == ':' ? 19 : 16;
	memcpy(out, s.p, n);
	memcpy(out + 19, s.p + n, s.n - n);
	size_t whole = 19 + s.n - n;
	char last = s.p[s.n - 1];
	bool zone = last == 'Z' || memchr(s.p + n, '+', s.n - n) || memchr(s.p + n, '-', s.n - n);
	out[whole] = 'Z';
	return (str){ out, whole + !zone };
}

bool date_read(str s, int64_t *ms) {
	char whole[48];
	double seconds;
	if (s.n != 4 && number_read(s, &seconds) && fabs(seconds) < 1e12) {
		*ms = (int64_t)floor(seconds * 1000);
		return true;
	}
	return time_parse(date_whole(s, whole), ms);
}

bool bool_read(str s, bool *out) {
	*out = str_ieq(s, S("true"));
	return *out || str_ieq(s, S("false"));
}

bool net_read(str s, struct net *out) {
	str address, length;
	char text[INET6_ADDRSTRLEN];
	int64_t bits = -1;
	if ((str_cut(s, '/', &address, &length) && !str_uint(length, &bits)) || address.n >= sizeof(text)) {
		return false;
	}
	memcpy(text, address.n ? address.p : "", address.n);
	text[address.n] = 0;
	out->v6 = memchr(text, ':', address.n) != NULL;
	int64_t most = out->v6 ? 128 : 32;
	out->bits = (int)(bits < 0 || bits > most ? most : bits);
	return bits <= most && strlen(text) == address.n &&
	       inet_pton(out->v6 ? AF_INET6 : AF_INET, text, out->bytes) == 1;
}

void operand_read(struct arena *a, const struct operator* op, struct operand *o) {
	str s = o->word.text;
	o->good = true;
	switch (op->kind) {
	case OPERAND_NUMBER: o->good = number_read(s, &o->number); return;
	case OPERAND_DATE: o->good = date_read(s, &o->ms); return;
	case OPERAND_BOOL: o->good = o->word.shape == WORD_FILLED || bool_read(s, &o->truth); return;
	case OPERAND_BINARY: o->good = base64_decode(a, s, &o->bytes); return;
	case OPERAND_NET: o->good = net_read(s, &o->net); return;
	case OPERAND_TEXT:
	case OPERAND_ARN:
	default: return;
	}
}
