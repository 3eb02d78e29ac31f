/* What the files of this room share. */
#pragma once

#include "http/head.h"
#include "wire/val.h"

/* Of a body that is read: deeper ones are malformed, and so are those of more values than any call of AWS's takes (the
 * longest, a completion of 10,000 parts with their checksums, has less than a third). Each value costs memory. */
enum { DEPTH_MAX = 64, VALUES_MAX = 300000 };

static inline bool is_group(const struct shape *s) {
	return s->kind <= K_MAP;
}
static inline const char *member_wire(const struct member *m) {
	return m->wire ? m->wire : m->name;
}
/* The name of a member's element in XML: a flat list goes by its elements' name, if they have one. */
static inline const char *member_element(const struct member *m) {
	bool flat = m->shape->kind == K_LIST && (m->flags & M_FLAT);
	return flat && m->shape->m[0].wire ? m->shape->m[0].wire : member_wire(m);
}

/* Where member m of v is to be read into: of doubled members the last one counts. */
struct val *val_place(struct arena *a, struct val *v, const struct member *m);
/* The child of a structure that is member m; NULL if absent. */
struct val *val_child(const struct val *v, const struct member *m);
/* Of doubled keys in a map the last one counts. n log n. */
void map_dedupe(struct arena *a, struct val *map);
/* Stores a number if v's shape is of numbers (or times, in seconds) and holds it. */
bool val_store_int(struct val *v, int64_t i);
bool val_store_dbl(struct val *v, double d);
/* Valid UTF-8 without control characters, whatever the bytes were: what a message can carry on every wire. */
str text_clean(struct arena *a, str s);
/* A header line. Bytes that would end it become spaces. */
void put_header(struct buf *b, str name, str value);

/* What stands for the labels of an operation's uri ("/{Bucket}/{Key+}") in a path, still escaped. */
struct labels {
	struct label {
		str name, value;
	} p[4];
	size_t n;
};
bool uri_match(const char *uri, str path, struct labels *out);
/* The next parameter of that name in a raw query, from *at on: its raw value, or empty. *at goes past it. */
bool param_find(str query, str name, size_t *at, str *value);

/* RFC 9110 has a date that cannot be read ignored; what is given back as it came need not be one; what the end
 * of a lock must be is told by who keeps it. */
bool member_lenient(const struct member *m);

/* Members that are bound to headers and the status: of a message that came, and of one that goes (L_STATUS is not
 * written). False: *why. */
bool headers_read(struct arena *a, struct val *v, const struct head *h, str *why);
void headers_write(struct buf *b, const struct val *v);
bool scalar_read(struct arena *a, struct val *v, str text, str *why);
/* The member that is the whole body, if the shape has one; NULL else. */
const struct member *shape_payload(const struct shape *shape);
bool shape_has_body(const struct shape *shape); /* members in the body, all together */

/* v as an element; times with their milliseconds, or only when they have some. */
void xml_put(struct buf *b, const struct val *v, const char *name, const char *xmlns, bool millis);
/* Reads a document whose root is called root (NULL: anything) into v. With a wrapper, v is that child of the root. */
bool xml_read_as(struct arena *a, struct val *v, str body, const char *root, const char *wrapper);
