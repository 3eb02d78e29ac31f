/* What the files of this room share: a document as it is compiled. */
#pragma once

#include "policy/policy.h"
#include "wire/tree.h"

/* --- patterns (glob.c) --- */

/* Which bytes of a pattern are the wildcards. In a compiled one they are two that no UTF-8 text holds, so that what a
 * variable puts in is never taken for one. */
struct glob {
	char star, any;
	bool fold; /* ASCII letters alike in both cases */
	size_t steps; /* work done: bytes of pattern and text that were looked at, by 64 where it goes in words */
};
enum { STAR = 0xff, ANY = 0xfe };

bool glob_run(struct glob *g, str pattern, str text);
/* The ARN parts of pattern and text, one by one: see arn_match. */
bool glob_arn(struct glob *g, str pattern, str arn);
/* As Resource: a '*' at the end of a field runs on past colons; in the first five fields no other wildcard does. */
bool glob_resource(struct glob *g, str pattern, str arn);

/* --- words: a text of the document, compiled (variable.c) --- */

enum word_shape {
	WORD_EXACT,
	WORD_PREFIX, /* a text, and one '*' at its end */
	WORD_GLOB,
	WORD_FIELDS, /* an ARN with wildcards in its first five fields */
	WORD_FILLED, /* with variables */
};

/* A piece of a text with variables: text, or a variable. */
struct piece {
	str text; /* compiled; of a variable its default, absent: none */
	str key; /* of a variable; absent: text */
};

struct word {
	enum word_shape shape;
	str head; /* what every match begins with */
	str text; /* compiled; of WORD_PREFIX without its star */
	const struct piece *pieces; /* of WORD_FILLED */
	size_t n;
	bool fields; /* WORD_FIELDS, once it is filled */
};

enum word_kind {
	WORD_PATTERN = 1, /* '*' and '?' are wildcards */
	WORD_VARIABLES = 2, /* and ${...} variables */
	WORD_LOWER = 4, /* ASCII letters are made small */
	WORD_ARN = 8, /* of a Resource: variables only behind the fifth colon; see glob_resource */
};

/* False: a variable that has no end, or no name; *w is left. kind: of enum word_kind. The word may point into text. */
bool word_read(struct arena *a, str text, int kind, struct word *w);
/* The text with its variables filled in, compiled. False: one has no value. */
bool word_fill(const struct word *w, const struct access *q, str *out);
bool word_matches(const struct word *w, const struct access *q, str text);
/* The values of a key; false: the request has none (an empty set is none). */
bool values_find(const struct access *q, str key, struct values *out);

/* --- conditions (operator.c, condition.c, operand.c) --- */

enum operand_kind {
	OPERAND_TEXT,
	OPERAND_NUMBER,
	OPERAND_DATE,
	OPERAND_BOOL,
	OPERAND_BINARY,
	OPERAND_NET,
	OPERAND_ARN
};

/* A block of addresses. */
struct net {
	unsigned char bytes[16];
	int bits;
	bool v6;
};

/* One value of a condition, compiled, or one of the request. */
struct operand {
	struct word word;
	bool good; /* is it one of the operator's kind? One that is not matches nothing */
	union {
		double number;
		int64_t ms; /* date */
		bool truth;
		struct net net;
		str bytes;
	};
};

bool number_read(str s, double *out);
bool date_read(str s, int64_t *ms);
bool bool_read(str s, bool *out);
bool net_read(str s, struct net *out);

struct operator{
	const char *name;
	enum operand_kind kind;
	bool negated;
	int word; /* enum word_kind of its values */
	bool (*matches)(const struct operand *o, const struct access *q, str value);
};

/* By name; NULL: there is none. */
const struct operator* operator_find(str name);
void operand_read(struct arena *a, const struct operator* op, struct operand *o);

enum quantifier { OF_ONE, OF_ALL, OF_ANY };

struct condition {
	const struct operator* op; /* NULL: Null */
	enum quantifier of;
	bool if_exists;
	str key;
	const struct operand *operands;
	size_t n;
};

/* Splits "ForAllValues:StringLikeIfExists". False: no such operator. */
bool condition_read(str name, struct condition *c);
bool condition_holds(const struct condition *c, const struct access *q);

/* --- principals (principal.c) --- */

enum who_kind { WHO_ALL, WHO_ACCOUNT, WHO_ARN, WHO_ID, WHO_SERVICE, WHO_FEDERATED, WHO_CANONICAL };

struct who {
	enum who_kind kind;
	str type, text; /* "AWS", as written */
	str match; /* the account's number, else text */
};

struct whos {
	const struct who *v;
	size_t n;
	bool inverse;
};

/* False: it names nobody. type: "AWS", "Service", ... */
bool who_read(str type, str text, struct who *out);
/* NAMED_NOT: the statement is not about q->who. */
enum named whos_match(const struct whos *w, bool deny, const struct access *q);

/* --- statements --- */

struct action_word {
	struct word word; /* made small */
	str vendor; /* made small; absent: any ("*") */
};

/* One of 64 bits; the same for the same vendor (made small). */
static inline uint64_t vendor_bit(str vendor) {
	size_t n = vendor.n;
	return n ? (uint64_t)1 << (((size_t)vendor.p[0] * 5 + (size_t)vendor.p[n - 1] * 3 + n) % 64) : 0;
}

struct patterns {
	const str *written;
	const struct word *words; /* resources */
	const struct action_word *actions;
	uint64_t vendors; /* the actions': vendor_bit of each */
	size_t n;
	bool inverse;
};

struct statement {
	str sid, text;
	bool deny;
	struct whos who;
	struct patterns actions, resources;
	const struct condition *conditions;
	size_t n_conditions;
};

struct policy {
	enum policy_kind kind;
	str version;
	const struct statement *statements;
	size_t n;
};

/* --- reading (grammar.c, names.c: what may stand where; read.c: compiled) --- */

struct reading {
	struct arena *arena; /* what stays; the tree goes */
	str text;
	enum policy_kind kind;
	bool variables; /* of version 2012-10-17 */
	struct policy_error *why;
};

/* Where in the document something stands: "Statement[2].Action[0]". */
struct spot {
	size_t statement;
	bool alone; /* Statement is one object, no list */
	const char *element; /* NULL: the statement itself */
	str member; /* a condition's operator, a principal's type; absent: none */
	size_t item;
	bool listed; /* item counts */
};

/* All return false, and fill r->why. */
bool flaw(struct reading *r, enum policy_flaw what, const struct spot *spot, str text, const char *sentence);
bool syntax_flaw(struct reading *r, const char *at);
str kept(const struct reading *r, str s); /* of the tree: it stays */

/* Elements, their types, and what the kind of document asks for. */
bool document_check(struct reading *r, const struct tree *root);
/* One text: an action, a resource; s as it was written. */
bool action_check(struct reading *r, const struct spot *spot, str s);
bool resource_check(struct reading *r, const struct spot *spot, str s);

/* Of two elements the one that is there; NULL: neither. */
const struct tree *either(const struct tree *statement, const char *plain, const char *inverse);
