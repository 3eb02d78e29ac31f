#include "core/decision.h"

#include "base/lock.h"

/* Texts are cut to fit: a record is for reading, and the ring never allocates. */
struct slot {
	char text[480];
	uint16_t n[5];
	bool allowed;
	int64_t at;
};

static struct slot *ring;
static uint64_t count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void keep(struct slot *s, int i, size_t *at, str text) {
	size_t room = sizeof(s->text) - *at;
	size_t n = text.n < room ? text.n : room;
	if (n) {
		memcpy(s->text + *at, text.p, n);
	}
	s->n[i] = (uint16_t)n;
	*at += n;
}

void decision_record(const struct decision *d) {
	AUTO_LOCK(&mutex);
	if (!ring) {
		ring = heap_alloc(sizeof(*ring) * DECISIONS_KEPT);
	}
	struct slot *s = &ring[count++ % DECISIONS_KEPT];
	size_t at = 0;
	keep(s, 0, &at, d->request_id);
	keep(s, 1, &at, d->action);
	keep(s, 2, &at, d->principal);
	keep(s, 3, &at, d->reason);
	keep(s, 4, &at, d->resource);
	s->allowed = d->allowed;
	s->at = d->at;
}

static void write_one(struct buf *b, const struct slot *s) {
	static const char *const names[] = { "requestId", "action", "principal", "reason", "resource" };
	const char *at = s->text;
	putz(b, b->n > 1 ? ",{" : "{");
	for (int i = 0; i < 5; at += s->n[i], i++) {
		putf(b, "\"%s\":", names[i]);
		put_json(b, (str){ at, s->n[i] });
		put_byte(b, ',');
	}
	putf(b, "\"outcome\":\"%s\",\"time\":\"", s->allowed ? "allow" : "deny");
	put_time(b, s->at, TIME_ISO);
	putz(b, "\"}");
}

void decision_write(struct buf *b, str request_id) {
	AUTO_LOCK(&mutex);
	put_byte(b, '[');
	for (uint64_t i = count > DECISIONS_KEPT ? count - DECISIONS_KEPT : 0; i < count; i++) {
		const struct slot *s = &ring[i % DECISIONS_KEPT];
		if (!request_id.n || str_eq(request_id, (str){ s->text, s->n[0] })) {
			write_one(b, s);
		}
	}
	put_byte(b, ']');
}
