/* A value of some shape: what a request carries in and a response carries out, whatever the wire looks like. */
#pragma once

#include "base/buf.h"
#include "model/model.h"

struct val {
	const struct shape *shape;
	const struct member *member; /* how this value hangs in its parent; NULL for the top */
	str key; /* in a map */
	str s; /* K_STR, K_BLOB */
	int64_t i; /* K_INT, K_BOOL; K_TIME in milliseconds */
	double d; /* K_DBL */
	struct val *first, *last, *next;
};

/* Every value lives in the arena that it was made in; strings are not copied. */
struct val *val_new(struct arena *a, const struct shape *shape);
struct val *val_add(struct arena *a, struct val *parent, const struct member *m); /* a member or an element */
const struct member *shape_member(const struct shape *shape, str name); /* NULL if there is none */

/* What handlers use. Names are those of the API reference; a name that the shape lacks is a bug and aborts. */
struct val *get(const struct val *v, const char *name); /* NULL if absent; v may be NULL */
str get_str(const struct val *v, const char *name); /* {0} if absent */
int64_t get_int(const struct val *v, const char *name, int64_t absent); /* also booleans and times */
double get_dbl(const struct val *v, const char *name, double absent);
struct val *get_key(const struct val *map, str key); /* NULL if absent */
size_t val_count(const struct val *v); /* children; 0 for NULL */

struct val *set(struct arena *a, struct val *v, const char *name); /* a structure, list or map to fill; replaces */
void set_str(struct arena *a, struct val *v, const char *name, str s); /* an absent s sets nothing */
void set_int(struct arena *a, struct val *v, const char *name, int64_t i); /* also booleans and times */
void set_dbl(struct arena *a, struct val *v, const char *name, double d);
struct val *append(struct arena *a, struct val *list);
struct val *add_key(struct arena *a, struct val *map, str key);
/* A deep copy of from into v, whose shape has the same member names (those that v lacks are left out). */
void val_copy(struct arena *a, struct val *v, const struct val *from);

/* Absent if v keeps its constraints, else AWS's sentence about all that it breaks:
 * "2 validation errors detected: Value '...' at 'roleName' failed to satisfy constraint: Member must ...; Value ..." */
str val_check(struct arena *a, const struct val *v);

/* Scalars as text, alike in every text protocol. False: the text is no such value. */
bool val_from_text(struct arena *a, struct val *v, str text);
void val_put_text(struct buf *b, const struct val *v, enum time_format dflt);

/* The bodies of the wires. Readers return false on a malformed body; writers cannot fail. */
bool json_read(struct arena *a, struct val *v, str body);
void json_write(struct buf *b, const struct val *v);
bool cbor_read(struct arena *a, struct val *v, str body);
void cbor_write(struct buf *b, const struct val *v);
bool query_read(struct arena *a, struct val *v, str form, enum proto proto);
void query_write(struct buf *b, const struct val *v, enum proto proto); /* "&Name=value..." */
bool xml_read(struct arena *a, struct val *v, str body);
/* Which operation of which service, over which of its wires. */
struct wire {
	const struct service *service;
	const struct op *op;
	enum proto proto;
};

/* A response in P_EC2, P_QUERY or P_RESTXML: with declaration, root, namespace, wrapper and request id as that wire has
 * them. v may be NULL for an operation without an output. */
void xml_write(struct buf *b, const struct val *v, const struct wire *w, str request_id);
/* A rest-xml request body, or any fragment: v as an element called root. */
void xml_write_element(struct buf *b, const struct val *v, const char *root, const char *xmlns);
