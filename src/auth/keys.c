#include "auth/keys.h"

#include "base/lock.h"

enum { SLOTS = 256, TEXT_MAX = 184 };

/* What a key was derived from, each part after its length. */
struct origin {
	size_t n; /* 0: too long to be kept, or an empty slot */
	char text[TEXT_MAX];
};

static struct slot {
	struct origin origin;
	uint8_t key[32];
} slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool add_part(struct origin *o, str part) {
	if (part.n > 255 || o->n + 1 + part.n > TEXT_MAX) {
		o->n = 0;
		return false;
	}
	o->text[o->n++] = (char)part.n;
	if (part.n) {
		memcpy(o->text + o->n, part.p, part.n);
	}
	o->n += part.n;
	return true;
}

static bool describe(struct origin *o, str secret, const struct scope *scope) {
	o->n = 0;
	return add_part(o, secret) && add_part(o, scope->date) && add_part(o, scope->region) &&
	       add_part(o, scope->service);
}

static struct slot *slot_of(const struct origin *o) {
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < o->n; i++) {
		hash = (hash ^ (uint8_t)o->text[i]) * 16777619u;
	}
	return &slots[(hash ^ hash >> 16) % SLOTS];
}

static bool same(const struct origin *a, const struct origin *b) {
	return secret_eq((str){ a->text, a->n }, (str){ b->text, b->n });
}

static void derive(str secret, const struct scope *scope, uint8_t out[32]) {
	AUTO_ARENA a = { 0 };
	str first = str_printf(&a, "AWS4" STR_FMT, STR_ARG(secret));
	struct digest_value k = hmac_sha256(first, scope->date);
	k = hmac_sha256(digest_str(&k), scope->region);
	k = hmac_sha256(digest_str(&k), scope->service);
	k = hmac_sha256(digest_str(&k), S("aws4_request"));
	memcpy(out, k.p, 32);
}

bool signing_key(str secret, const struct scope *scope, uint8_t out[32]) {
	struct origin o;
	if (describe(&o, secret, scope)) {
		AUTO_LOCK(&lock);
		struct slot *s = slot_of(&o);
		if (same(&s->origin, &o)) {
			memcpy(out, s->key, 32);
			return true;
		}
	}
	derive(secret, scope, out);
	return false;
}

void signing_key_keep(str secret, const struct scope *scope, const uint8_t key[32]) {
	struct origin o;
	if (describe(&o, secret, scope)) {
		AUTO_LOCK(&lock);
		struct slot *s = slot_of(&o);
		if (!same(&s->origin, &o)) {
			s->origin.n = o.n;
			memcpy(s->origin.text, o.text, o.n);
			memcpy(s->key, key, 32);
		}
	}
}
