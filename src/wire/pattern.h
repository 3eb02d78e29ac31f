/* The patterns that the models put on strings. */
#pragma once

#include "base/str.h"

/* Does the whole of s match? The pattern is a literal of the model: it is compiled once and kept by its address. One
 * that PCRE2 cannot read (a few use Java's own syntax) is matched by everything; a match that takes too long is
 * none. */
bool pattern_matches(const char *pattern, str s);
/* Can PCRE2 read it? */
bool pattern_known(const char *pattern);
