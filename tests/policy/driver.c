/* The decision of src/policy for tests/policy/compare.py, over stdin and stdout: a case a line, an answer a line. The
 * form of both is told there. A document that does not read is {"error": flaw, "in": "identity[0]", "place": ...,
 * "sentence": ...}. Built by compare.py against libaerostat.a. */
#include "policy/decide.h"
#include "wire/tree.h"

#include <stdio.h>
#include <stdlib.h>

struct job {
	struct arena *arena;
	const struct tree *root, *context;
	struct principal who;
	struct context find;
	struct question q;
	struct policy_error why;
	str in; /* the document that does not read */
	struct buf out;
};

static const char *const flaws[] = {
	"none", "syntax", "version",  "missing",   "prohibited", "both",     "effect",
	"sid",  "action", "resource", "principal", "condition",  "variable", "trust_action"
};

static const char *const kinds[] = { "anonymous", "root", "user", "role", "federated", "service" };

static bool key_find(void *arg, str key, struct values *out) {
	struct job *j = arg;
	const struct tree *t = j->context ? j->context->first : NULL;
	while (t && !str_ieq(t->name, key)) {
		t = t->next;
	}
	if (!t) {
		return false;
	}
	out->many = t->kind == TREE_OBJECT;
	size_t n = 0;
	str *v = NEWS(j->arena, str, 1000);
	const struct tree *list = out->many ? tree_get(t, "many") : t;
	for (const struct tree *k = list->first; k && n < 1000; k = k->next) {
		v[n++] = k->s;
	}
	if (list->kind == TREE_STRING) {
		v[n++] = list->s;
	}
	out->v = v;
	out->n = n;
	return true;
}

static void read_principal(struct job *j) {
	const struct tree *t = tree_get(j->root, "principal");
	struct principal *p = &j->who;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (str_is(tree_text(tree_get(t, "kind")), kinds[i])) {
			p->kind = (enum principal_kind)i;
		}
	}
	p->account = tree_text(tree_get(t, "account"));
	p->arn = tree_text(tree_get(t, "arn"));
	p->id = tree_text(tree_get(t, "id"));
	p->name = tree_text(tree_get(t, "name"));
	p->entity_arn = tree_text(tree_get(t, "entity_arn"));
	p->entity_id = tree_text(tree_get(t, "entity_id"));
	p->service = tree_text(tree_get(t, "service"));
	p->canonical_id = tree_text(tree_get(t, "canonical_id"));
}

static bool read_document(struct job *j, const struct tree *t, enum policy_kind kind, str name, struct bound *out) {
	out->name = name;
	out->policy = policy_read(j->arena, tree_text(t), kind, &j->why);
	j->in = out->policy ? (str){ 0 } : name;
	return out->policy;
}

static bool read_list(struct job *j, const char *name, const struct bound **out, size_t *n) {
	const struct tree *list = tree_get(j->root, name);
	size_t count = 0;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		count++;
	}
	struct bound *b = NEWS(j->arena, struct bound, count);
	*out = b;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next, b++) {
		str at = str_printf(j->arena, "%s[%zu]", name, (*n)++);
		if (!read_document(j, t, POLICY_IDENTITY, at, b)) {
			return false;
		}
	}
	return true;
}

static bool read_one(struct job *j, const char *name, enum policy_kind kind, const struct bound **out) {
	const struct tree *t = tree_get(j->root, name);
	if (!tree_text(t).p) {
		return true;
	}
	struct bound *b = NEW(j->arena, struct bound);
	*out = b;
	return read_document(j, t, kind, str_from(name), b);
}

static bool is_true(const struct job *j, const char *name) {
	const struct tree *t = tree_get(j->root, name);
	return t && t->kind == TREE_BOOL && str_is(t->s, "true");
}

static bool read_question(struct job *j) {
	struct question *q = &j->q;
	const struct tree *session = tree_get(j->root, "session");
	read_principal(j);
	j->context = tree_get(j->root, "context");
	j->find = (struct context){ key_find, j };
	q->access = (struct access){ &j->who,
				     tree_text(tree_get(j->root, "action")),
				     tree_text(tree_get(j->root, "resource")),
				     &j->find,
				     j->arena,
				     false };
	q->resource_account = tree_text(tree_get(j->root, "resource_account"));
	q->restricted = is_true(j, "restricted");
	q->granted = is_true(j, "granted");
	q->owner_may = is_true(j, "owner_may");
	q->trust = is_true(j, "trust");
	q->has_session = session && session->kind == TREE_LIST;
	return read_list(j, "identity", &q->identity, &q->n_identity) &&
	       read_one(j, "boundary", POLICY_IDENTITY, &q->boundary) &&
	       read_list(j, "session", &q->session, &q->n_session) &&
	       read_one(j, "resource_policy", q->trust ? POLICY_TRUST : POLICY_RESOURCE, &q->resource);
}

static long index_of(const struct question *q, const struct bound *by) {
	bool identity = q->n_identity && by >= q->identity && by < q->identity + q->n_identity;
	bool session = q->n_session && by >= q->session && by < q->session + q->n_session;
	return !by ? -1 : identity ? by - q->identity : session ? by - q->session : 0;
}

static void answer(struct job *j) {
	struct verdict v;
	decide(&j->q, &v);
	putf(&j->out, "{\"outcome\":\"%s\",\"layer\":\"%s\",\"policy\":%ld,\"statement\":%d,\"reason\":",
	     v.allowed         ? "allow"
	     : v.explicit_deny ? "explicit"
			       : "implicit",
	     layer_name(v.layer), index_of(&j->q, v.by), v.statement);
	put_json(&j->out, verdict_reason(j->arena, &v, j->q.access.action));
	putz(&j->out, ",\"words\":");
	put_json(&j->out, verdict_words(j->arena, &v, j->q.access.action));
	putz(&j->out, "}");
}

static void refuse(struct job *j) {
	putf(&j->out, "{\"error\":\"%s\",\"in\":", flaws[j->why.flaw]);
	put_json(&j->out, j->in);
	putz(&j->out, ",\"place\":");
	put_json(&j->out, j->why.place);
	putz(&j->out, ",\"sentence\":");
	put_json(&j->out, j->why.sentence);
	putz(&j->out, "}");
}

int main(void) {
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		AUTO_ARENA a = { 0 };
		struct job j = { .arena = &a, .out = { .arena = &a } };
		j.root = tree_read(&a, (str){ line, (size_t)n });
		if (!j.root) {
			putz(&j.out, "{\"error\":\"the line is no JSON\"}");
		} else if (read_question(&j)) {
			answer(&j);
		} else {
			refuse(&j);
		}
		printf("%.*s\n", STR_ARG(buf_str(&j.out)));
	}
	free(line);
	return 0;
}
