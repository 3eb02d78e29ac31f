#include "policy/room.h"

static bool word_or_flaw(struct reading *r, const struct spot *spot, str text, int kind, struct word *w) {
	return word_read(r->arena, text, r->variables ? kind : kind & ~WORD_VARIABLES, w) ||
	       flaw(r, FLAW_VARIABLE, spot, text, "Syntax errors in policy.");
}

static str *texts_of(const struct reading *r, const struct tree *list, size_t *n) {
	str *written = NEWS(r->arena, str, item_count(list));
	*n = 0;
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		written[(*n)++] = kept(r, t->s);
	}
	return written;
}

static void read_actions(struct reading *r, const struct tree *s, struct patterns *out) {
	struct action_word *actions;
	str name;
	out->written = texts_of(r, either(s, "Action", "NotAction"), &out->n);
	out->inverse = tree_get(s, "NotAction") != NULL;
	out->actions = actions = NEWS(r->arena, struct action_word, out->n);
	for (size_t i = 0; i < out->n; i++) {
		word_read(r->arena, out->written[i], WORD_PATTERN | WORD_LOWER, &actions[i].word);
		if (!str_is(out->written[i], "*")) {
			str_cut(actions[i].word.text, ':', &actions[i].vendor, &name);
		}
		out->vendors |= actions[i].vendor.p ? vendor_bit(actions[i].vendor) : ~(uint64_t)0;
	}
}

/* An ARN of fewer than six fields is completed with open ones, unless a '*' at the end of a field stands for them. */
static str arn_whole(struct arena *a, str arn) {
	struct buf b = { .arena = a };
	int colons = 0;
	bool open = str_ends(arn, S("*"));
	for (size_t i = 0; i < arn.n; i++) {
		colons += arn.p[i] == ':';
		open = open || (i && arn.p[i] == ':' && arn.p[i - 1] == '*');
	}
	if (colons >= 5 || open) {
		return arn;
	}
	put(&b, arn);
	for (; colons < 5; colons++) {
		putz(&b, ":*");
	}
	return buf_str(&b);
}

static bool read_resources(struct reading *r, const struct tree *s, struct spot spot, struct patterns *out) {
	const struct tree *list = either(s, "Resource", "NotResource");
	struct word *words;
	out->written = texts_of(r, list, &out->n);
	out->inverse = tree_get(s, "NotResource") != NULL;
	out->words = words = NEWS(r->arena, struct word, out->n);
	spot.element = out->inverse ? "NotResource" : "Resource";
	spot.listed = list && list->kind == TREE_LIST;
	for (spot.item = 0; spot.item < out->n; spot.item++) {
		str whole = arn_whole(r->arena, out->written[spot.item]);
		if (!word_or_flaw(r, &spot, whole, WORD_PATTERN | WORD_VARIABLES | WORD_ARN, &words[spot.item])) {
			return false;
		}
	}
	return true;
}

static void read_principals(struct reading *r, const struct tree *s, struct whos *out) {
	const struct tree *who = either(s, "Principal", "NotPrincipal");
	size_t n = who && who->kind == TREE_STRING;
	for (const struct tree *type = who ? who->first : NULL; type; type = type->next) {
		n += item_count(type);
	}
	struct who *v = NEWS(r->arena, struct who, n);
	*out = (struct whos){ v, n, tree_get(s, "NotPrincipal") != NULL };
	if (n && who->kind == TREE_STRING) {
		*v = (struct who){ WHO_ALL, S("*"), S("*"), S("*") };
	}
	for (const struct tree *type = who ? who->first : NULL; type; type = type->next) {
		for (const struct tree *t = item_first(type); t; t = item_next(type, t)) {
			who_read(kept(r, type->name), kept(r, t->s), v++);
		}
	}
}

static bool read_condition(struct reading *r, struct spot *spot, const struct tree *key, struct condition *c) {
	static const struct operator null = { .name = "Null", .kind = OPERAND_BOOL };
	const struct operator* op = c->op ? c->op : & null;
	struct operand *operands = NEWS(r->arena, struct operand, item_count(key));
	c->key = kept(r, key->name);
	c->operands = operands;
	c->n = 0;
	for (const struct tree *t = item_first(key); t; t = item_next(key, t)) {
		struct operand *o = &operands[c->n++];
		if (!word_or_flaw(r, spot, kept(r, t->s), op->word, &o->word)) {
			return false;
		}
		operand_read(r->arena, op, o);
	}
	return true;
}

static bool read_conditions(struct reading *r, struct spot spot, const struct tree *block, struct statement *out) {
	size_t n = 0;
	for (const struct tree *op = block ? block->first : NULL; op; op = op->next) {
		n += item_count(op->first) + 1;
		for (const struct tree *key = op->first; key; key = key->next) {
			n++;
		}
	}
	struct condition *c = NEWS(r->arena, struct condition, n);
	spot.element = "Condition";
	out->conditions = c;
	for (const struct tree *op = block ? block->first : NULL; op; op = op->next) {
		spot.member = op->name;
		for (const struct tree *key = op->first; key; key = key->next) {
			condition_read(op->name, c);
			if (!read_condition(r, &spot, key, c++)) {
				return false;
			}
			out->n_conditions++;
		}
	}
	return true;
}

static bool read_statement(struct reading *r, const struct spot *spot, const struct tree *s, struct statement *out) {
	out->sid = kept(r, tree_text(tree_get(s, "Sid")));
	out->text = s->raw;
	out->deny = str_is(tree_text(tree_get(s, "Effect")), "Deny");
	read_principals(r, s, &out->who);
	read_actions(r, s, &out->actions);
	return read_resources(r, s, *spot, &out->resources) && read_conditions(r, *spot, tree_get(s, "Condition"), out);
}

static bool read_document(struct reading *r, const struct tree *root, struct policy *p) {
	const struct tree *statements = tree_get(root, "Statement");
	struct statement *out = NEWS(r->arena, struct statement, item_count(statements));
	struct spot spot = { .alone = statements->kind != TREE_LIST };
	p->version = kept(r, tree_text(tree_get(root, "Version")));
	p->statements = out;
	for (const struct tree *s = item_first(statements); s; s = item_next(statements, s), spot.statement++) {
		if (!read_statement(r, &spot, s, &out[p->n++])) {
			return false;
		}
	}
	return true;
}

struct policy *policy_read(struct arena *a, str text, enum policy_kind kind, struct policy_error *why) {
	struct reading r = { .arena = a, .text = str_dup(a, text), .kind = kind, .why = why };
	struct policy *p = NEW(a, struct policy);
	const char *at;
	*why = (struct policy_error){ 0 };
	p->kind = kind;
	AUTO_ARENA scratch = { 0 };
	const struct tree *root = tree_read_at(&scratch, r.text, &at);
	if (!root) {
		syntax_flaw(&r, at);
		return NULL;
	}
	return document_check(&r, root) && read_document(&r, root, p) ? p : NULL;
}
