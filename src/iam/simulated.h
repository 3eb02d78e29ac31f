/* What a simulation is about: the policies and the caller that its input names. */
#pragma once

#include "iam/near.h"
#include "iam/room.h"
#include "iam/self.h"
#include "iam/sources.h"

/* A policy of the simulation, with what its answer needs of it. */
struct simulated {
	str id; /* SourcePolicyId: "PolicyInputList.1", a managed policy's name, "user_NAME_POLICY" */
	const char *type; /* "IAM Policy", "Resource Policy" */
	str text;
	const struct span *places; /* NULL: the text is not there */
	const struct policy *policy;
	const struct policy **alone; /* each statement by itself */
};

struct entry {
	str key;
	struct values values;
};

struct simulation {
	struct call *c;
	struct db *db;
	struct bound *identity;
	size_t n_identity;
	struct bound boundary, resource; /* policy NULL: none */
	struct simulated *policies; /* all of these, in this order */
	size_t n_policies;
	struct principal who;
	bool has_caller;
	struct self self;
	const struct entry *entries; /* of ContextEntries */
	size_t n_entries;
	const str *missing; /* context keys of the policies that nobody gives a value, once each */
	size_t n_missing;
	size_t cost; /* of one action on one resource, in looks at a statement */
	str owner; /* ResourceOwner, as an account; absent: none was given */
};

/* entity NULL: SimulateCustomPolicy. False: what is wrong with the input, as InvalidInput. */
bool simulation_read(struct call *c, struct simulation *s, const struct entity *entity);
/* Context keys that these policies name, as they are written, once each whatever their case. */
size_t keys_of(struct arena *a, const struct bound *policies, size_t n, str **out);
/* context.find of the simulation. */
bool simulation_key(void *simulation, str key, struct values *out);

/* A list of policy documents of the input, read as identity policies and called LIST.N; adds to out, which has room. */
bool read_documents(struct call *c, const char *list, struct bound *out, size_t *n);
/* All that binds an entity (user with groups, role, group), with room for more at the end of the list. */
struct sources sources_of_entity(struct db *db, struct arena *a, const struct entity *e, size_t room,
				 const struct identity **identity);
