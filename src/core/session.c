/* Temporary credentials: what a session is goes out, sealed, as its token, and comes back with each call. */
#include "base/rand.h"
#include "core/binding.h"
#include "wire/tree.h"

/* What is sealed says first what it is: a sealed thing of another kind is no token. */
static const str mark = { "session ", 8 };

static void put_text(struct buf *b, const char *name, str text) {
	if (text.p) {
		putf(b, ",\"%s\":", name);
		put_json(b, text);
	}
}

static void put_texts(struct buf *b, const char *name, const str *list, size_t n) {
	putf(b, ",\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		put(b, i ? S(",") : S(""));
		put_json(b, list[i]);
	}
	put_byte(b, ']');
}

static void put_tags(struct buf *b, const struct tag *tags, size_t n) {
	putz(b, ",\"tags\":[");
	for (size_t i = 0; i < n; i++) {
		putz(b, i ? ",{\"Key\":" : "{\"Key\":");
		put_json(b, tags[i].key);
		putz(b, ",\"Value\":");
		put_json(b, tags[i].value);
		put_byte(b, '}');
	}
	put_byte(b, ']');
}

static void write_session(struct buf *b, const struct session *s) {
	put(b, mark);
	putf(b, "{\"kind\":%d,\"issued\":%lld,\"expires\":%lld", (int)s->kind, (long long)s->issued,
	     (long long)s->expires);
	put_text(b, "access_key", s->access_key);
	put_text(b, "secret", s->secret);
	put_text(b, "account", s->account);
	put_text(b, "entity_id", s->entity_id);
	put_text(b, "name", s->name);
	put_text(b, "policy", s->policy);
	put_text(b, "source_identity", s->source_identity);
	put_texts(b, "policy_arns", s->policy_arns, s->n_policy_arns);
	put_texts(b, "transitive", s->transitive, s->n_transitive);
	put_tags(b, s->tags, s->n_tags);
	putf(b, ",\"mfa\":%s,\"chained\":%s}", s->mfa ? "true" : "false", s->chained ? "true" : "false");
}

str session_create(struct cloud *cloud, struct arena *a, struct session *s) {
	struct buf plain = { .arena = a }, token = { .arena = a };
	s->access_key = new_key_id(a, "ASIA", s->account);
	s->secret = new_secret(a);
	write_session(&plain, s);
	put_base64(&token, seal_close(&cloud->seal, a, buf_str(&plain)));
	return buf_str(&token);
}

/* --- and back --- */

static int64_t number(const struct tree *t, const char *name) {
	int64_t n = 0;
	const struct tree *at = tree_get(t, name);
	return at && str_int(at->s, &n) ? n : 0;
}

static bool truth(const struct tree *t, const char *name) {
	const struct tree *at = tree_get(t, name);
	return at && str_is(at->s, "true");
}

static size_t texts(struct arena *a, const struct tree *list, const str **out) {
	size_t n = 0;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		n++;
	}
	str *all = NEWS(a, str, n);
	n = 0;
	for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
		all[n++] = tree_text(t);
	}
	*out = all;
	return n;
}

static void read_session(struct arena *a, const struct tree *t, struct session *out) {
	struct tag *tags;
	*out = (struct session){
		.kind = (enum principal_kind)number(t, "kind"),
		.access_key = tree_text(tree_get(t, "access_key")),
		.secret = tree_text(tree_get(t, "secret")),
		.account = tree_text(tree_get(t, "account")),
		.entity_id = tree_text(tree_get(t, "entity_id")),
		.name = tree_text(tree_get(t, "name")),
		.policy = tree_text(tree_get(t, "policy")),
		.source_identity = tree_text(tree_get(t, "source_identity")),
		.mfa = truth(t, "mfa"),
		.chained = truth(t, "chained"),
		.issued = number(t, "issued"),
		.expires = number(t, "expires"),
	};
	out->n_policy_arns = texts(a, tree_get(t, "policy_arns"), &out->policy_arns);
	out->n_transitive = texts(a, tree_get(t, "transitive"), &out->transitive);
	out->n_tags = tags_read(a, tree_get(t, "tags"), &tags);
	out->tags = tags;
}

bool session_open(const struct cloud *cloud, struct arena *a, str token, struct session *out) {
	str sealed, plain;
	if (!base64_decode(a, token, &sealed) || !seal_read(&cloud->seal, a, sealed, &plain) ||
	    !str_starts(plain, mark)) {
		return false;
	}
	const struct tree *t = tree_read(a, str_skip(plain, mark.n));
	if (!t) {
		return false;
	}
	read_session(a, t, out);
	return out->access_key.n && out->secret.n && out->account.n;
}
