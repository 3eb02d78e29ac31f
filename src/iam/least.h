/* The least policy that lets somebody do what he did: made from pairs of action and resource. Knows no store. */
#pragma once

#include "base/buf.h"

struct used {
	str action, resource; /* "s3:GetObject", its ARN or "*" */
};

enum { LEAST_MAX = 6144 }; /* what a managed policy may have (characters without white space) */

/* A policy document (compact JSON, 2012-10-17): one statement for each set of resources of a service, actions and
 * resources sorted. Resources stay as they are while they are few; many in one folder become folder/ and a star: the
 * longest folders that leave few, and shorter ones if the document were longer than LEAST_MAX otherwise. What stands
 * for itself in a resource (* ? $) is written as ${*} ${?} ${$}. Nothing used: a policy that has no statement is none,
 * so absent. used is sorted in place. */
str least_policy(struct arena *a, struct used *used, size_t n);
