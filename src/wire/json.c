#include "wire/inner.h"
#include "wire/json_text.h"

/* --- writing --- */

static void put_name(struct buf *b, const struct val *v) {
	put_json(b, v->key.p ? v->key : str_from(member_wire(v->member)));
}

static void put_group(struct buf *b, const struct val *v) {
	bool list = v->shape->kind == K_LIST;
	const char *sep = "";
	put_byte(b, list ? '[' : '{');
	for (const struct val *c = v->first; c; c = c->next) {
		if (c->member->loc != L_BODY) {
			continue;
		}
		putz(b, sep);
		sep = ",";
		if (!list) {
			put_name(b, c);
			put_byte(b, ':');
		}
		json_write(b, c);
	}
	put_byte(b, list ? ']' : '}');
}

/* Stands without quotes: numbers but NaN and the infinities, booleans, times in seconds. */
static bool is_bare(const struct val *v) {
	switch (v->shape->kind) {
	case K_INT:
	case K_BOOL: return true;
	case K_DBL: return v->d - v->d == 0;
	case K_TIME: return !v->member || v->member->time == T_DEFAULT || v->member->time == T_UNIX;
	default: return false;
	}
}

void json_write(struct buf *b, const struct val *v) {
	if (is_group(v->shape)) {
		put_group(b, v);
	} else if (v->shape->kind == K_STR) {
		put_json(b, v->s);
	} else if (is_bare(v)) {
		val_put_text(b, v, T_UNIX);
	} else {
		put_byte(b, '"');
		val_put_text(b, v, T_UNIX);
		put_byte(b, '"');
	}
}

/* --- reading --- */

/* A value without quotes. v NULL: only looked at. */
static bool read_bare(struct json_text *r, struct val *v) {
	bool whole = false;
	int64_t i;
	double d;
	str word = json_word(r);
	if (str_is(word, "true") || str_is(word, "false")) {
		if (v) {
			v->i = word.n == 4;
		}
		return !v || v->shape->kind == K_BOOL;
	}
	if (!json_number(word, &whole)) {
		return !v && str_is(word, "null");
	}
	if (!v) {
		return true;
	}
	return whole && str_int(word, &i) ? val_store_int(v, i) : str_dbl(word, &d) && val_store_dbl(v, d);
}

static bool read_quoted(struct json_text *r, struct val *v) {
	str s;
	if (!json_string(r, &s)) {
		return false;
	}
	enum kind k = v ? v->shape->kind : K_STR;
	if (k == K_DBL) {
		return (str_is(s, "NaN") || str_ends(s, S("Infinity"))) && val_from_text(r->arena, v, s);
	}
	return !v || (k != K_INT && k != K_BOOL && val_from_text(r->arena, v, s));
}

static bool is_null(struct json_text *r) {
	if (json_peek(r) != 'n' || r->end - r->p < 4 || memcmp(r->p, "null", 4) != 0) {
		return false;
	}
	r->p += 4;
	return true;
}

static const struct member *find_wire(const struct shape *sh, str name) {
	for (size_t i = 0; i < sh->n; i++) {
		if (str_is(name, member_wire(&sh->m[i]))) {
			return &sh->m[i];
		}
	}
	return NULL;
}

static bool read_value(struct json_text *r, struct val *v);

static bool read_field(struct json_text *r, struct val *v) {
	str name;
	if (!json_string(r, &name) || !json_accept(r, ':')) {
		return false;
	}
	if (is_null(r)) {
		return true;
	}
	if (!v) {
		return read_value(r, NULL);
	}
	if (v->shape->kind == K_MAP) {
		return read_value(r, add_key(r->arena, v, name));
	}
	const struct member *m = find_wire(v->shape, name);
	return read_value(r, m ? val_place(r->arena, v, m) : NULL);
}

static bool read_item(struct json_text *r, struct val *v, bool list) {
	if (!list) {
		return read_field(r, v);
	}
	return is_null(r) || read_value(r, v ? append(r->arena, v) : NULL);
}

static bool read_group(struct json_text *r, struct val *v) {
	bool list = json_peek(r) == '[';
	char close = list ? ']' : '}';
	if (v && (!is_group(v->shape) || list != (v->shape->kind == K_LIST))) {
		return false;
	}
	r->p++;
	if (json_accept(r, close)) {
		return true;
	}
	do {
		if (!read_item(r, v, list)) {
			return false;
		}
	} while (json_accept(r, ','));
	if (v && v->shape->kind == K_MAP) {
		map_dedupe(r->arena, v);
	}
	return json_accept(r, close);
}

/* v is NULL for a member that this API does not know: it is read over, as AWS does. */
static bool read_value(struct json_text *r, struct val *v) {
	if (++r->depth > DEPTH_MAX || ++r->values > VALUES_MAX) {
		return false;
	}
	int c = json_peek(r);
	bool ok = c == '{' || c == '[' ? read_group(r, v) : c == '"' ? read_quoted(r, v) : read_bare(r, v);
	r->depth--;
	return ok;
}

bool json_read(struct arena *a, struct val *v, str body) {
	struct json_text r = { .arena = a, .p = body.p, .end = body.p + body.n };
	if (json_peek(&r) == -1) {
		return true;
	}
	return (is_null(&r) || read_value(&r, v)) && json_peek(&r) == -1;
}
