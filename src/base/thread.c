#include "base/thread.h"

#include <signal.h>
#include <stddef.h>

int thread_start(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg) {
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(out, attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rc;
}
