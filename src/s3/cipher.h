/* Bodies that are encrypted at rest. Each has a data key of its own, which its first bytes hold sealed under another
 * key: the seal file's, or one that a customer sends. Behind it come chunks of 64 KiB, each by AES-256-GCM with its
 * number as the nonce and the body's id as what is authenticated besides: a chunk that was changed, cut off, moved or
 * taken from another body does not open. Any chunk can be read alone.
 *
 *   magic (4)  sealed data key (60)  chunk (1 to 64 KiB)  its tag (16)  chunk  tag ...
 */
#pragma once

#include "core/seal.h"
#include "core/store.h"

enum { CIPHER_CHUNK = 64 * 1024, CIPHER_TAG = 16, CIPHER_HEAD = 64 };

/* Results are 0 or -errno. */
struct encryption;
struct encryption *encrypt_begin(struct arena *a, const struct seal *under, struct blob_writer *to);
int encrypt_append(struct encryption *e, const void *p, size_t n);
int encrypt_finish(struct encryption *e); /* the writer is not finished by that */

struct decryption;
/* *out is NULL, or one that is to be used again. -EBADMSG: the head is none, or its key was sealed under another. */
int decrypt_begin(struct arena *a, const struct seal *under, int64_t blob, str head, struct decryption **out);
/* Chunk number i, of n bytes with its tag, into room for n bytes. -EBADMSG: it is not what was written. */
int decrypt_chunk(struct decryption *d, int64_t i, str sealed, char *to);

static inline int64_t cipher_at(int64_t chunk) { /* where a chunk begins */
	return CIPHER_HEAD + chunk * (CIPHER_CHUNK + CIPHER_TAG);
}
static inline int64_t cipher_size(int64_t n) { /* of a body with n bytes of content */
	return CIPHER_HEAD + n + (n + CIPHER_CHUNK - 1) / CIPHER_CHUNK * CIPHER_TAG;
}
