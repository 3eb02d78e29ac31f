#include "policy/room.h"

#define SYNTAX "Syntax errors in policy."

static const char *const document_elements[] = { "Version", "Id", "Statement", NULL };
static const char *const statement_elements[] = { "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
						  "NotAction", "Resource", "NotResource", "Condition",    NULL };

const struct tree *either(const struct tree *statement, const char *plain, const char *inverse) {
	const struct tree *t = tree_get(statement, plain);
	return t ? t : tree_get(statement, inverse);
}

static str spot_text(struct arena *a, const struct spot *spot) {
	struct buf b = { .arena = a };
	putz(&b, "Statement");
	if (!spot->alone) {
		putf(&b, "[%zu]", spot->statement);
	}
	if (spot->element) {
		putf(&b, ".%s", spot->element);
	}
	if (spot->member.p) {
		putf(&b, "." STR_FMT, STR_ARG(spot->member));
	}
	if (spot->listed) {
		putf(&b, "[%zu]", spot->item);
	}
	return buf_str(&b);
}

bool flaw(struct reading *r, enum policy_flaw what, const struct spot *spot, str text, const char *sentence) {
	str place = spot ? spot_text(r->arena, spot) : S("Version");
	str whole = str_printf(r->arena, "%s (at " STR_FMT ")", sentence, STR_ARG(place));
	*r->why = (struct policy_error){ what, kept(r, text), place, whole };
	return false;
}

/* A text without escapes is a piece of the document, of which there is a copy that stays. */
str kept(const struct reading *r, str s) {
	bool inside = s.p >= r->text.p && s.p <= r->text.p + r->text.n;
	return !s.p || inside ? s : str_dup(r->arena, s);
}

bool syntax_flaw(struct reading *r, const char *at) {
	size_t line, column;
	text_place(r->text, at, &line, &column);
	str place = str_printf(r->arena, "line %zu, column %zu", line, column);
	str whole = str_printf(r->arena, SYNTAX " (" STR_FMT ")", STR_ARG(place));
	*r->why = (struct policy_error){ FLAW_SYNTAX, (str){ 0 }, place, whole };
	return false;
}

static bool missing(struct reading *r, const struct spot *spot, const char *element) {
	const char *words =
		r->kind == POLICY_IDENTITY ? SYNTAX : str_printf(r->arena, "Missing required field %s", element).p;
	return flaw(r, FLAW_MISSING, spot, str_from(element), words);
}

static bool prohibited(struct reading *r, const struct spot *spot, const char *element) {
	const char *words = r->kind == POLICY_IDENTITY ? "Policy document should not specify a principal."
						       : str_printf(r->arena, "Has prohibited field %s", element).p;
	return flaw(r, FLAW_PROHIBITED, spot, str_from(element), words);
}

/* --- first the form of everything --- */

static bool elements_known(struct reading *r, const struct tree *t, const char *const *known) {
	for (const struct tree *k = t->first; k; k = k->next) {
		const char *const *f = known;
		while (*f && !str_is(k->name, *f)) {
			f++;
		}
		if (!*f) {
			return syntax_flaw(r, k->at);
		}
	}
	return true;
}

static bool is_text(struct reading *r, const struct tree *t) {
	return !t || t->kind == TREE_STRING || syntax_flaw(r, t->raw.p);
}

static bool are_texts(struct reading *r, const struct tree *list) {
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		if (!is_text(r, t)) {
			return false;
		}
	}
	return true;
}

static bool is_object(struct reading *r, const struct tree *t) {
	return t->kind == TREE_OBJECT || syntax_flaw(r, t->raw.p);
}

static bool are_scalars(struct reading *r, const struct tree *list) {
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		if (t->kind != TREE_STRING && t->kind != TREE_NUMBER && t->kind != TREE_BOOL) {
			return syntax_flaw(r, t->raw.p);
		}
	}
	return true;
}

static bool condition_form(struct reading *r, const struct tree *condition) {
	if (condition && !is_object(r, condition)) {
		return false;
	}
	for (const struct tree *op = condition ? condition->first : NULL; op; op = op->next) {
		if (!is_object(r, op)) {
			return false;
		}
		for (const struct tree *key = op->first; key; key = key->next) {
			if (!are_scalars(r, key)) {
				return false;
			}
		}
	}
	return true;
}

static bool principal_form(struct reading *r, const struct tree *who) {
	if (!who || who->kind == TREE_STRING) {
		return true;
	}
	if (!is_object(r, who)) {
		return false;
	}
	for (const struct tree *type = who->first; type; type = type->next) {
		if (!are_texts(r, type)) {
			return false;
		}
	}
	return true;
}

