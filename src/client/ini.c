#include "client/ini.h"

enum line_kind { LINE_BLANK, LINE_COMMENT, LINE_SECTION, LINE_SETTING, LINE_MORE };

struct line {
	enum line_kind kind;
	str all; /* with its end */
	str key, value; /* of a setting; key: the name of a section */
};

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

/* Settings end where a comment begins: at # or ; behind a blank. */
static str without_comment(str s) {
	for (size_t i = 1; i < s.n; i++) {
		if ((s.p[i] == '#' || s.p[i] == ';') && is_blank(s.p[i - 1])) {
			return str_trim((str){ s.p, i });
		}
	}
	return s;
}

static void read_setting(struct line *l, str body) {
	size_t at = 0;
	while (at < body.n && body.p[at] != '=' && body.p[at] != ':') {
		at++;
	}
	l->kind = at < body.n ? LINE_SETTING : LINE_MORE;
	l->key = str_trim((str){ body.p, at });
	l->value = at < body.n ? without_comment(str_trim(str_skip(body, at + 1))) : (str){ 0 };
}

static void read_section(struct line *l, str body) {
	str tail;
	l->kind = LINE_SECTION;
	str_cut(str_skip(body, 1), ']', &l->key, &tail);
	l->key = str_trim(l->key);
}

static str without_end(str line) {
	line.n -= str_ends(line, S("\n"));
	line.n -= str_ends(line, S("\r"));
	return line;
}

static bool next_line(str *rest, struct line *l) {
	str tail;
	*l = (struct line){ 0 };
	if (!rest->n) {
		return false;
	}
	str body = *rest;
	if (str_cut(*rest, '\n', &body, &tail)) {
		l->all = (str){ rest->p, body.n + 1 };
		*rest = tail;
	} else {
		l->all = *rest;
		*rest = (str){ rest->p + rest->n, 0 };
	}
	body.n -= body.n && body.p[body.n - 1] == '\r';
	bool indented = body.n && is_blank(body.p[0]);
	body = str_trim(body);
	if (!body.n) {
		l->kind = LINE_BLANK;
	} else if (body.p[0] == '#' || body.p[0] == ';') {
		l->kind = LINE_COMMENT;
	} else if (indented) {
		l->kind = LINE_MORE;
	} else if (body.p[0] == '[') {
		read_section(l, body);
	} else {
		read_setting(l, body);
	}
	return true;
}

/* "profile NAME" (or another kind) with the name in quotes or not; NAME. */
static bool is_section(str name, struct ini_section s) {
	str kind = str_from(s.kind ? s.kind : "profile");
	if (!s.config || (!s.kind && str_is(name, "default"))) {
		return str_eq(name, s.profile);
	}
	if (name.n <= kind.n || !str_starts(name, kind) || !is_blank(name.p[kind.n])) {
		return false;
	}
	name = str_trim(str_skip(name, kind.n + 1));
	if (name.n >= 2 && (name.p[0] == '"' || name.p[0] == '\'') && name.p[name.n - 1] == name.p[0]) {
		name = (str){ name.p + 1, name.n - 2 };
	}
	return str_eq(name, s.profile);
}

/* Goes on to the next line of the section. */
static bool next_inside(str *rest, struct ini_section s, bool *inside, struct line *l) {
	while (next_line(rest, l)) {
		if (l->kind == LINE_SECTION) {
			*inside = is_section(l->key, s);
		}
		if (*inside) {
			return true;
		}
	}
	return false;
}

bool ini_has(str text, struct ini_section s) {
	struct line l;
	bool inside = false;
	return next_inside(&text, s, &inside, &l);
}

str ini_get(str text, struct ini_section s, const char *key) {
	str found = { 0 };
	struct line l;
	bool inside = false;
	while (next_inside(&text, s, &inside, &l)) {
		if (l.kind == LINE_SETTING && str_ieq(l.key, str_from(key))) {
			found = l.value;
		}
	}
	return found;
}

str ini_get_below(str text, struct ini_section s, const char *above, const char *key) {
	str found = { 0 };
	struct line l, inner;
	bool inside = false, below = false;
	while (next_inside(&text, s, &inside, &l)) {
		if (l.kind == LINE_SETTING || l.kind == LINE_SECTION) {
			below = l.kind == LINE_SETTING && str_ieq(l.key, str_from(above));
		}
		if (below && l.kind == LINE_MORE) {
			read_setting(&inner, str_trim(without_end(l.all)));
			found = inner.kind == LINE_SETTING && str_ieq(inner.key, str_from(key)) ? inner.value : found;
		}
	}
	return found;
}

static bool is_note(const struct line *l) {
	return l->kind == LINE_COMMENT && str_starts(l->all, S(INI_NOTE));
}

