/* Threads that hear no signals: those are the main thread's. */
#pragma once

#include <pthread.h>

/* As pthread_create. attr may be NULL. 0 or -errno. */
int thread_start(pthread_t *out, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg);
