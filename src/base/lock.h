/* A mutex held to the end of the block: AUTO_LOCK(&x->mutex); */
#pragma once

#include <pthread.h>

static inline void lock_leave(pthread_mutex_t **m) {
	pthread_mutex_unlock(*m);
}
static inline pthread_mutex_t *lock_enter(pthread_mutex_t *m) {
	pthread_mutex_lock(m);
	return m;
}
#define LOCK_NAME2(line) lock_at_##line
#define LOCK_NAME(line) LOCK_NAME2(line)
#define AUTO_LOCK(m) __attribute__((cleanup(lock_leave), unused)) pthread_mutex_t *LOCK_NAME(__LINE__) = lock_enter(m)
