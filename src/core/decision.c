#include "core/decision_inside.h"

#include "base/lock.h"

_Static_assert(sizeof(struct slot) == SLOT_SIZE, "slots are copied to the file as they are");

enum { KEY_MAX = 128, VALUE_MAX = 200, NONE = 255, COPIED = 64 };

static struct {
	pthread_mutex_t mutex;
	struct slot *slots;
	uint64_t newest;
} ring = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* How much of a text has room: whole characters of UTF-8. */
static size_t cut_at(str s, size_t room) {
	size_t n = s.n < room ? s.n : room;
	while (n && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80) {
		n--;
	}
	return n;
}

/* --- condition keys: length of the key, length of the value or NONE, key, value --- */

/* Headers may hold anything; what is recorded is text. */
static void put_text(char *to, str s) {
	bool text = str_utf8(s);
	for (size_t i = 0; i < s.n; i++) {
		to[i] = (char)(text || (unsigned char)s.p[i] < 0x80 ? s.p[i] : '?');
	}
}

static void add_value(struct decision_keys *k, str key, str value) {
	size_t n = cut_at(value, VALUE_MAX);
	if (key.n > KEY_MAX || k->n + 2 + key.n + n > sizeof(k->p)) {
		return;
	}
	k->p[k->n++] = (char)key.n;
	k->p[k->n++] = (char)(value.p ? n : NONE);
	memcpy(k->p + k->n, key.p, key.n);
	k->n += key.n;
	put_text(k->p + k->n, (str){ value.p, n });
	k->n += n;
}

void decision_add_key(struct decision_keys *keys, str key, const struct values *values) {
	if (!values || !values->n) {
		add_value(keys, key, values ? S("") : (str){ 0 });
		return;
	}
	for (size_t i = 0; i < values->n; i++) {
		add_value(keys, key, values->v[i].p ? values->v[i] : S(""));
	}
}

bool decision_key(str *keys, str *key, str *value) {
	if (keys->n < 2) {
		return false;
	}
	size_t n = (uint8_t)keys->p[0], m = (uint8_t)keys->p[1];
	bool none = m == NONE;
	m = none ? 0 : m;
	if (keys->n < 2 + n + m) {
		return false; /* cut */
	}
	*key = (str){ keys->p + 2, n };
	*value = none ? (str){ 0 } : (str){ keys->p + 2 + n, m };
	*keys = str_skip(*keys, 2 + n + m);
	return true;
}

/* --- slots --- */

/* Texts in the order in which they are cut when there is no room: the last ones first. */
static void texts_of(struct decision *d, str *texts[DECISION_TEXTS]) {
	str *all[DECISION_TEXTS] = { &d->request_id, &d->operation, &d->account,  &d->resource_account,
				     &d->entity_id,  &d->action,    &d->sid,      &d->principal,
				     &d->policy,     &d->from,      &d->resource, &d->keys };
	memcpy(texts, all, sizeof(all));
}

static void fill(struct slot *s, struct decision *d) {
	str *texts[DECISION_TEXTS];
	size_t at = 0;
	texts_of(d, texts);
	for (int i = 0; i < DECISION_TEXTS; i++) {
		size_t n = cut_at(*texts[i], sizeof(s->text) - at);
		if (n) {
			memcpy(s->text + at, texts[i]->p, n);
		}
		s->n[i] = (uint16_t)n;
		at += n;
	}
	s->at = d->at;
	s->statement = d->statement;
	s->layer = (uint8_t)d->layer;
	s->allowed = d->allowed;
	s->explicit_deny = d->explicit_deny;
	s->cut = s->n[DECISION_TEXTS - 2] < d->resource.n;
}

static bool unfold(const struct slot *s, struct decision *d) {
	str *texts[DECISION_TEXTS];
	size_t at = 0;
	*d = (struct decision){ .at = s->at,
				.statement = s->statement,
				.layer = (enum layer)s->layer,
				.allowed = s->allowed,
				.explicit_deny = s->explicit_deny,
				.cut = s->cut };
	texts_of(d, texts);
	for (int i = 0; i < DECISION_TEXTS; i++) {
		if (at + s->n[i] > sizeof(s->text)) {
			return false;
		}
		*texts[i] = s->n[i] ? (str){ s->text + at, s->n[i] } : (str){ 0 };
		at += s->n[i];
	}
	return true;
}

static struct slot *slot_of(uint64_t number) {
	if (!ring.slots) {
		ring.slots = heap_alloc(sizeof(*ring.slots) * DECISIONS_KEPT);
	}
	return &ring.slots[(number - 1) % DECISIONS_KEPT];
}

void decision_record(const struct decision *d) {
	struct decision copy = *d;
	AUTO_LOCK(&ring.mutex);
	struct slot *s = slot_of(++ring.newest);
	s->number = ring.newest;
	fill(s, &copy);
}

void slot_put(const struct slot *s) {
	AUTO_LOCK(&ring.mutex);
	struct slot *at = slot_of(s->number);
	if (at->number < s->number) {
		*at = *s;
	}
	ring.newest = ring.newest > s->number ? ring.newest : s->number;
}

size_t slots_copy(struct slot *to, size_t n, uint64_t from, uint64_t *newest) {
	AUTO_LOCK(&ring.mutex);
	size_t i = 0;
	*newest = ring.newest;
	for (; i < n && from + i <= ring.newest; i++) {
		to[i] = *slot_of(from + i);
	}
	return i;
}

/* --- reading --- */

static uint64_t oldest(void) {
	AUTO_LOCK(&ring.mutex);
	return ring.newest > DECISIONS_KEPT ? ring.newest - DECISIONS_KEPT + 1 : 1;
}

struct reading {
	bool (*fn)(void *arg, const struct decision *d);
	void *arg;
};

/* Those that are missing or were overtaken have another number. */
static bool read_some(const struct slot *slots, size_t n, uint64_t from, const struct reading *to) {
	struct decision d;
	for (size_t i = 0; i < n; i++) {
		if (slots[i].number == from + i && unfold(&slots[i], &d) && !to->fn(to->arg, &d)) {
			return false;
		}
	}
	return true;
}

void decision_each(bool (*fn)(void *arg, const struct decision *d), void *arg) {
	AUTO_ARENA a = { 0 };
	struct reading to = { fn, arg };
	struct slot *some = NEWS(&a, struct slot, COPIED);
	uint64_t newest, last = 0;
	size_t n;
	/* What comes in meanwhile is left for the next time, so that this ends. */
	slots_copy(some, 0, 1, &last);
	for (uint64_t at = oldest(); at <= last; at += n) {
		uint64_t left = last - at + 1;
		n = slots_copy(some, left < COPIED ? left : COPIED, at, &newest);
		if (!n || !read_some(some, n, at, &to)) {
			return;
		}
	}
}
