/* Headers that are kept with an object, user metadata, tags, checksums: from the request to the row and back. */
#pragma once

#include "s3/rows.h"

/* Meta and tags are pairs: name NUL value NUL ... */
bool pair_next(str *rest, str *name, str *value); /* takes the first off; false at the end */
void put_pair(struct buf *b, str name, str value);
/* The same with name's value replaced; an absent value takes it away. */
str pairs_with(struct arena *a, str pairs, str name, str value);

/* The headers of a PutObject, CopyObject (REPLACE) or CreateMultipartUpload that are kept: Content-Type (default
 * binary/octet-stream), Content-Encoding (aws-chunked taken off), Content-Language, Content-Disposition,
 * Cache-Control, Expires, x-amz-website-redirect-location, Metadata and the ACL; encryption is added by sse.h. Fails:
 * MetadataTooLarge (names and values over 2 KiB), InvalidArgument. */
bool meta_of_input(struct call *c, str *out);
/* Sets the members of a GetObject or HeadObject output that are kept. */
void meta_show(struct call *c, str meta);
str meta_get(str meta, const char *name); /* names lower case, user metadata with x-amz-meta-; absent if none */

/* What a request may ask of an object that is not served: appending. Fails. */
bool extras_of_input(struct call *c);
/* The kept headers of a copy: those of from, but redirect and ACL, which are the input's. */
bool meta_of_copy(struct call *c, str from, str *out); /* Fails: InvalidRedirectLocation */

/* STANDARD if the input has none. Fails: InvalidStorageClass. */
bool class_of_input(struct call *c, str *out);

/* Tags. At most 10 an object (50 a bucket), keys 1..128 and values 0..256 characters, no two keys alike, "aws:"
 * reserved: fails with InvalidTag or BadRequest in AWS's sentences. */
bool tags_of_header(struct call *c, str header, str *out); /* x-amz-tagging: url-encoded query */
bool tags_of_input(struct call *c, str *out); /* the Tagging of a new object, if it may have tags; absent: none */
bool tags_of_set(struct call *c, const struct val *tag_set, int max, str *out);
void tags_show(struct arena *a, struct val *tag_set, str tags);
int64_t tags_count(str tags);

/* The checksum of a body. What a request says about it is in its headers or announced for the trailer; Content-MD5
 * too. */
struct checksum {
	int kind; /* what is computed; -1 none. CRC64NVME if the client named none */
	bool given; /* the client gave a value (or will, in the trailer) */
	str value; /* base64, from a header; absent: from the trailer, or none */
	str trailer; /* name of the trailer field; absent: none */
	str content_md5; /* 16 bytes; absent: none */
	bool crc64; /* compute CRC64NVME too, beside the client's: for result64 */
	const struct seal *seal; /* the body is encrypted, its key sealed under this; NULL: it is plain */
	bool opaque; /* its ETag is not its MD5 */
	struct digest sum, md5, sum64; /* inside */
	/* Once the body has come: */
	int64_t size;
	str etag; /* its MD5 in hex, or else 32 random digits */
	struct sum result; /* what was given, or what was computed */
	str result64; /* base64 */
};
/* Fails: InvalidDigest (Content-MD5 that is none), InvalidRequest (two checksums; an algorithm that the header
 * contradicts; a value of the wrong length: "Value for x-amz-checksum-crc32 header is invalid."). */
bool checksum_of_input(struct call *c, struct checksum *out);

/* Streams the call's payload through the digests into w, which is finished then. Fails: BadDigest, what
 * payload_read says, EntityTooLarge over max. */
bool body_receive(struct call *c, struct checksum *sum, struct blob_writer *w, int64_t max);

/* The same from bytes of an object that is there: a copy. Computes sum->kind. */
struct extent {
	const struct object *object;
	int64_t at, n;
};
bool body_copy(struct call *c, struct checksum *sum, struct blob_writer *w, const struct extent *from);

/* The source of a copy (CopyObject, UploadPartCopy), from x-amz-copy-source: found, readable (its storage class),
 * allowed (s3:GetObject or s3:GetObjectVersion), and its four conditionals kept. */
struct source {
	struct bucket bucket;
	struct resource resource; /* the object, for decisions */
	struct object object;
	bool by_version; /* the client named one */
	str version; /* for CopySourceVersionId: absent if its bucket never had versioning */
};
bool source_of_input(struct call *c, struct source *out);

/* ChecksumCRC32 ... and ChecksumType members of v, whose shape has them. */
void sum_show(struct arena *a, struct val *v, const struct sum *s);
const char *sum_name(int kind); /* "CRC32" ... "XXHASH128" */
int sum_kind(str name); /* -1 unknown */
/* Can the sum of the whole be had from those of its parts? The CRCs': all others are COMPOSITE of an upload (docs:
 * "Checking object integrity in Amazon S3"). */
bool sum_combines(int kind);
bool fail_sum_unknown(struct call *c); /* an algorithm that there is not: InvalidRequest */

/* Conditionals of the input (IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince; o NULL: no such object).
 * For reads (RFC 9110 order): PreconditionFailed 412, or 304 with c->status. For writes: IfMatch and IfNoneMatch:*
 * only: PreconditionFailed, NoSuchKey for If-Match without an object. */
bool conditions_read(struct call *c, const struct object *o);
bool conditions_write(struct call *c, const struct object *o);
bool conditions_source(struct call *c, const struct object *o); /* x-amz-copy-source-if-...: PreconditionFailed */
str etag_quoted(struct arena *a, str etag);
bool etag_listed(str list, str etag); /* "a", W/"b", c and *; etag without quotes */

/* Is this action allowed on the object of the call that is there (or, for s3:ListBucket, on its bucket)? Refuses. What
 * goes with making an object is asked of c->resource by call_must. */
bool must_allow(struct call *c, const char *action);
bool must_allow_version(struct call *c, const char *plain, const char *versioned); /* by the input's VersionId */
/* The version that the call names in VersionId (absent: the current one), for reading: it is there and no delete
 * marker. Fails as GetObject does, with x-amz-delete-marker, x-amz-version-id, Allow and Last-Modified. */
bool object_of_input(struct call *c, struct db *db, struct object *out);
/* "null", or 32 characters that can be a version. Fails: InvalidArgument. */
bool version_of_input(struct call *c, str *out);
/* For VersionId of an answer; absent in a bucket that never had versions. */
str version_shown(const struct bucket *b, const struct object *o);

/* Faults of S3 that several files use. */
extern const struct fault no_such_bucket, no_such_key, no_such_version, no_such_upload, invalid_argument,
	invalid_request, malformed_xml, precondition_failed, method_not_allowed, access_denied, not_implemented,
	invalid_range, bad_digest, entity_too_large, invalid_part, invalid_part_order, entity_too_small,
	bucket_not_empty, invalid_tag, key_too_long, bad_request, invalid_digest, invalid_storage_class,
	metadata_too_large, invalid_part_number, invalid_object_state;
