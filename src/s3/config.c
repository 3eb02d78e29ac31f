#include "s3/config.h"

#include "base/log.h"
#include "s3/meta.h"

/* --- what comes in --- */

static bool one_of(const struct shape *shape, str s) {
	for (const char *const *v = shape->values; *v; v++) {
		if (str_is(s, *v)) {
			return true;
		}
	}
	return false;
}

static bool complete(const struct val *v) {
	const struct shape *shape = v->shape;
	if (shape->kind == K_STR && shape->values && !one_of(shape, v->s)) {
		return false;
	}
	for (size_t i = 0; shape->kind == K_STRUCT && i < shape->n; i++) {
		if ((shape->m[i].flags & M_REQUIRED) && !get(v, shape->m[i].name)) {
			return false;
		}
	}
	for (const struct val *k = v->first; k; k = k->next) {
		if (!complete(k)) {
			return false;
		}
	}
	return true;
}

bool malformed(struct call *c) {
	return fail(c, &malformed_xml,
		    "The XML you provided was not well-formed or did not validate against our published schema");
}

const struct val *config_body(struct call *c) {
	const struct val *v = get(c->in, c->op->in->payload);
	if (!v || !complete(v)) {
		malformed(c);
		return NULL;
	}
	return v;
}

/* --- what is kept --- */

str config_write(struct arena *a, const struct val *document) {
	struct buf b = { .arena = a };
	json_write(&b, document);
	return buf_str(&b);
}

struct changing {
	struct call *call;
	const struct change *change;
};

static int run_change(struct db *db, void *arg) {
	struct changing *w = arg;
	struct call *c = w->call;
	const struct change *ch = w->change;
	struct bucket *b = call_bucket(c);
	if (!bucket_alive(db, b->id)) {
		bucket_gone(c, b->name);
		return 1;
	}
	if (ch->still && !ch->still(c, db)) {
		return 1;
	}
	if (ch->document.p) {
		config_put(db, b->id, ch->kind, ch->id, ch->document);
	} else {
		config_drop(db, b->id, ch->kind, ch->id);
	}
	if (ch->also) {
		ch->also(c, db);
	}
	return 0;
}

bool config_change(struct call *c, const struct change *change) {
	struct changing w = { c, change };
	return call_write(c, run_change, &w, NULL);
}

bool config_keep(struct call *c, const char *kind, const struct val *document) {
	return config_change(c, &(struct change){ .kind = kind, .document = config_write(c->arena, document) });
}

bool config_forget(struct call *c, const char *kind) {
	c->status = 204;
	return config_change(c, &(struct change){ .kind = kind });
}

/* --- what goes out --- */

static struct val *answer_of(struct call *c) {
	const char *payload = c->op->out->payload;
	return payload ? set(c->arena, c->out, payload) : c->out;
}

void config_answer(struct call *c, str document) {
	if (!json_read(c->arena, answer_of(c), document)) {
		bug("%s: a kept document cannot be read", c->op->name);
	}
}

bool config_missing(struct call *c, const struct fault *none, const char *sentence) {
	fail(c, none, "%s", sentence);
	fail_detail(c, "BucketName", call_bucket(c)->name);
	return false;
}

bool config_show(struct call *c, const char *kind, const struct fault *none, const char *sentence) {
	str document = config_get(call_db(c), c->arena, call_bucket(c)->id, kind, S(""));
	if (document.p) {
		config_answer(c, document);
		return true;
	}
	return none ? config_missing(c, none, sentence) : true;
}

static const struct shape *shape_of(struct call *c, const char *get_op) {
	const struct op *op = op_find(c->service, get_op, strlen(get_op));
	if (!op) {
		bug("%s is not in the model", get_op);
	}
	return op->out->payload ? shape_member(op->out, str_from(op->out->payload))->shape : op->out;
}

struct val *config_new(struct call *c, const char *get_op) {
	return val_new(c->arena, shape_of(c, get_op));
}

const struct val *config_value(struct call *c, struct db *db, const char *kind, const char *get_op) {
	str document = config_get(db, c->arena, call_bucket(c)->id, kind, S(""));
	if (!document.p) {
		return NULL;
	}
	struct val *v = config_new(c, get_op);
	if (!json_read(c->arena, v, document)) {
		bug("%s: a kept document cannot be read", kind);
	}
	return v;
}
