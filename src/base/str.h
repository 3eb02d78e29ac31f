/* Slices: bytes that somebody else owns. Not terminated, may hold NULs; passed by value. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

typedef struct str {
	const char *p; /* NULL means absent; an empty string that is present has p set and n 0 */
	size_t n;
} str;

#define S(lit) ((str){ (lit), sizeof(lit) - 1 })

/* For printf: printf("%.*s", STR_ARG(s)), or with the format's own macro: "<" STR_FMT ">". */
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

static inline str str_from(const char *z) {
	return (str){ z, z ? strlen(z) : 0 };
}
static inline bool str_eq(str a, str b) {
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_is(str a, const char *z) {
	return a.n == 0 ? !z || !*z : z && a.p[0] == z[0] && str_eq(a, str_from(z));
}

bool str_ieq(str a, str b); /* ASCII letters alike in both cases */
int str_cmp(str a, str b); /* memcmp order, a prefix first */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_find(str s, str what, size_t *at); /* first place of what in s */
bool str_cut(str s, char sep, str *head, str *tail); /* false, and head is all of s, when sep is not in it */
str str_trim(str s); /* without spaces and tabs at both ends */
str str_skip(str s, size_t n); /* without its first n bytes */
str str_lower(struct arena *a, str s);
bool str_utf8(str s); /* well-formed UTF-8 (RFC 3629), NUL allowed */

/* Copies get a NUL after them, so that str_z of a copy costs nothing. */
str str_dup(struct arena *a, str s);
char *str_z(struct arena *a, str s);
str str_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
str str_vprintf(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Whole-string numbers; false on anything else, and on overflow. str_uint takes digits alone. */
bool str_int(str s, int64_t *out);
bool str_uint(str s, int64_t *out);
bool str_dbl(str s, double *out);

static inline bool is_alnum(char c) { /* of ASCII, whatever the locale */
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
int hex_value(char c); /* of a digit, both cases; -1: it is none */
bool str_hex(str s, uint64_t *out); /* 1 to 16 digits */

/* Base64 with padding (RFC 4648), strict: no spaces, right length, one spelling (bits left over are 0).
 * hex: both cases. */
bool base64_decode(struct arena *a, str s, str *out);
bool hex_decode(struct arena *a, str s, str *out);

/* %XX undone; malformed escapes stay as they are. In form(), which is for queries too, a '+' is a space; in a path it
 * is a '+'. */
str url_decode(struct arena *a, str s);
str url_decode_form(struct arena *a, str s);