static bool statement_form(struct reading *r, const struct tree *s) {
	return is_object(r, s) && elements_known(r, s, statement_elements) && is_text(r, tree_get(s, "Sid")) &&
	       is_text(r, tree_get(s, "Effect")) && are_texts(r, tree_get(s, "Action")) &&
	       are_texts(r, tree_get(s, "NotAction")) && are_texts(r, tree_get(s, "Resource")) &&
	       are_texts(r, tree_get(s, "NotResource")) && principal_form(r, tree_get(s, "Principal")) &&
	       principal_form(r, tree_get(s, "NotPrincipal")) && condition_form(r, tree_get(s, "Condition"));
}

/* --- then what each statement says --- */

static bool sid_check(struct reading *r, const struct spot *spot, str sid) {
	for (size_t i = 0; r->kind == POLICY_IDENTITY && i < sid.n; i++) {
		char c = sid.p[i], low = (char)(c | 0x20);
		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9')) {
			return flaw(r, FLAW_SID, spot, sid,
				    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
				    "regular expression [0-9A-Za-z]*");
		}
	}
	return true;
}

static bool effect_check(struct reading *r, struct spot *spot, const struct tree *effect) {
	spot->element = "Effect";
	if (!effect) {
		return missing(r, spot, "Effect");
	}
	return str_is(effect->s, "Allow") || str_is(effect->s, "Deny") ||
	       flaw(r, FLAW_EFFECT, spot, effect->s,
		    r->kind == POLICY_IDENTITY
			    ? SYNTAX
			    : str_printf(r->arena, "Invalid effect: " STR_FMT, STR_ARG(effect->s)).p);
}

static bool not_both(struct reading *r, struct spot *spot, const struct tree *s) {
	static const char *const pairs[][2] = { { "Action", "NotAction" },
						{ "Resource", "NotResource" },
						{ "Principal", "NotPrincipal" } };
	for (size_t i = 0; i < 3; i++) {
		spot->element = pairs[i][1];
		if (tree_get(s, pairs[i][0]) && tree_get(s, pairs[i][1])) {
			return flaw(r, FLAW_BOTH, spot, str_from(pairs[i][1]), SYNTAX);
		}
	}
	return true;
}

static bool one_principal(struct reading *r, const struct spot *spot, str type, str text) {
	struct who who;
	return who_read(type, text, &who) ||
	       flaw(r, FLAW_PRINCIPAL, spot, text,
		    str_printf(r->arena, "Invalid principal in policy: \"" STR_FMT "\":\"" STR_FMT "\"", STR_ARG(type),
			       STR_ARG(text))
			    .p);
}

static bool principal_names(struct reading *r, struct spot *spot, const struct tree *who) {
	if (who->kind == TREE_STRING ? !str_is(who->s, "*") : !who->first) {
		return flaw(r, FLAW_PRINCIPAL, spot, who->raw, "Invalid principal in policy");
	}
	for (const struct tree *type = who->first; type; type = type->next) {
		spot->member = type->name;
		spot->listed = type->kind == TREE_LIST;
		spot->item = 0;
		if (!item_first(type)) {
			return flaw(r, FLAW_PRINCIPAL, spot, type->raw, "Invalid principal in policy");
		}
		for (const struct tree *t = item_first(type); t; t = item_next(type, t), spot->item++) {
			if (!one_principal(r, spot, type->name, t->s)) {
				return false;
			}
		}
	}
	return true;
}

static bool principal_check(struct reading *r, struct spot *spot, const struct tree *s) {
	const struct tree *who = either(s, "Principal", "NotPrincipal");
	bool inverse = tree_get(s, "NotPrincipal") != NULL;
	spot->element = inverse ? "NotPrincipal" : "Principal";
	if (!who) {
		return r->kind == POLICY_IDENTITY || missing(r, spot, "Principal");
	}
	if (r->kind == POLICY_IDENTITY || (r->kind == POLICY_TRUST && inverse)) {
		return prohibited(r, spot, spot->element);
	}
	return principal_names(r, spot, who);
}

typedef bool text_check(struct reading *r, const struct spot *spot, str s);

static bool texts_check(struct reading *r, struct spot *spot, const struct tree *list, text_check *check) {
	spot->listed = list->kind == TREE_LIST;
	spot->item = 0;
	for (const struct tree *t = item_first(list); t; t = item_next(list, t), spot->item++) {
		if (!check(r, spot, t->s)) {
			return false;
		}
	}
	return true;
}

static bool actions_check(struct reading *r, struct spot *spot, const struct tree *s) {
	const struct tree *list = either(s, "Action", "NotAction");
	spot->element = tree_get(s, "NotAction") ? "NotAction" : "Action";
	if (!item_first(list)) {
		return flaw(r, FLAW_MISSING, spot, S("Action"), "Policy statement must contain actions.");
	}
	return texts_check(r, spot, list, action_check);
}

