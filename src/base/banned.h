/* What the program does not call outside base/: forced into every other file by the Makefile (-include).
 * Memory comes from arenas, text from buf and str, time from the clock. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(f) f##_is_banned_use_base
#undef malloc
#define malloc(n) BANNED(malloc)
#undef calloc
#define calloc(n, m) BANNED(calloc)
#undef realloc
#define realloc(p, n) BANNED(realloc)
#undef free
#define free(p) BANNED(free)
#undef strdup
#define strdup(s) BANNED(strdup)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef strcpy
#define strcpy(d, s) BANNED(strcpy)
#undef strcat
#define strcat(d, s) BANNED(strcat)
#undef strtok
#define strtok(s, d) BANNED(strtok)
#undef atoi
#define atoi(s) BANNED(atoi)
#undef gmtime
#define gmtime(t) BANNED(gmtime)
#undef localtime
#define localtime(t) BANNED(localtime)
#undef time
#define time(t) BANNED(time)
