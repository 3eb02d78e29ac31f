/* Checksums over streams. MD5 and the SHAs by OpenSSL; the CRCs are our own: CRC-32 (ISO-HDLC, zlib's), CRC-32C
 * (Castagnoli), CRC-64/NVME; XXH64 and XXH3 (seed 0) by their author's header. Results are bytes in network order (of
 * the XXHs: the canonical form), as S3 gives them. */
#pragma once

#include "base/buf.h"

/* Kept in rows by their numbers. */
enum digest_kind {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_CRC32,
	DIGEST_CRC32C,
	DIGEST_CRC64NVME,
	DIGEST_SHA512,
	DIGEST_XXHASH64,
	DIGEST_XXHASH3, /* 64 bits */
	DIGEST_XXHASH128,
	DIGEST_KINDS
};

enum { DIGEST_MAX = 64 };

struct digest {
	enum digest_kind kind;
	uint64_t crc;
	void *md; /* EVP_MD_CTX, from a pool; or the state of an XXH */
};

struct digest_value {
	uint8_t p[DIGEST_MAX];
	size_t n;
};

void digest_init(struct digest *d, enum digest_kind kind);
void digest_update(struct digest *d, const void *p, size_t n);
struct digest_value digest_finish(struct digest *d); /* the value; the context goes back */
void digest_drop(struct digest *d); /* without a value; zeroed or finished is fine */
struct digest_value digest_of(enum digest_kind kind, str s);
size_t digest_size(enum digest_kind kind);
static inline str digest_str(const struct digest_value *v) {
	return (str){ (const char *)v->p, v->n };
}

/* The CRC of a followed by b, from their CRCs and b's length (for the full-object checksum of parts). */
uint64_t crc_combine(enum digest_kind kind, uint64_t a, uint64_t b, uint64_t b_len);
uint64_t crc_value(const struct digest_value *v);
struct digest_value crc_bytes(enum digest_kind kind, uint64_t crc);

struct digest_value hmac_sha256(str key, str text);
struct digest_value hmac_sha1(str key, str text);
bool secret_eq(str a, str b); /* in constant time for equal lengths */
