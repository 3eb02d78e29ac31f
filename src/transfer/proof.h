/* Checksums of objects: what S3 keeps about one, and whether what came down is that. Source: Amazon S3 User Guide,
 * "Checking object integrity". */
#pragma once

#include "base/digest.h"
#include "wire/val.h"

enum proof_form {
	PROOF_NONE, /* nothing to compare with */
	PROOF_WHOLE, /* of the whole object, from its beginning to its end */
	PROOF_PARTS, /* of the sums of its parts */
};

struct proof {
	enum proof_form form;
	enum digest_kind kind;
	uint8_t value[DIGEST_MAX];
	int64_t parts; /* PROOF_PARTS; 0: it is not known how many */
};

/* Of an answer to HeadObject or GetObject: the best that can be compared. An ETag is an MD5 unless the object is
 * encrypted with a key of KMS or of the client's. */
struct proof proof_of(const struct val *answer);
/* Can the sum of the whole be put together from sums of pieces? */
bool proof_combines(const struct proof *s);
/* The member of requests and answers that carries it: "ChecksumCRC32"; NULL for MD5. */
const char *proof_member(enum digest_kind kind);
/* S3's name: "CRC64NVME". */
const char *proof_name(enum digest_kind kind);
/* base64 */
str proof_text(struct arena *a, const struct digest_value *v);