static bool resources_check(struct reading *r, struct spot *spot, const struct tree *s) {
	const struct tree *list = either(s, "Resource", "NotResource");
	spot->element = tree_get(s, "NotResource") ? "NotResource" : "Resource";
	if (r->kind == POLICY_TRUST) {
		return !list || prohibited(r, spot, spot->element);
	}
	if (!item_first(list)) {
		return r->kind == POLICY_RESOURCE
			       ? missing(r, spot, "Resource")
			       : flaw(r, FLAW_MISSING, spot, S("Resource"), "Policy statement must contain resources.");
	}
	return texts_check(r, spot, list, resource_check);
}

static bool conditions_check(struct reading *r, struct spot *spot, const struct tree *condition) {
	size_t at;
	spot->element = "Condition";
	for (const struct tree *op = condition ? condition->first : NULL; op; op = op->next) {
		struct condition c = { 0 };
		spot->member = op->name;
		if (!condition_read(op->name, &c)) {
			return flaw(r, FLAW_CONDITION, spot, op->name,
				    str_printf(r->arena, "Invalid Condition type : " STR_FMT, STR_ARG(op->name)).p);
		}
		for (const struct tree *key = op->first; key; key = key->next) {
			if (!str_find(key->name, S(":"), &at) || at == 0) {
				return flaw(r, FLAW_CONDITION, spot, key->name,
					    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, "
					    "etc.");
			}
		}
	}
	return true;
}

/* Each look starts from the statement's own spot. */
static bool statement_check(struct reading *r, const struct spot *at, const struct tree *s) {
	struct spot sid = *at, effect = *at, both = *at, who = *at, actions = *at, resources = *at, conditions = *at;
	sid.element = "Sid";
	return effect_check(r, &effect, tree_get(s, "Effect")) && not_both(r, &both, s) &&
	       sid_check(r, &sid, tree_text(tree_get(s, "Sid"))) && principal_check(r, &who, s) &&
	       actions_check(r, &actions, s) && resources_check(r, &resources, s) &&
	       conditions_check(r, &conditions, tree_get(s, "Condition"));
}

static int by_sid(const void *a, const void *b) {
	const struct tree *x = *(const struct tree *const *)a, *y = *(const struct tree *const *)b;
	int c = str_cmp(x->s, y->s);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static bool sids_unique(struct reading *r, const struct tree *statements) {
	size_t n = 0, i = 0;
	const struct tree **sids = NEWS(r->arena, const struct tree *, item_count(statements) + 1);
	for (const struct tree *s = item_first(statements); s; s = item_next(statements, s)) {
		const struct tree *sid = tree_get(s, "Sid");
		if (sid && sid->s.n) {
			sids[n++] = sid;
		}
	}
	qsort(sids, n, sizeof(*sids), by_sid);
	while (i + 1 < n && !str_eq(sids[i]->s, sids[i + 1]->s)) {
		i++;
	}
	if (i + 1 >= n) {
		return true;
	}
	struct spot spot = { .alone = statements->kind != TREE_LIST, .element = "Sid" };
	for (const struct tree *s = statements->first; s && tree_get(s, "Sid") != sids[i + 1]; s = s->next) {
		spot.statement++;
	}
	return flaw(r, FLAW_SID, &spot, sids[i + 1]->s, "Statement IDs (SID) in a single policy must be unique.");
}

static bool version_check(struct reading *r, const struct tree *version) {
	if (version && !str_is(version->s, "2008-10-17") && !str_is(version->s, "2012-10-17")) {
		return flaw(r, FLAW_VERSION, NULL, version->s,
			    "Policy document must be version 2012-10-17 or greater.");
	}
	r->variables = version && str_is(version->s, "2012-10-17");
	return true;
}

bool document_check(struct reading *r, const struct tree *root) {
	const struct tree *statements = tree_get(root, "Statement");
	if (!is_object(r, root) || !elements_known(r, root, document_elements) ||
	    !is_text(r, tree_get(root, "Version")) || !is_text(r, tree_get(root, "Id"))) {
		return false;
	}
	if (!item_first(statements)) {
		return syntax_flaw(r, statements ? statements->raw.p : root->raw.p);
	}
	for (const struct tree *s = item_first(statements); s; s = item_next(statements, s)) {
		if (!statement_form(r, s)) {
			return false;
		}
	}
	if (!version_check(r, tree_get(root, "Version")) ||
	    (r->kind == POLICY_IDENTITY && !sids_unique(r, statements))) {
		return false;
	}
	struct spot spot = { .alone = statements->kind != TREE_LIST };
	for (const struct tree *s = item_first(statements); s; s = item_next(statements, s), spot.statement++) {
		if (!statement_check(r, &spot, s)) {
			return false;
		}
	}
	return true;
}
