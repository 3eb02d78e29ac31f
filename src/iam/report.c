#include "iam/report.h"

void put_comma(struct buf *b) {
	if (b->n && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[') {
		put_byte(b, ',');
	}
}

void put_raw(struct buf *b, const char *name, str json) {
	if (json.p) {
		put_comma(b);
		putf(b, "\"%s\":", name);
		put(b, json);
	}
}

void put_field(struct buf *b, const char *name, str value) {
	if (value.p) {
		put_raw(b, name, S(""));
		put_json(b, value);
	}
}

void put_flag(struct buf *b, const char *name, bool yes) {
	put_raw(b, name, yes ? S("true") : S("false"));
}

void put_open(struct buf *b, const char *name, char bracket) {
	put_raw(b, name, S(""));
	put_byte(b, bracket);
}

void put_list(struct buf *b, const char *name, const str *v, size_t n) {
	put_open(b, name, '[');
	for (size_t i = 0; i < n; i++) {
		put_comma(b);
		put_json(b, v[i]);
	}
	put_byte(b, ']');
}

void put_source(struct buf *b, const struct bound *by, int statement) {
	if (!by) {
		return;
	}
	put_field(b, "policy", by->name);
	put_field(b, "attachedTo", by->from);
	if (statement >= 0) {
		put_field(b, "sid", policy_sid(by->policy, (size_t)statement));
		put_raw(b, "statement", policy_statement_text(by->policy, (size_t)statement));
	}
}

void put_unmet(struct buf *b, const char *name, const struct unmet *u, size_t n, bool with_had) {
	put_open(b, name, '[');
	for (size_t i = 0; i < n; i++) {
		put_comma(b);
		put_byte(b, '{');
		put_field(b, "operator", u[i].op);
		put_field(b, "key", u[i].key);
		put_list(b, "wanted", u[i].wanted, u[i].n_wanted);
		if (with_had && u[i].has) {
			put_list(b, "had", u[i].had, u[i].n_had);
		}
		put_byte(b, '}');
	}
	put_byte(b, ']');
}

void say_values(struct buf *b, const str *v, size_t n, const char *joint) {
	for (size_t i = 0; i < n; i++) {
		putz(b, i == 0 ? "" : i + 1 < n ? ", " : joint);
		put_visible(b, v[i].n ? v[i] : S("(empty)"));
	}
	putz(b, n ? "" : "nothing");
}

void say_wanted(struct buf *b, const struct unmet *u) {
	putf(b, STR_FMT " (" STR_FMT ") is ", STR_ARG(u->key), STR_ARG(u->op));
	say_values(b, u->wanted, u->n_wanted, " or ");
}

static bool blank(char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void say_statement(struct buf *b, str statement) {
	struct buf line = { .arena = b->arena };
	bool quoted = false;
	putz(&line, "    ");
	for (size_t i = 0; i < statement.n; i++) {
		char c = statement.p[i];
		if (!quoted && blank(c)) {
			putz(&line, line.p[line.n - 1] == ' ' ? "" : " ");
			continue;
		}
		put_byte(&line, c);
		if (quoted && c == '\\' && i + 1 < statement.n) {
			put_byte(&line, statement.p[++i]);
		}
		quoted = c == '"' ? !quoted : quoted;
	}
	put_visible(b, buf_str(&line));
	putz(b, "\n");
}

static void put_line(struct buf *b, int depth) {
	putz(b, "\n");
	for (int i = 0; i < depth; i++) {
		putz(b, "    ");
	}
}

void put_pretty(struct buf *b, str json) {
	bool quoted = false;
	int depth = 0;
	for (size_t i = 0; i < json.n; i++) {
		char c = json.p[i];
		bool opens = !quoted && (c == '{' || c == '['), closes = !quoted && (c == '}' || c == ']');
		depth += opens - closes;
		if (closes) {
			put_line(b, depth);
		}
		put_byte(b, c);
		if (quoted && c == '\\' && i + 1 < json.n) {
			put_byte(b, json.p[++i]);
		}
		quoted = c == '"' ? !quoted : quoted;
		putz(b, !quoted && c == ':' ? " " : "");
		if (opens || (!quoted && c == ',')) {
			put_line(b, depth);
		}
	}
	putz(b, "\n");
}

bool must_have(struct control *c, const char *name, const char *sentence, str *out) {
	*out = query_get(c->x->arena, &c->x->head, name);
	if (!out->n) {
		control_say_no(c, 400, "%s", sentence);
	}
	return out->n > 0;
}
