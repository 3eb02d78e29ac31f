/* Values of the model as JSON by the API reference's names, both ways: as the AWS CLI's --cli-input-json has them. */
#include "base/clock.h"
#include "cli/s3.h"
#include "wire/tree.h"

static void put_members(struct buf *b, const struct val *v) {
	bool list = v->shape->kind == K_LIST, first = true;
	put_byte(b, list ? '[' : '{');
	for (const struct val *c = v->first; c; c = c->next) {
		putz(b, first ? "" : ",");
		first = false;
		if (!list) {
			put_json(b, c->key.p ? c->key : str_from(c->member->name));
			put_byte(b, ':');
		}
		s3_put_val(b, c);
	}
	put_byte(b, list ? ']' : '}');
}

void s3_put_val(struct buf *b, const struct val *v) {
	struct buf text = { .arena = b->arena };
	switch (v->shape->kind) {
	case K_STRUCT:
	case K_LIST:
	case K_MAP: put_members(b, v); break;
	case K_INT: put_int(b, v->i); break;
	case K_BOOL: putz(b, v->i ? "true" : "false"); break;
	case K_TIME:
		put_time(&text, v->i, TIME_ISO);
		put_json(b, buf_str(&text));
		break;
	case K_DBL: val_put_text(b, v, T_ISO); break;
	default: put_json(b, v->s); break;
	}
}

static bool no(struct arena *a, str *why, const struct tree *t, const char *what) {
	*why = str_printf(a, STR_FMT " %s.", STR_ARG(t->name.p ? t->name : S("The text")), what);
	return false;
}

static const struct member *member_of(const struct shape *shape, str name) {
	const struct member *m = shape_member(shape, name);
	return m || !str_is(name, "Id") ? m : shape_member(shape, S("ID"));
}

static bool read_struct(struct arena *a, struct val *v, const struct tree *t, str *why) {
	if (t->kind != TREE_OBJECT) {
		return no(a, why, t, "must be an object, { ... }");
	}
	for (const struct tree *c = t->first; c; c = c->next) {
		const struct member *m = member_of(v->shape, c->name);
		if (!m) {
			return no(a, why, c, "is nothing that can stand here");
		}
		if (!s3_read_val(a, val_add(a, v, m), c, why)) {
			return false;
		}
	}
	return true;
}

static bool read_list(struct arena *a, struct val *v, const struct tree *t, str *why) {
	if (t->kind != TREE_LIST) {
		return no(a, why, t, "must be a list, [ ... ]");
	}
	for (const struct tree *c = t->first; c; c = c->next) {
		if (!s3_read_val(a, append(a, v), c, why)) {
			return false;
		}
	}
	return true;
}

static bool read_time(struct val *v, const struct tree *t) {
	AUTO_ARENA a = { 0 };
	return time_parse(t->s, &v->i) || time_parse(str_printf(&a, STR_FMT "T00:00:00Z", STR_ARG(t->s)), &v->i);
}

bool s3_read_val(struct arena *a, struct val *v, const struct tree *t, str *why) {
	switch (v->shape->kind) {
	case K_STRUCT: return read_struct(a, v, t, why);
	case K_LIST: return read_list(a, v, t, why);
	case K_MAP: return no(a, why, t, "cannot be read here");
	case K_TIME: return read_time(v, t) || no(a, why, t, "must be a time like 2027-01-01T00:00:00Z");
	case K_STR: v->s = t->s; return t->kind == TREE_STRING || no(a, why, t, "must be a string");
	default: return val_from_text(a, v, t->s) || no(a, why, t, "has a value that it cannot have");
	}
}
