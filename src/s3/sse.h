/* Server-side encryption: what a request, a bucket or an upload asks for, and who may read what is encrypted (docs:
 * Amazon S3 User Guide, "Protecting data with server-side encryption"; the sentences are AWS's).
 *
 * SSE-S3 and SSE-KMS seal a body's key under the seal file's key; there is no KMS yet, so the only KMS key is the
 * account's aws/s3. SSE-C seals it under the customer's key, of which a salted digest alone is kept. A bucket's default
 * applies where a request says nothing; where the bucket has none of its own either, answers say AES256 as AWS's do,
 * but the body is plain. */
#pragma once

#include "core/seal.h"
#include "s3/meta.h"

struct sse {
	str how; /* "AES256", "aws:kms", "aws:kms:dsse"; absent: SSE-C */
	str key, context; /* SSE-KMS: the key's ARN; the encryption context as it was sent, absent: none */
	bool bucket_key;
	str check; /* SSE-C: salt and digest of the key, in hex */
	const struct seal *seal; /* what the body's key is sealed under; NULL: the body is plain */
};

/* Of a new object (or an upload, which decides for its parts), by the input's headers or its bucket's default. Fails:
 * InvalidArgument, InvalidEncryptionAlgorithmError, KMS.NotFoundException, AccessDenied (the bucket blocks SSE-C). */
bool sse_of_input(struct call *c, struct sse *out);
/* meta with this, and without what it said of another's encryption. */
str sse_keep(struct arena *a, str meta, const struct sse *sse);
/* Of a part: its upload's, whose meta this is. An SSE-C upload's key must come again with every part. */
bool sse_of_upload(struct call *c, str meta, struct sse *out);
/* For the body that sum goes over: encrypted as this has it, and its ETag an MD5 or not. */
void sse_apply(const struct sse *sse, struct checksum *sum);

/* Before an object is read, or its head is shown: the right key comes with the request, or none where none is needed.
 * Sets o->seal. Fails: InvalidRequest, AccessDenied. */
bool sse_open(struct call *c, struct object *o);
bool sse_open_source(struct call *c, struct object *o); /* of a copy: by x-amz-copy-source-... */
/* Is the body of an object with this meta encrypted? Then o->seal must have been set before it is read. */
bool sse_sealed(str meta);

/* ServerSideEncryption, SSEKMSKeyId, ..., SSECustomerKeyMD5 of the output, as far as it has them. */
void sse_show(struct call *c, str meta);
