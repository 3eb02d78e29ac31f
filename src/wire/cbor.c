/* CBOR (RFC 8949) as smithy-rpc-v2 uses it, both ways. */
#include "wire/inner.h"

enum major { UINT, NEG, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { INDEFINITE = 31, BREAK = 0xff, NOTHING = 0xf6, UNDEFINED = 0xf7, TAG_EPOCH = 1 };

/* --- writing --- */

static void put_head(struct buf *b, enum major major, uint64_t n) {
	int bytes = n < 24 ? 0 : n <= UINT8_MAX ? 1 : n <= UINT16_MAX ? 2 : n <= UINT32_MAX ? 4 : 8;
	int info = bytes == 0 ? (int)n : bytes == 1 ? 24 : bytes == 2 ? 25 : bytes == 4 ? 26 : 27;
	put_byte(b, (int)major << 5 | info);
	for (int i = bytes - 1; i >= 0; i--) {
		put_byte(b, (int)(n >> (8 * i) & 255));
	}
}

static void put_integer(struct buf *b, int64_t i) {
	put_head(b, i < 0 ? NEG : UINT, i < 0 ? ~(uint64_t)i : (uint64_t)i);
}

static void put_double(struct buf *b, double d) {
	uint64_t bits;
	memcpy(&bits, &d, sizeof(bits));
	put_byte(b, SIMPLE << 5 | 27);
	for (int i = 7; i >= 0; i--) {
		put_byte(b, (int)(bits >> (8 * i) & 255));
	}
}

static void put_text(struct buf *b, enum major major, str s) {
	put_head(b, major, s.n);
	put(b, s);
}

static void put_group(struct buf *b, const struct val *v) {
	put_head(b, v->shape->kind == K_LIST ? ARRAY : MAP, val_count(v));
	for (const struct val *c = v->first; c; c = c->next) {
		if (v->shape->kind != K_LIST) {
			put_text(b, TEXT, c->key.p ? c->key : str_from(c->member->name));
		}
		cbor_write(b, c);
	}
}

static void put_epoch(struct buf *b, int64_t ms) {
	put_head(b, TAG, TAG_EPOCH);
	if (ms % 1000) {
		put_double(b, (double)ms / 1000);
	} else {
		put_integer(b, ms / 1000);
	}
}

void cbor_write(struct buf *b, const struct val *v) {
	switch (v->shape->kind) {
	case K_STRUCT:
	case K_MAP:
	case K_LIST: put_group(b, v); break;
	case K_STR: put_text(b, TEXT, v->s); break;
	case K_BLOB: put_text(b, BYTES, v->s); break;
	case K_INT: put_integer(b, v->i); break;
	case K_DBL: put_double(b, v->d); break;
	case K_BOOL: put_byte(b, SIMPLE << 5 | (v->i ? 21 : 20)); break;
	case K_TIME: put_epoch(b, v->i); break;
	}
}

/* --- reading --- */

struct reader {
	struct arena *arena;
	const uint8_t *p, *end;
	int depth, values;
};

struct item {
	enum major major;
	int info; /* INDEFINITE: of unknown length */
	uint64_t n; /* its argument */
};

static bool read_head(struct reader *r, struct item *it) {
	static const int widths[] = { 1, 2, 4, 8 };
	if (r->p >= r->end) {
		return false;
	}
	*it = (struct item){ (enum major)(*r->p >> 5), *r->p & 31, *r->p & 31 };
	r->p++;
	if (it->info == INDEFINITE) {
		return it->major >= BYTES && it->major <= MAP;
	}
	if (it->info < 24) {
		return true;
	}
	int bytes = it->info <= 27 ? widths[it->info - 24] : 0;
	if (bytes == 0 || r->end - r->p < bytes) {
		return false;
	}
	for (it->n = 0; bytes; bytes--) {
		it->n = it->n << 8 | *r->p++;
	}
	return true;
}

static bool at_break(struct reader *r) {
	if (r->p >= r->end || *r->p != BREAK) {
		return false;
	}
	r->p++;
	return true;
}

static double half(uint64_t h) {
	double m = (double)(h & 0x3ff), sign = h & 0x8000 ? -1 : 1;
	int e = (int)(h >> 10 & 31);
	if (e == 31) {
		return m > 0 ? (double)__builtin_nanf("") : sign * (double)__builtin_inff();
	}
	return sign * (e == 0 ? m / 16777216 : (1024 + m) * (double)(1 << e) / 33554432);
}

static double to_double(const struct item *it) {
	if (it->info == 27) {
		double d;
		memcpy(&d, &it->n, sizeof(d));
		return d;
	}
	if (it->info == 26) {
		uint32_t w = (uint32_t)it->n;
		float f;
		memcpy(&f, &w, sizeof(f));
		return (double)f;
	}
	return half(it->n);
}

static bool take(struct reader *r, uint64_t n, str *out) {
	if ((uint64_t)(r->end - r->p) < n) {
		return false;
	}
	*out = (str){ (const char *)r->p, (size_t)n };
	r->p += n;
	return true;
}

/* The bytes of a string, which may come in pieces of its own major type. */
static bool read_bytes(struct reader *r, const struct item *it, str *out) {
	struct buf b = { .arena = r->arena };
	struct item piece;
	str part;
	if (it->info != INDEFINITE) {
		return take(r, it->n, out) && (it->major == BYTES || str_utf8(*out));
	}
	while (!at_break(r)) {
		if (!read_head(r, &piece) || piece.major != it->major || piece.info == INDEFINITE ||
		    !take(r, piece.n, &part)) {
			return false;
		}
		put(&b, part);
	}
	*out = buf_str(&b);
	return it->major == BYTES || str_utf8(*out);
}

static bool read_value(struct reader *r, struct val *v);

/* Reads a member's name and finds where it goes: *to is NULL if it is to be read over. */
static bool read_name(struct reader *r, struct val *v, struct val **to) {
	struct item it;
	str name;
	if (!read_head(r, &it) || it.major != TEXT || !read_bytes(r, &it, &name)) {
		return false;
	}
	bool nothing = r->p < r->end && (*r->p == NOTHING || *r->p == UNDEFINED);
	*to = NULL;
	if (!v || nothing) {
		return true;
	}
	if (v->shape->kind == K_MAP) {
		*to = add_key(r->arena, v, name);
		return true;
	}
	const struct member *m = shape_member(v->shape, name);
	*to = m ? val_place(r->arena, v, m) : NULL;
	return true;
}

/* v is NULL for a member that this API does not know: it is read over. */
static bool read_group(struct reader *r, struct val *v, const struct item *group) {
	if (v && (!is_group(v->shape) || (group->major == ARRAY) != (v->shape->kind == K_LIST))) {
		return false;
	}
	for (uint64_t i = 0; group->info == INDEFINITE || i < group->n; i++) {
		struct val *c = NULL;
		if (group->info == INDEFINITE && at_break(r)) {
			break;
		}
		if (group->major == MAP) {
			if (!read_name(r, v, &c)) {
				return false;
			}
		} else if (v && r->p < r->end && *r->p != NOTHING) {
			c = append(r->arena, v);
		}
		if (!read_value(r, c)) {
			return false;
		}
	}
	if (v && v->shape->kind == K_MAP) {
		map_dedupe(r->arena, v);
	}
	return true;
}

static bool read_simple(struct val *v, const struct item *it) {
	if (it->info >= 25) {
		return !v || val_store_dbl(v, to_double(it));
	}
	if (it->info == 20 || it->info == 21) {
		if (v) {
			v->i = it->info == 21;
		}
		return !v || v->shape->kind == K_BOOL;
	}
	return !v && (it->info == 22 || it->info == 23);
}

static bool read_string(struct reader *r, struct val *v, const struct item *it) {
	str s;
	if (!read_bytes(r, it, &s) || (v && v->shape->kind != (it->major == TEXT ? K_STR : K_BLOB))) {
		return false;
	}
	if (v) {
		v->s = s;
	}
	return true;
}

static bool read_item(struct reader *r, struct val *v) {
	struct item it;
	if (!read_head(r, &it)) {
		return false;
	}
	switch (it.major) {
	case UINT: return it.n <= INT64_MAX && (!v || val_store_int(v, (int64_t)it.n));
	case NEG: return it.n <= INT64_MAX && (!v || val_store_int(v, -1 - (int64_t)it.n));
	case BYTES:
	case TEXT: return read_string(r, v, &it);
	case ARRAY:
	case MAP: return read_group(r, v, &it);
	case TAG: return read_value(r, v);
	case SIMPLE: return read_simple(v, &it);
	}
	return false;
}

static bool read_value(struct reader *r, struct val *v) {
	if (++r->depth > DEPTH_MAX || ++r->values > VALUES_MAX) {
		return false;
	}
	bool ok = read_item(r, v);
	r->depth--;
	return ok;
}

bool cbor_read(struct arena *a, struct val *v, str body) {
	struct reader r = { .arena = a, .p = (const uint8_t *)body.p, .end = (const uint8_t *)body.p + body.n };
	return body.n == 0 || (read_value(&r, v) && r.p == r.end);
}
