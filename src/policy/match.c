#include "policy/room.h"

enum { ACTION_MAX = 128 };

/* What is asked, made ready once for all statements of a document. */
struct ask {
	const struct access *q;
	str action, vendor; /* made small */
	uint64_t bit; /* vendor_bit */
	char small[ACTION_MAX];
};

static void ask_init(struct ask *k, const struct access *q) {
	str action = q->action;
	k->q = q;
	if (action.n <= ACTION_MAX) {
		for (size_t i = 0; i < action.n; i++) {
			char c = action.p[i];
			k->small[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		}
		k->action = (str){ k->small, action.n };
	} else {
		k->action = str_lower(q->arena, action);
	}
	str name;
	str_cut(k->action, ':', &k->vendor, &name);
	k->bit = vendor_bit(k->vendor);
}

static bool about_action(const struct statement *s, const struct ask *k) {
	if (!(s->actions.vendors & k->bit)) {
		return s->actions.inverse;
	}
	for (size_t i = 0; i < s->actions.n; i++) {
		const struct action_word *a = &s->actions.actions[i];
		if ((!a->vendor.p || str_eq(a->vendor, k->vendor)) && word_matches(&a->word, k->q, k->action)) {
			return !s->actions.inverse;
		}
	}
	return s->actions.inverse;
}

static bool about_resource(const struct statement *s, const struct ask *k) {
	for (size_t i = 0; i < s->resources.n; i++) {
		if (word_matches(&s->resources.words[i], k->q, k->q->resource)) {
			return !s->resources.inverse;
		}
	}
	return s->resources.inverse;
}

static bool conditions_hold(const struct statement *s, const struct ask *k) {
	for (size_t i = 0; i < s->n_conditions; i++) {
		if (!condition_holds(&s->conditions[i], k->q)) {
			return false;
		}
	}
	return true;
}

/* NAMED_NOT: the statement says nothing about what is asked, or nothing that names more directly than so. */
static enum named applies(const struct policy *p, const struct statement *s, const struct ask *k, enum named so) {
	if (!about_action(s, k)) {
		return NAMED_NOT;
	}
	enum named named = p->kind == POLICY_IDENTITY ? NAMED_SELF : whos_match(&s->who, s->deny, k->q);
	bool more = named != NAMED_NOT && (s->deny || named > so);
	bool yes = more && (p->kind == POLICY_TRUST || about_resource(s, k)) && conditions_hold(s, k);
	return yes ? named : NAMED_NOT;
}

struct said policy_says(const struct policy *p, const struct access *q) {
	struct said said = { .statement = -1 };
	struct ask k;
	ask_init(&k, q);
	for (size_t i = 0; i < p->n; i++) {
		const struct statement *s = &p->statements[i];
		if (!s->deny && said.named == NAMED_SELF) {
			continue;
		}
		enum named named = applies(p, s, &k, said.named);
		if (named != NAMED_NOT) {
			said = (struct said){ s->deny ? SAY_DENY : SAY_ALLOW, (int)i, named };
		}
		if (said.say == SAY_DENY) {
			return said;
		}
	}
	return said;
}
