/* Users and roles in a Principal: ARNs as they are written and shown, ids as they are kept. */
#include "core/entity.h"
#include "wire/tree.h"

struct exchange_of {
	struct db *db;
	str (*other)(struct db *db, struct arena *a, str principal); /* absent: it stays as it is */
	struct buf out;
	const char *done; /* of the document, so far */
};

static str id_of(struct db *db, struct arena *a, str arn) {
	struct entity e;
	bool found = entity_of_arn(db, a, arn, &e) && (e.kind == ENTITY_USER || e.kind == ENTITY_ROLE);
	return found ? e.id : (str){ 0 };
}

static str arn_of(struct db *db, struct arena *a, str id) {
	struct entity e;
	bool is_id = str_starts(id, S("AIDA")) || str_starts(id, S("AROA"));
	return is_id && entity_by_id(db, a, id, &e) ? entity_arn(a, &e) : (str){ 0 };
}

static void take_one(struct exchange_of *x, const struct tree *t) {
	str other = t->kind == TREE_STRING ? x->other(x->db, x->out.arena, t->s) : (str){ 0 };
	if (other.p) {
		put(&x->out, (str){ x->done, (size_t)(t->raw.p - x->done) });
		put_json(&x->out, other);
		x->done = t->raw.p + t->raw.n;
	}
}

static void take(struct exchange_of *x, const struct tree *statement, const char *element) {
	const struct tree *aws = tree_get(tree_get(statement, element), "AWS");
	for (const struct tree *t = item_first(aws); t; t = item_next(aws, t)) {
		take_one(x, t);
	}
}

static str exchanged(struct exchange_of *x, str document) {
	const struct tree *list = tree_get(tree_read(x->out.arena, document), "Statement");
	x->done = document.p;
	for (const struct tree *t = item_first(list); t; t = item_next(list, t)) {
		take(x, t, "Principal");
		take(x, t, "NotPrincipal");
	}
	put(&x->out, (str){ x->done, (size_t)(document.p + document.n - x->done) });
	return buf_str(&x->out);
}

str principals_kept(struct db *db, struct arena *a, str document) {
	return exchanged(&(struct exchange_of){ .db = db, .other = id_of, .out = { .arena = a } }, document);
}

str principals_shown(struct db *db, struct arena *a, str document) {
	return exchanged(&(struct exchange_of){ .db = db, .other = arn_of, .out = { .arena = a } }, document);
}
