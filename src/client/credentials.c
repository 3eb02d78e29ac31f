#include "client/credentials.h"

#include "base/clock.h"
#include "base/lock.h"
#include "client/client.h"
#include "wire/tree.h"

enum { EARLY_MS = 300000, AGAIN_MS = 10000 };

struct credentials {
	struct place place;
	pthread_mutex_t lock;
	struct arena arena; /* of the grant; a new one has a new arena */
	struct grant grant; /* without keys until the first fetch */
	int64_t renew; /* ms, real time: from then on new ones are asked for */
};

static void drop(void *p) {
	struct credentials *c = p;
	arena_free(&c->arena);
	pthread_mutex_destroy(&c->lock);
}

struct credentials *credentials_create(struct arena *a, const struct place *place) {
	struct credentials *c = NEW(a, struct credentials);
	c->place = *place;
	pthread_mutex_init(&c->lock, NULL);
	arena_defer(a, drop, c);
	return c;
}

/* --- fetching --- */

static bool says(struct answer *failed, str why) {
	*failed = (struct answer){ .code = S(""), .message = why };
	return false;
}

static bool assume(struct arena *a, const struct place *at, const struct credential_provider *s, struct grant *out,
		   struct answer *failed) {
	struct client client;
	struct place place = *at;
	place.source = NULL;
	place.keys = out->keys;
	if (!client_open(&client, a, &place, failed)) {
		return false;
	}
	struct val *in = client_input(&client, "sts", "AssumeRole");
	set_str(a, in, "RoleArn", s->role);
	set_str(a, in, "RoleSessionName", s->session);
	set_str(a, in, "ExternalId", s->external_id);
	if (s->duration_s) {
		set_int(a, in, "DurationSeconds", s->duration_s);
	}
	if (!client_call(&client, "sts", "AssumeRole", in, failed)) {
		failed->message = str_printf(a, STR_FMT " cannot be assumed: " STR_FMT, STR_ARG(s->role),
					     STR_ARG(failed->message));
		return false;
	}
	const struct val *got = get(failed->out, "Credentials");
	*out = (struct grant){ .keys = { get_str(got, "AccessKeyId"), get_str(got, "SecretAccessKey"),
					 get_str(got, "SessionToken") },
			       .expires = got ? get_int(got, "Expiration", INT64_MAX) : INT64_MAX };
	return (out->keys.access_key.n && out->keys.secret.n) || says(failed, S("STS gave no keys."));
}

static bool fetch(struct arena *a, const struct place *at, const struct credential_provider *s, struct grant *out,
		  struct answer *failed) {
	str why = { 0 };
	bool good = false;
	*out = (struct grant){ .keys = s->keys, .expires = INT64_MAX };
	switch (s->kind) {
	case KEYS_GIVEN: return true;
	case KEYS_OF_ROLE: return fetch(a, at, s->by, out, failed) && assume(a, at, s, out, failed);
	case KEYS_OF_PROCESS: good = grant_of_process(a, s, out, &why); break;
	case KEYS_OF_CONTAINER: good = grant_of_container(a, s, out, &why); break;
	case KEYS_OF_INSTANCE: good = grant_of_instance(a, s, out, &why); break;
	}
	if (good && out->expires <= clock_real()) {
		good = say_why(a, &why, "The keys of %s have expired already.",
			       s->kind == KEYS_OF_PROCESS ? "credential_process" : "the metadata service");
	}
	return good || says(failed, why);
}

/* --- keeping --- */

static void keep(struct credentials *c, struct arena *fresh, const struct grant *g) {
	int64_t now = clock_real(), early = (g->expires - now) / 4;
	arena_free(&c->arena);
	c->arena = *fresh;
	*fresh = (struct arena){ 0 };
	c->grant = *g;
	c->renew = g->expires == INT64_MAX ? INT64_MAX : g->expires - (early < EARLY_MS ? early : EARLY_MS);
}

static bool renew(struct credentials *c, struct arena *a, struct answer *failed) {
	AUTO_ARENA fresh = { 0 };
	struct grant g;
	int64_t now = clock_real();
	if (fetch(&fresh, &c->place, c->place.source, &g, failed)) {
		keep(c, &fresh, &g);
		return true;
	}
	if (c->grant.keys.access_key.n && c->grant.expires > now) {
		c->renew = now + AGAIN_MS;
		return true;
	}
	failed->out = NULL;
	failed->code = str_dup(a, failed->code);
	failed->message = str_dup(a, failed->message);
	failed->request_id = str_dup(a, failed->request_id);
	return false;
}

bool credentials_get(struct credentials *c, struct arena *a, struct grant *out, struct answer *failed) {
	AUTO_LOCK(&c->lock);
	if ((!c->grant.keys.access_key.n || clock_real() >= c->renew) && !renew(c, a, failed)) {
		return false;
	}
	const struct keys *k = &c->grant.keys;
	*out = c->grant;
	out->keys = (struct keys){ str_dup(a, k->access_key), str_dup(a, k->secret),
				   k->token.n ? str_dup(a, k->token) : (str){ 0 } };
	out->account = str_dup(a, out->account);
	return true;
}

/* --- what sources print --- */

bool grant_read(struct arena *a, str text, const char *token, struct grant *out, str *why) {
	const struct tree *t = tree_read(a, str_dup(a, text));
	str until = tree_text(tree_get(t, "Expiration")), code = tree_text(tree_get(t, "Code"));
	*out = (struct grant){ .keys = { tree_text(tree_get(t, "AccessKeyId")),
					 tree_text(tree_get(t, "SecretAccessKey")),
					 str_either(tree_text(tree_get(t, token)), (str){ 0 }) },
			       .expires = INT64_MAX,
			       .account = tree_text(tree_get(t, "AccountId")) };
	if (!t || t->kind != TREE_OBJECT) {
		return say_why(a, why, "does not give JSON");
	}
	if (code.n && !str_is(code, "Success")) {
		return say_why(a, why, "says " STR_FMT ": " STR_FMT, STR_ARG(code),
			       STR_ARG(tree_text(tree_get(t, "Message"))));
	}
	if (until.n && !time_parse(until, &out->expires)) {
		return say_why(a, why, "gives an Expiration that is no time");
	}
	return (out->keys.access_key.n && out->keys.secret.n) ||
	       say_why(a, why, "gives no AccessKeyId and SecretAccessKey");
}
