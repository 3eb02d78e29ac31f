/* Unit tests: foo_test.c beside foo.c, TAP on stdout, exit status 1 if a check failed. */
#pragma once

#include "base/str.h"

#include <stdio.h>

extern int tap_count, tap_failed;

void tap_check(bool ok, const char *file, int line, const char *what);
void tap_str(str got, str want, const char *file, int line, const char *what);
int tap_done(void); /* the plan; what main returns */

#define CHECK(cond) tap_check((cond), __FILE__, __LINE__, #cond)
#define CHECK_STR(got, want) tap_str((got), (want), __FILE__, __LINE__, #got)
#define CHECK_INT(got, want) tap_check((long long)(got) == (long long)(want), __FILE__, __LINE__, #got " == " #want)
