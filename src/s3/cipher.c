#include "s3/cipher.h"

#include "base/log.h"
#include "base/rand.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

enum { KEY = 32, IV = 12, SEALED = 60 };

#define MAGIC S("AEB1")

static EVP_CIPHER *gcm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Looking a cipher up costs as much as encrypting some KiB. */
static void fetch(void) {
	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (!gcm) {
		bug("OpenSSL has no AES-256-GCM");
	}
}

static void drop(void *p) {
	EVP_CIPHER_CTX_free(p);
}

static EVP_CIPHER_CTX *context(struct arena *a) {
	pthread_once(&once, fetch);
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	if (!x) {
		bug("no memory for a cipher");
	}
	arena_defer(a, drop, x);
	return x;
}

static void big_endian(uint8_t *to, int64_t n) {
	for (int i = 7; i >= 0; i--) {
		to[i] = (uint8_t)n;
		n >>= 8;
	}
}

static void nonce(uint8_t iv[IV], int64_t chunk) {
	memset(iv, 0, IV);
	big_endian(iv + IV - 8, chunk);
}

/* --- in --- */

struct encryption {
	EVP_CIPHER_CTX *x;
	struct blob_writer *to;
	uint8_t id[8];
	int64_t chunk;
	struct buf plain, sealed; /* of one chunk: a small body needs little room */
};

struct encryption *encrypt_begin(struct arena *a, const struct seal *under, struct blob_writer *to) {
	struct encryption *e = NEW(a, struct encryption);
	uint8_t key[KEY];
	*e = (struct encryption){ .x = context(a), .to = to, .plain = { .arena = a }, .sealed = { .arena = a } };
	big_endian(e->id, blob_id(to));
	rand_bytes(key, sizeof(key));
	str sealed = seal_close(under, a, (str){ (const char *)key, sizeof(key) });
	if (sealed.n != SEALED || EVP_EncryptInit_ex2(e->x, gcm, key, NULL, NULL) != 1) {
		bug("AES-GCM does not begin");
	}
	OPENSSL_cleanse(key, sizeof(key));
	/* What goes wrong with the writer it says again at the next append, and at its end. */
	if (!blob_append(to, MAGIC.p, MAGIC.n)) {
		blob_append(to, sealed.p, sealed.n);
	}
	return e;
}

static int put_chunk(struct encryption *e, const char *p, size_t n) {
	uint8_t iv[IV], *sealed = (uint8_t *)buf_room(&e->sealed, n + CIPHER_TAG);
	int got = 0, last = 0;
	nonce(iv, e->chunk++);
	bool ok = EVP_EncryptInit_ex2(e->x, NULL, NULL, iv, NULL) == 1 &&
		  EVP_EncryptUpdate(e->x, NULL, &got, e->id, sizeof(e->id)) == 1 &&
		  EVP_EncryptUpdate(e->x, sealed, &got, (const uint8_t *)p, (int)n) == 1 &&
		  EVP_EncryptFinal_ex(e->x, sealed + got, &last) == 1 &&
		  EVP_CIPHER_CTX_ctrl(e->x, EVP_CTRL_GCM_GET_TAG, CIPHER_TAG, sealed + n) == 1;
	if (!ok) {
		bug("AES-GCM does not work");
	}
	return blob_append(e->to, sealed, n + CIPHER_TAG);
}

int encrypt_append(struct encryption *e, const void *bytes, size_t n) {
	struct buf *plain = &e->plain;
	const char *p = bytes;
	int rc = 0;
	while (n && !rc) {
		size_t k = n < CIPHER_CHUNK - plain->n ? n : CIPHER_CHUNK - plain->n;
		if (k == CIPHER_CHUNK) {
			rc = put_chunk(e, p, k);
		} else {
			put(plain, (str){ p, k });
		}
		if (plain->n == CIPHER_CHUNK) {
			rc = encrypt_finish(e);
		}
		p += k;
		n -= k;
	}
	return rc;
}

int encrypt_finish(struct encryption *e) {
	int rc = e->plain.n ? put_chunk(e, e->plain.p, e->plain.n) : 0;
	e->plain.n = 0;
	return rc;
}

/* --- out --- */

struct decryption {
	EVP_CIPHER_CTX *x;
	uint8_t id[8];
};

int decrypt_begin(struct arena *a, const struct seal *under, int64_t blob, str head, struct decryption **out) {
	str key;
	if (head.n != CIPHER_HEAD || !str_starts(head, MAGIC) || !seal_read(under, a, str_skip(head, MAGIC.n), &key) ||
	    key.n != KEY) {
		return -EBADMSG;
	}
	struct decryption *d = *out;
	if (!d) {
		d = *out = NEW(a, struct decryption);
		d->x = context(a);
	}
	big_endian(d->id, blob);
	return EVP_DecryptInit_ex2(d->x, gcm, (const uint8_t *)key.p, NULL, NULL) == 1 ? 0 : -EBADMSG;
}

int decrypt_chunk(struct decryption *d, int64_t i, str sealed, char *to) {
	uint8_t iv[IV], tag[CIPHER_TAG];
	int got = 0, last = 0;
	if (sealed.n <= CIPHER_TAG) {
		return -EBADMSG;
	}
	size_t n = sealed.n - CIPHER_TAG;
	nonce(iv, i);
	memcpy(tag, sealed.p + n, sizeof(tag));
	bool ok = EVP_DecryptInit_ex2(d->x, NULL, NULL, iv, NULL) == 1 &&
		  EVP_DecryptUpdate(d->x, NULL, &got, d->id, sizeof(d->id)) == 1 &&
		  EVP_DecryptUpdate(d->x, (uint8_t *)to, &got, (const uint8_t *)sealed.p, (int)n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(d->x, EVP_CTRL_GCM_SET_TAG, CIPHER_TAG, tag) == 1 &&
		  EVP_DecryptFinal_ex(d->x, (uint8_t *)to + got, &last) == 1;
	return ok ? 0 : -EBADMSG;
}
