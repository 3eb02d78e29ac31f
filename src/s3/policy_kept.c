/* Compiled bucket policies, kept by bucket and revision: a bucket's row says which revision holds, so that what is
 * found here is never stale, and a revision that nobody asks for any more is pushed out by another. */
#include "s3/policy.h"

#include "base/lock.h"
#include "base/log.h"

enum { SLOTS = 256 };

struct slot {
	struct kept_policy kept;
	int64_t bucket, revision;
	int holders; /* under the mutex */
	struct arena arena;
};

static struct slot *slots[SLOTS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void leave(void *p) {
	struct slot *s = p;
	pthread_mutex_lock(&mutex);
	bool last = --s->holders == 0;
	pthread_mutex_unlock(&mutex);
	if (last) {
		arena_free(&s->arena);
		heap_free(s);
	}
}

static const struct kept_policy *hold(struct slot *s, struct arena *a) {
	arena_defer(a, leave, s);
	return &s->kept;
}

static struct slot *find(const struct bucket *b) {
	AUTO_LOCK(&mutex);
	struct slot *s = slots[b->id % SLOTS];
	if (!s || s->bucket != b->id || s->revision != b->policy) {
		return NULL;
	}
	s->holders++;
	return s;
}

/* The slot takes a hold of its own, and gives up the one on what was there. */
static void add(struct slot *s) {
	pthread_mutex_lock(&mutex);
	struct slot **at = &slots[s->bucket % SLOTS], *old = *at;
	*at = s;
	s->holders++;
	pthread_mutex_unlock(&mutex);
	if (old) {
		leave(old);
	}
}

static const struct policy *compile(struct arena *a, str text, const struct bucket *b) {
	static const char nobody[] =
		"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}}";
	struct policy_error why;
	const struct policy *p = policy_read(a, text, POLICY_RESOURCE, &why);
	if (!p) {
		log_error("the policy of bucket " STR_FMT " cannot be read (" STR_FMT "): it denies all",
			  STR_ARG(b->name), STR_ARG(why.sentence));
		p = policy_read(a, S(nobody), POLICY_RESOURCE, &why);
	}
	return p;
}

const struct kept_policy *policy_kept(struct db *db, struct arena *a, const struct bucket *b) {
	struct slot *s = b->policy > 0 ? find(b) : NULL;
	if (s || b->policy <= 0) {
		return s ? hold(s, a) : NULL;
	}
	s = heap_alloc(sizeof(*s));
	s->bucket = b->id;
	s->revision = b->policy;
	s->holders = 1;
	AUTO_ARENA temporary = { 0 };
	str text = config_get(db, &temporary, b->id, "policy", S(""));
	s->kept.policy = compile(&s->arena, text, b);
	s->kept.open = policy_public(&temporary, text);
	if (!db_error(db)) {
		add(s);
	}
	return hold(s, a);
}
