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
 * without seconds. */
static str date_whole(str s, char out[static 32]) {
	static const char rest[] = "0000-01-01T00:00:00Z";
	size_t zone = s.n;
	memcpy(out, rest, sizeof(rest));
	if (s.n == 4 || s.n == 7 || s.n == 10) {
		memcpy(out, s.p, s.n);
		return str_from(out);
	}
	if (s.n > 16 && s.n < 28 && s.p[13] == ':' && s.p[16] != ':') {
		zone = s.n - 16;
		memcpy(out, s.p, 16);
		memcpy(out + 19, s.p + 16, zone);
		return (str){ out, 19 + zone };
	}
	return s;
}

bool date_read(str s, int64_t *ms) {
	char whole[32];
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
	struct in_addr v4;
	int64_t bits = -1;
	if ((str_cut(s, '/', &address, &length) && !str_uint(length, &bits)) || address.n >= sizeof(text)) {
		return false;
	}
	memcpy(text, address.n ? address.p : "", address.n);
	text[address.n] = 0;
	if (strlen(text) != address.n) {
		return false;
	}
	if (inet_pton(AF_INET, text, &v4) == 1) {
		memset(out->bytes, 0, 10);
		memset(out->bytes + 10, 0xff, 2);
		memcpy(out->bytes + 12, &v4, 4);
		out->bits = bits < 0 ? 128 : (int)bits + 96;
		return bits <= 32;
	}
	out->bits = bits < 0 ? 128 : (int)bits;
	return bits <= 128 && inet_pton(AF_INET6, text, out->bytes) == 1;
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
