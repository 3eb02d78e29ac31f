#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

char *buf_room(struct buf *b, size_t n) {
	if (b->cap - b->n < n) {
		size_t cap = b->cap * 2 > b->n + n ? b->cap * 2 : b->n + n + 128;
		char *p = arena_raw(b->arena, cap);
		if (b->n) {
			memcpy(p, b->p, b->n);
		}
		b->p = p;
		b->cap = cap;
	}
	return b->p + b->n;
}

void put(struct buf *b, str s) {
	if (s.n) {
		memcpy(buf_room(b, s.n), s.p, s.n);
		b->n += s.n;
	}
}

void putz(struct buf *b, const char *z) {
	put(b, str_from(z));
}

void put_byte(struct buf *b, int c) {
	*buf_room(b, 1) = (char)c;
	b->n++;
}

void putf(struct buf *b, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		va_start(ap, fmt);
		vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, ap);
		va_end(ap);
		b->n += (size_t)n;
	}
}

void put_int(struct buf *b, int64_t i) {
	char tmp[24], *at = tmp + sizeof(tmp);
	uint64_t u = i < 0 ? ~(uint64_t)i + 1 : (uint64_t)i;
	do {
		*--at = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (i < 0) {
		*--at = '-';
	}
	put(b, (str){ at, (size_t)(tmp + sizeof(tmp) - at) });
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void put_base64(struct buf *b, str s) {
	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t w = (uint32_t)(uint8_t)s.p[i] << 16;
		w |= left > 1 ? (uint32_t)(uint8_t)s.p[i + 1] << 8 : 0;
		w |= left > 2 ? (uint8_t)s.p[i + 2] : 0;
		put_byte(b, base64[w >> 18]);
		put_byte(b, base64[w >> 12 & 63]);
		put_byte(b, left > 1 ? base64[w >> 6 & 63] : '=');
		put_byte(b, left > 2 ? base64[w & 63] : '=');
	}
}

void put_hex(struct buf *b, str s) {
	static const char digits[] = "0123456789abcdef";
	char *p = buf_room(b, s.n * 2);
	for (size_t i = 0; i < s.n; i++) {
		p[2 * i] = digits[(uint8_t)s.p[i] >> 4];
		p[2 * i + 1] = digits[(uint8_t)s.p[i] & 15];
	}
	b->n += s.n * 2;
}

static bool unreserved(char c) {
	return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void put_url(struct buf *b, str s, bool keep_slash) {
	static const char digits[] = "0123456789ABCDEF";
	char *p = buf_room(b, s.n * 3), *start = p;
	for (size_t i = 0; i < s.n; i++) {
		if (unreserved(s.p[i]) || (keep_slash && s.p[i] == '/')) {
			*p++ = s.p[i];
		} else {
			*p++ = '%';
			*p++ = digits[(uint8_t)s.p[i] >> 4];
			*p++ = digits[(uint8_t)s.p[i] & 15];
		}
	}
	b->n += (size_t)(p - start);
}

/* The entity for c in XML text, or NULL when c stands for itself. A parser would fold a bare CR, LF or tab. */
static const char *entity(char c) {
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\r': return "&#13;";
	default: return NULL;
	}
}

void put_xml(struct buf *b, str s) {
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char *e = entity(s.p[i]);
		if (!e && (c >= 0x20 || c == '\n' || c == '\t')) {
			continue;
		}
		put(b, (str){ s.p + from, i - from });
		from = i + 1;
		if (e) {
			putz(b, e);
		} else {
			putf(b, "&#%d;", c);
		}
	}
	put(b, (str){ s.p + from, s.n - from });
}

void put_visible(struct buf *b, str s) {
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
		if (c >= 0x20 && c != 0x7f && !c1) {
			continue;
		}
		put(b, (str){ s.p + from, i - from });
		putf(b, "\\u%04x", c1 ? next : c);
		i += c1;
		from = i + 1;
	}
	put(b, (str){ s.p + from, s.n - from });
}

void put_json(struct buf *b, str s) {
	size_t from = 0;
	put_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\') {
			continue;
		}
		put(b, (str){ s.p + from, i - from });
		from = i + 1;
		if (c == '\n') {
			putz(b, "\\n");
		} else if (c < 0x20) {
			putf(b, "\\u%04x", c);
		} else {
			put_byte(b, '\\');
			put_byte(b, c);
		}
	}
	put(b, (str){ s.p + from, s.n - from });
	put_byte(b, '"');
}
