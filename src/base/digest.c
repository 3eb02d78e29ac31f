#include "base/digest.h"

#include "base/crc.h"
#include "base/log.h"
#include "base/xxh.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

enum { HASHES = 4, SPARE = 8, HMAC_BLOCK = 64 };

static EVP_MD *hashes[HASHES];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit;

/* Making a context costs more than hashing a short text, so each thread keeps some, by kind: one that stays with its
 * hash keeps its inner state too. */
struct spare {
	EVP_MD_CTX *md[HASHES][SPARE];
	size_t n[HASHES];
	bool owned; /* the thread's end knows of it */
};
static _Thread_local struct spare spare;

static void free_spare(void *p) {
	struct spare *s = p;
	for (int kind = 0; kind < HASHES; kind++) {
		while (s->n[kind]) {
			EVP_MD_CTX_free(s->md[kind][--s->n[kind]]);
		}
	}
	s->owned = false;
}

static void fetch_all(void) {
	static const char *const names[HASHES] = { "MD5", "SHA1", "SHA256", "SHA512" };
	for (int kind = 0; kind < HASHES; kind++) {
		hashes[kind] = EVP_MD_fetch(NULL, names[kind], NULL);
		if (!hashes[kind]) {
			bug("OpenSSL has no %s", names[kind]);
		}
	}
	if (pthread_key_create(&at_exit, free_spare)) {
		bug("no thread key");
	}
}

/* Which of OpenSSL's a kind is; -1: none. */
static int hash_of(enum digest_kind kind) {
	return kind <= DIGEST_SHA256 ? (int)kind : kind == DIGEST_SHA512 ? 3 : -1;
}

static bool is_crc(enum digest_kind kind) {
	return kind >= DIGEST_CRC32 && kind <= DIGEST_CRC64NVME;
}

static EVP_MD_CTX *take_context(int kind) {
	pthread_once(&once, fetch_all);
	bool kept = spare.n[kind] > 0;
	EVP_MD_CTX *md = kept ? spare.md[kind][--spare.n[kind]] : EVP_MD_CTX_new();
	if (!md || !EVP_DigestInit_ex2(md, kept ? NULL : hashes[kind], NULL)) {
		bug("OpenSSL cannot start a hash");
	}
	return md;
}

static void give_context(int kind, EVP_MD_CTX *md) {
	if (spare.n[kind] == SPARE) {
		EVP_MD_CTX_free(md);
		return;
	}
	if (!spare.owned) {
		spare.owned = pthread_setspecific(at_exit, &spare) == 0;
	}
	spare.md[kind][spare.n[kind]++] = md;
}

size_t digest_size(enum digest_kind kind) {
	static const size_t sizes[DIGEST_KINDS] = { 16, 20, 32, 4, 4, 8, 64, 8, 8, 16 };
	return sizes[kind];
}

void digest_init(struct digest *d, enum digest_kind kind) {
	*d = (struct digest){ .kind = kind };
	if (is_crc(kind)) {
		d->crc = crc_start(kind);
	} else {
		d->md = hash_of(kind) >= 0 ? take_context(hash_of(kind)) : xxh_begin(kind);
	}
}

void digest_update(struct digest *d, const void *p, size_t n) {
	if (is_crc(d->kind)) {
		d->crc = crc_update(d->kind, d->crc, p, n);
	} else if (n && hash_of(d->kind) < 0) {
		xxh_update(d->kind, d->md, p, n);
	} else if (n && !EVP_DigestUpdate(d->md, p, n)) {
		bug("OpenSSL cannot hash");
	}
}

struct digest_value digest_finish(struct digest *d) {
	if (is_crc(d->kind)) {
		return crc_bytes(d->kind, d->crc ^ crc_start(d->kind));
	}
	struct digest_value v = { .n = digest_size(d->kind) };
	if (hash_of(d->kind) < 0) {
		v = xxh_end(d->kind, d->md);
		d->md = NULL;
		return v;
	}
	if (!EVP_DigestFinal_ex(d->md, v.p, NULL)) {
		bug("OpenSSL cannot end a hash");
	}
	digest_drop(d);
	return v;
}

void digest_drop(struct digest *d) {
	if (d->md && hash_of(d->kind) < 0) {
		xxh_drop(d->md);
	} else if (d->md) {
		give_context(hash_of(d->kind), d->md);
	}
	d->md = NULL;
}

struct digest_value digest_of(enum digest_kind kind, str s) {
	struct digest d;
	digest_init(&d, kind);
	digest_update(&d, s.p, s.n);
	return digest_finish(&d);
}

static void update_padded(struct digest *d, str key, uint8_t with) {
	uint8_t block[HMAC_BLOCK];
	memset(block, with, sizeof(block));
	for (size_t i = 0; i < key.n; i++) {
		block[i] ^= (uint8_t)key.p[i];
	}
	digest_update(d, block, sizeof(block));
	OPENSSL_cleanse(block, sizeof(block));
}

/* RFC 2104 on the pooled contexts: EVP_MAC makes and frees its state at every call, which costs three times as much. */
static struct digest_value hmac(enum digest_kind kind, str key, str text) {
	struct digest d;
	struct digest_value v;
	if (key.n > HMAC_BLOCK) {
		v = digest_of(kind, key);
		key = digest_str(&v);
	}
	digest_init(&d, kind);
	update_padded(&d, key, 0x36);
	digest_update(&d, text.p, text.n);
	struct digest_value inner = digest_finish(&d);
	digest_init(&d, kind);
	update_padded(&d, key, 0x5c);
	digest_update(&d, inner.p, inner.n);
	return digest_finish(&d);
}

struct digest_value hmac_sha256(str key, str text) {
	return hmac(DIGEST_SHA256, key, text);
}
struct digest_value hmac_sha1(str key, str text) {
	return hmac(DIGEST_SHA1, key, text);
}

bool secret_eq(str a, str b) {
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}
