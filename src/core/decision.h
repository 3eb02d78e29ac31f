/* The record of decisions: who asked to do what to which resource, in which circumstances, what came out and why. The
 * newest ones are kept, in memory in slots of a fixed size and, as of the last flush, in a file of the data folder;
 * texts that do not fit are cut, and all are UTF-8. One record in a process; any thread may write and read. Neither
 * secrets nor tokens get in. */
#pragma once

#include "base/clock.h"
#include "policy/decide.h"

enum { DECISIONS_KEPT = 16384 };

struct decision {
	str request_id, operation; /* "GetObject" */
	str principal, entity_id, account; /* ARN, AIDA... or AROA..., as struct principal; absent: anonymous, root */
	str action, resource; /* resource: an ARN or "*" */
	str resource_account; /* absent: the caller's own */
	str policy, from, sid; /* the policy that decided, as struct bound; absent: none */
	str keys; /* the condition keys that the policies asked for, for decision_key */
	int64_t at; /* ms, virtual */
	int statement; /* of that policy; -1: none */
	enum layer layer;
	bool allowed, explicit_deny;
	bool cut; /* the resource's ARN is cut */
};

/* The condition keys of a decision on their way in. Bounded: what does not fit is left out. */
struct decision_keys {
	size_t n;
	char p[480];
};
void decision_add_key(struct decision_keys *keys, str key,
		      const struct values *values /* NULL: there is no such key */);
/* One key and one of its values, the next at each call (a key of several values comes as often). False at the end.
 * value absent: the request had no such key. For a set without members the value is empty. */
bool decision_key(str *keys, str *key, str *value);

void decision_record(const struct decision *d);
/* Those that are kept, oldest first, until fn returns false. What d points to stays only until fn returns; nothing is
 * locked meanwhile. */
void decision_each(bool (*fn)(void *arg, const struct decision *d), void *arg);

/* As JSON, and as a sentence with its line end. */
void decision_write(struct buf *b, const struct decision *d);
void decision_tell(struct buf *b, const struct decision *d);

/* --- the file (core/decision_file.c) --- */
/* Takes up what an earlier process has left there. A file that cannot be used is left out, and that is logged. */
void decision_open(const char *path);
void decision_flush(void); /* what is new since the last one; failing harms nothing */
void decision_close(void);
