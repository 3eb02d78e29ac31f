#include "policy/room.h"

static char compiled(char c, int kind) {
	if (kind & WORD_PATTERN && (c == '*' || c == '?')) {
		return (char)(c == '*' ? STAR : ANY);
	}
	return kind & WORD_LOWER && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static void put_compiled(struct buf *b, str text, int kind) {
	char *p = text.n ? buf_room(b, text.n) : NULL;
	for (size_t i = 0; i < text.n; i++) {
		p[i] = compiled(text.p[i], kind);
	}
	b->n += text.n;
}

/* A text without variables. */
static str compile(struct arena *a, str text, int kind) {
	size_t same = 0;
	while (same < text.n && compiled(text.p[same], kind) == text.p[same]) {
		same++;
	}
	if (same == text.n) {
		return text;
	}
	char *p = arena_raw(a, text.n);
	for (size_t i = 0; i < text.n; i++) {
		p[i] = compiled(text.p[i], kind);
	}
	return (str){ p, text.n };
}

/* A word that grows piece by piece. */
struct maker {
	struct arena *arena;
	int kind;
	struct piece *pieces;
	size_t n;
	struct buf text; /* since the last variable */
};

static void end_text(struct maker *m) {
	if (m->text.n) {
		m->pieces[m->n++].text = buf_str(&m->text);
		m->text = (struct buf){ .arena = m->arena };
	}
}

/* What stands between ${ and }: "*", "aws:username", "aws:PrincipalTag/team, 'none'". */
static bool add_variable(struct maker *m, str inner) {
	str key, fallback;
	if (inner.n == 1 && memchr("*?$", inner.p[0], 3)) {
		put(&m->text, inner);
		return true;
	}
	bool has = str_cut(inner, ',', &key, &fallback);
	key = str_trim(key);
	fallback = str_trim(fallback);
	if (key.n == 0 || (has && (fallback.n < 2 || fallback.p[0] != '\'' || fallback.p[fallback.n - 1] != '\''))) {
		return false;
	}
	end_text(m);
	m->pieces[m->n++] = (struct piece){ has ? (str){ fallback.p + 1, fallback.n - 2 } : (str){ 0 }, key };
	return true;
}

static bool add_pieces(struct maker *m, str text) {
	size_t at, end;
	while (str_find(text, S("${"), &at)) {
		put_compiled(&m->text, (str){ text.p, at }, m->kind);
		text = str_skip(text, at + 2);
		if (!str_find(text, S("}"), &end) || !add_variable(m, (str){ text.p, end })) {
			return false;
		}
		text = str_skip(text, end + 1);
	}
	put_compiled(&m->text, text, m->kind);
	return true;
}

static size_t count(str text, str what) {
	size_t n = 0, at;
	while (str_find(text, what, &at)) {
		n++;
		text = str_skip(text, at + what.n);
	}
	return n;
}

/* The bytes of an ARN before its fifth colon; all, if it has fewer. */
static size_t head_of(str arn) {
	int colons = 0;
	for (size_t i = 0; i < arn.n; i++) {
		colons += arn.p[i] == ':';
		if (colons == 5) {
			return i;
		}
	}
	return arn.n;
}

static bool wild(str s) {
	return s.n && (memchr(s.p, STAR, s.n) || memchr(s.p, ANY, s.n));
}

static str head_text(str s) {
	size_t n = 0;
	while (n < s.n && s.p[n] != (char)STAR && s.p[n] != (char)ANY) {
		n++;
	}
	return (str){ s.p, n };
}

static void set_shape(struct word *w) {
	const char *star = w->text.n ? memchr(w->text.p, STAR, w->text.n) : NULL;
	const char *any = w->text.n ? memchr(w->text.p, ANY, w->text.n) : NULL;
	w->shape = star || any ? WORD_GLOB : WORD_EXACT;
	if (w->fields) {
		w->shape = WORD_FIELDS;
	} else if (star && !any && star == w->text.p + w->text.n - 1) {
		w->shape = WORD_PREFIX;
		w->text.n--;
	}
}

/* The pieces of a text with variables behind its first head bytes. */
static bool read_pieces(struct arena *a, str text, size_t head, struct maker *m) {
	m->pieces = NEWS(a, struct piece, 2 * count(text, S("${")) + 1);
	put_compiled(&m->text, (str){ text.p, head }, m->kind);
	if (!add_pieces(m, str_skip(text, head))) {
		return false;
	}
	if (m->n) {
		end_text(m);
	}
	return true;
}

bool word_read(struct arena *a, str text, int kind, struct word *w) {
	struct maker m = { .arena = a, .kind = kind, .text = { .arena = a } };
	size_t head = kind & WORD_ARN ? head_of(text) : 0, at;
	bool variables = kind & WORD_VARIABLES && str_find(str_skip(text, head), S("${"), &at);
	if (variables && !read_pieces(a, text, head, &m)) {
		return false;
	}
	*w = (struct word){ .shape = WORD_FILLED, .pieces = m.pieces, .n = m.n };
	w->fields = kind & WORD_ARN && !str_is(text, "*") && wild(compile(a, (str){ text.p, head }, kind));
	if (m.n == 0) {
		w->text = variables ? buf_str(&m.text) : compile(a, text, kind);
		w->head = head_text(w->text);
		set_shape(w);
	} else {
		w->head = m.pieces[0].key.p ? (str){ 0 } : head_text(m.pieces[0].text);
	}
	return true;
}

bool values_one(struct arena *a, str value, struct values *out) {
	if (!value.p) {
		return false;
	}
	str *v = NEW(a, str);
	*v = value;
	*out = (struct values){ .v = v, .n = 1 };
	return true;
}

bool values_find(const struct access *q, str key, struct values *out) {
	*out = (struct values){ 0 };
	return q->context && q->context->find(q->context->arg, key, out) && out->n > 0;
}

/* The wildcards' bytes are in no value that is text: one that has them is no value. */
static bool piece_value(const struct piece *p, const struct access *q, str *out) {
	struct values v;
	if (!p->key.p) {
		*out = p->text;
		return true;
	}
	bool found = values_find(q, p->key, &v) && !v.many && v.n == 1;
	*out = found ? v.v[0] : p->text;
	return out->p && !wild(*out);
}

bool word_fill(const struct word *w, const struct access *q, str *out) {
	struct buf b = { .arena = q->arena };
	str value;
	for (size_t i = 0; i < w->n; i++) {
		if (!piece_value(&w->pieces[i], q, &value)) {
			return false;
		}
		put(&b, value);
	}
	*out = w->shape == WORD_FILLED ? buf_str(&b) : w->text;
	return true;
}

bool word_matches(const struct word *w, const struct access *q, str text) {
	struct glob g = { .star = (char)STAR, .any = (char)ANY };
	str filled;
	if (!str_starts(text, w->head)) {
		return false;
	}
	switch (w->shape) {
	case WORD_EXACT: return w->text.n == text.n;
	case WORD_PREFIX: return true;
	case WORD_GLOB: return glob_run(&g, w->text, text);
	case WORD_FIELDS: return glob_resource(&g, w->text, text);
	case WORD_FILLED:
	default:
		return word_fill(w, q, &filled) &&
		       (w->fields ? glob_resource(&g, filled, text) : glob_run(&g, filled, text));
	}
}