str ini_note(str text, struct ini_section s) {
	struct line l;
	bool inside = false;
	while (next_inside(&text, s, &inside, &l)) {
		if (is_note(&l)) {
			str note, end;
			str_cut(str_skip(l.all, sizeof(INI_NOTE) - 1), '\n', &note, &end);
			note.n -= note.n && note.p[note.n - 1] == '\r';
			return note;
		}
	}
	return (str){ 0 };
}

/* --- changing --- */

struct rewrite {
	const struct ini_change *change;
	struct buf out;
	const char *end; /* of a line */
	bool *done; /* which settings have been written */
	bool inside, begun, dropping;
	size_t room; /* where the section's new settings go: behind its last line that is not blank */
};

static const struct ini_setting *setting_of(const struct rewrite *r, str key, size_t *at) {
	for (*at = 0; *at < r->change->n; ++*at) {
		if (str_ieq(key, str_from(r->change->settings[*at].key))) {
			return &r->change->settings[*at];
		}
	}
	return NULL;
}

static void put_setting(struct rewrite *r, struct buf *b, const struct ini_setting *s) {
	putf(b, "%s = " STR_FMT "%s", s->key, STR_ARG(s->value), r->end);
}

/* Ends a last line that has no end; half of one may be there. */
static void end_line(const struct rewrite *r, struct buf *b) {
	char last = b->n ? b->p[b->n - 1] : '\n';
	putz(b, last == '\n' ? "" : last == '\r' ? "\n" : r->end);
}

static void put_head(struct rewrite *r, str head) {
	put(&r->out, head);
	end_line(r, &r->out);
	if (r->change->note.p && !r->begun) {
		putf(&r->out, INI_NOTE STR_FMT "%s", STR_ARG(r->change->note), r->end);
	}
	r->begun = true;
}

/* Keeps, changes or leaves out. */
static void rewrite_setting(struct rewrite *r, const struct line *l) {
	size_t at;
	const struct ini_setting *s = setting_of(r, l->key, &at);
	r->dropping = s || r->change->only;
	if (!r->dropping) {
		put(&r->out, l->all);
	} else if (s && s->value.p && !r->done[at]) {
		put_setting(r, &r->out, s);
		r->done[at] = true;
	}
}

static void rewrite_inside(struct rewrite *r, const struct line *l) {
	switch (l->kind) {
	case LINE_SECTION: put_head(r, l->all); break;
	case LINE_SETTING: rewrite_setting(r, l); break;
	case LINE_MORE: put(&r->out, r->dropping ? S("") : l->all); break;
	case LINE_COMMENT: put(&r->out, is_note(l) && r->change->note.p ? S("") : l->all); break;
	case LINE_BLANK: put(&r->out, l->all); return;
	}
	r->room = l->kind == LINE_COMMENT ? r->room : r->out.n;
	r->dropping = r->dropping && l->kind != LINE_SECTION;
}

static void put_missing(struct rewrite *r, struct buf *b) {
	for (size_t i = 0; i < r->change->n; i++) {
		if (!r->done[i] && r->change->settings[i].value.p) {
			put_setting(r, b, &r->change->settings[i]);
		}
	}
}

static void put_new_section(struct rewrite *r) {
	struct ini_section s = r->change->section;
	bool named = s.config && !str_is(s.profile, "default");
	end_line(r, &r->out);
	put_head(r, str_printf(r->out.arena, "%s[%s" STR_FMT "]%s", r->out.n ? r->end : "", named ? "profile " : "",
			       STR_ARG(s.profile), r->end));
	put_missing(r, &r->out);
}

static str with_missing(struct rewrite *r) {
	str all = buf_str(&r->out);
	struct buf b = { .arena = r->out.arena };
	put(&b, (str){ all.p, r->room });
	end_line(r, &b);
	put_missing(r, &b);
	put(&b, str_skip(all, r->room));
	return buf_str(&b);
}

str ini_set(struct arena *a, str text, const struct ini_change *c) {
	struct line l;
	str first, rest;
	struct rewrite r = { .change = c, .out = { .arena = a }, .end = "\n", .done = NEWS(a, bool, c->n + 1) };
	str_cut(text, '\n', &first, &rest);
	if (str_ends(first, S("\r"))) {
		r.end = "\r\n";
	}
	while (next_line(&text, &l)) {
		if (l.kind == LINE_SECTION) {
			r.inside = is_section(l.key, c->section);
		}
		if (r.inside) {
			rewrite_inside(&r, &l);
		} else {
			put(&r.out, l.all);
		}
	}
	if (!r.begun) {
		put_new_section(&r);
		return buf_str(&r.out);
	}
	return with_missing(&r);
}
