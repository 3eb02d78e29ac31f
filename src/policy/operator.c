#include "policy/room.h"

static bool text_equals(const struct operand *o, const struct access *q, str value) {
	str want;
	return word_fill(&o->word, q, &want) && str_eq(want, value);
}

static bool text_iequals(const struct operand *o, const struct access *q, str value) {
	str want;
	return word_fill(&o->word, q, &want) && str_ieq(want, value);
}

static bool text_like(const struct operand *o, const struct access *q, str value) {
	return word_matches(&o->word, q, value);
}

static bool arn_like(const struct operand *o, const struct access *q, str value) {
	struct glob g = { .star = (char)STAR, .any = (char)ANY };
	str want;
	if (!word_fill(&o->word, q, &want)) {
		return false;
	}
	if (o->word.shape == WORD_PREFIX) {
		want = str_printf(q->arena, STR_FMT "%c", STR_ARG(want), STAR);
	}
	return glob_arn(&g, want, value);
}

/* -1, 0, 1 as the value is to the operand; 2: it is no number. */
static int number_order(const struct operand *o, str value) {
	double d;
	return number_read(value, &d) ? (d > o->number) - (d < o->number) : 2;
}

static int date_order(const struct operand *o, str value) {
	int64_t ms;
	return date_read(value, &ms) ? (ms > o->ms) - (ms < o->ms) : 2;
}

#define ORDER(kind, name, test)                                                                                        \
	static bool kind##_##name(const struct operand *o, const struct access *q, str value) {                        \
		int c = kind##_order(o, value);                                                                        \
		(void)q;                                                                                               \
		return test;                                                                                           \
	}
ORDER(number, equals, c == 0)
ORDER(number, less, c == -1)
ORDER(number, less_equals, c == -1 || c == 0)
ORDER(number, greater, c == 1)
ORDER(number, greater_equals, c == 1 || c == 0)
ORDER(date, equals, c == 0)
ORDER(date, less, c == -1)
ORDER(date, less_equals, c == -1 || c == 0)
ORDER(date, greater, c == 1)
ORDER(date, greater_equals, c == 1 || c == 0)

static bool bool_equals(const struct operand *o, const struct access *q, str value) {
	bool want = o->truth, got;
	str text;
	if (o->word.shape == WORD_FILLED && (!word_fill(&o->word, q, &text) || !bool_read(text, &want))) {
		return false;
	}
	return bool_read(value, &got) && got == want;
}

static bool binary_equals(const struct operand *o, const struct access *q, str value) {
	str bytes;
	return base64_decode(q->arena, value, &bytes) && str_eq(bytes, o->bytes);
}

static bool in_net(const struct operand *o, const struct access *q, str value) {
	struct net n;
	(void)q;
	if (!net_read(value, &n) || n.v6 != o->net.v6 || n.bits < o->net.bits) {
		return false;
	}
	int whole = o->net.bits / 8, rest = o->net.bits % 8;
	return memcmp(n.bytes, o->net.bytes, (size_t)whole) == 0 &&
	       (!rest || (n.bytes[whole] ^ o->net.bytes[whole]) >> (8 - rest) == 0);
}

enum { PATTERN = WORD_PATTERN | WORD_VARIABLES, TEXT = WORD_VARIABLES, PLAIN = 0 };

/* Which take variables is documented with each operator. */
static const struct operator operators[] = {
	{ "StringEquals", OPERAND_TEXT, false, TEXT, text_equals },
	{ "StringNotEquals", OPERAND_TEXT, true, TEXT, text_equals },
	{ "StringEqualsIgnoreCase", OPERAND_TEXT, false, TEXT, text_iequals },
	{ "StringNotEqualsIgnoreCase", OPERAND_TEXT, true, TEXT, text_iequals },
	{ "StringLike", OPERAND_TEXT, false, PATTERN, text_like },
	{ "StringNotLike", OPERAND_TEXT, true, PATTERN, text_like },
	{ "NumericEquals", OPERAND_NUMBER, false, PLAIN, number_equals },
	{ "NumericNotEquals", OPERAND_NUMBER, true, PLAIN, number_equals },
	{ "NumericLessThan", OPERAND_NUMBER, false, PLAIN, number_less },
	{ "NumericLessThanEquals", OPERAND_NUMBER, false, PLAIN, number_less_equals },
	{ "NumericGreaterThan", OPERAND_NUMBER, false, PLAIN, number_greater },
	{ "NumericGreaterThanEquals", OPERAND_NUMBER, false, PLAIN, number_greater_equals },
	{ "DateEquals", OPERAND_DATE, false, PLAIN, date_equals },
	{ "DateNotEquals", OPERAND_DATE, true, PLAIN, date_equals },
	{ "DateLessThan", OPERAND_DATE, false, PLAIN, date_less },
	{ "DateLessThanEquals", OPERAND_DATE, false, PLAIN, date_less_equals },
	{ "DateGreaterThan", OPERAND_DATE, false, PLAIN, date_greater },
	{ "DateGreaterThanEquals", OPERAND_DATE, false, PLAIN, date_greater_equals },
	{ "Bool", OPERAND_BOOL, false, TEXT, bool_equals },
	{ "BinaryEquals", OPERAND_BINARY, false, PLAIN, binary_equals },
	{ "IpAddress", OPERAND_NET, false, PLAIN, in_net },
	{ "NotIpAddress", OPERAND_NET, true, PLAIN, in_net },
	{ "ArnEquals", OPERAND_ARN, false, PATTERN, arn_like },
	{ "ArnNotEquals", OPERAND_ARN, true, PATTERN, arn_like },
	{ "ArnLike", OPERAND_ARN, false, PATTERN, arn_like },
	{ "ArnNotLike", OPERAND_ARN, true, PATTERN, arn_like },
};

const struct operator* operator_find(str name) {
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (str_is(name, operators[i].name)) {
			return &operators[i];
		}
	}
	return NULL;
}
