/* Condition keys that follow from who asks, whatever the request: for simulations and for who-can, which have none. */
#pragma once

#include "core/identity.h"

struct self {
	struct arena *arena;
	const struct principal *who; /* NULL: nobody is known */
	const struct tag *tags;
	size_t n_tags;
};

/* As context.find. */
bool self_key(const struct self *s, str key, struct values *out);
/* Is it a key of this kind at all (whether or not he has a value of it)? */
bool is_self_key(str key);
