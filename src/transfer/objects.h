/* The objects of a bucket under a prefix, page by page. */
#pragma once

#include "client/client.h"
#include "transfer/entry.h"

struct objects_of {
	str bucket, prefix;
	bool folders; /* only down to the next slash: what is below comes as a prefix */
	str pattern; /* of whole keys, as in a shell; absent: all */
	size_t skip; /* so many bytes of each key are not in its name */
};

/* On a connection of its own. What fails is told as trouble, and fails the walk; so do keys that come in no order or
 * were not asked for, and pages that lead nowhere, since what is compared with them would be wrong. */
struct walk *objects_open(struct arena *a, const struct client *client, const struct objects_of *of,
			  void (*trouble)(void *arg, str sentence), void *arg);
