/* The sub-resources of a bucket (lifecycle, tagging, cors, ...): what their files share. A document is kept as the
 * JSON of its value, one a kind. Its kind is the name of the sub-resource in the query string. */
#pragma once

#include "s3/rows.h"

/* The request's document: the member that is the body. NULL: failed with MalformedXML, because it is absent, lacks a
 * member that the model requires, or has a value that its enumeration lacks. */
const struct val *config_body(struct call *c);
bool malformed(struct call *c); /* fails with MalformedXML in AWS's sentence */
bool bucket_gone(struct call *c, str name); /* fails with NoSuchBucket */
bool bucket_misnamed(struct call *c, str name); /* fails with InvalidBucketName */

/* A change of one document. still, if it is not NULL, looks at the bucket again inside the work, and fails. */
struct change {
	const char *kind;
	str id; /* absent: '' */
	str document; /* absent: it goes */
	bool (*still)(struct call *c, struct db *db);
	void (*also)(struct call *c, struct db *db); /* what changes with it, inside the work; may be NULL */
};
bool config_change(struct call *c, const struct change *change);
bool config_keep(struct call *c, const char *kind, const struct val *document);
/* It goes, whether or not it was there; the answer is 204. */
bool config_forget(struct call *c, const char *kind);

/* The kept document as the answer. none: the fault when there is none, with its sentence; NULL: an empty answer. */
bool config_show(struct call *c, const char *kind, const struct fault *none, const char *sentence);
/* The same for one that has a default, or is worked out. */
void config_answer(struct call *c, str document);
str config_write(struct arena *a, const struct val *document);
/* Nothing there: the fault with the bucket's name beside it. */
bool config_missing(struct call *c, const struct fault *none, const char *sentence);

/* What is kept, as a value of the shape that this operation answers with (of its payload, where it has one). NULL:
 * nothing. db: the call's snapshot, or the committer's in a work. */
const struct val *config_value(struct call *c, struct db *db, const char *kind, const char *get_op);
/* An empty value of that shape, to fill and keep. */
struct val *config_new(struct call *c, const char *get_op);

/* Checks Content-MD5 and x-amz-checksum-* of a whole body; face.check_body. Fails: InvalidRequest when the
 * operation must have one and has none, InvalidDigest, BadDigest. */
bool config_check_body(struct call *c, str body);
