#include "core/seal.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/rand.h"

#include <errno.h>
#include <openssl/evp.h>

enum { IV = 12, TAG = 16 };

int seal_open(struct seal *s, const char *path) {
	AUTO_ARENA a = { 0 };
	str bytes;
	int rc = file_read(&a, path, sizeof(s->key), &bytes);
	if (rc == -ENOENT) {
		rand_bytes(s->key, sizeof(s->key));
		return file_write(path, (str){ (const char *)s->key, sizeof(s->key) }, 0600);
	}
	if (rc || bytes.n != sizeof(s->key)) {
		return rc ? rc : -EINVAL;
	}
	memcpy(s->key, bytes.p, sizeof(s->key));
	return 0;
}

static void leave(EVP_CIPHER_CTX **c) {
	EVP_CIPHER_CTX_free(*c);
}

#define AUTO_CIPHER __attribute__((cleanup(leave))) EVP_CIPHER_CTX *

str seal_close(const struct seal *s, struct arena *a, str secret) {
	AUTO_CIPHER c = EVP_CIPHER_CTX_new();
	uint8_t *out = arena_alloc(a, IV + TAG + secret.n + 1);
	int n = 0;
	rand_bytes(out, IV);
	bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->key, out) == 1 &&
		  EVP_EncryptUpdate(c, out + IV + TAG, &n, (const uint8_t *)secret.p, (int)secret.n) == 1 &&
		  EVP_EncryptFinal_ex(c, out + IV + TAG + n, &n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, out + IV) == 1;
	if (!ok) {
		bug("AES-GCM does not work");
	}
	return (str){ (const char *)out, IV + TAG + secret.n };
}

bool seal_read(const struct seal *s, struct arena *a, str sealed, str *secret) {
	AUTO_CIPHER c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	if (!c || sealed.n < IV + TAG) {
		return false;
	}
	uint8_t tag[TAG], *out = arena_alloc(a, sealed.n + 1);
	const uint8_t *in = (const uint8_t *)sealed.p;
	memcpy(tag, in + IV, TAG);
	bool ok = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->key, in) == 1 &&
		  EVP_DecryptUpdate(c, out, &n, in + IV + TAG, (int)(sealed.n - IV - TAG)) == 1 &&
		  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
		  EVP_DecryptFinal_ex(c, out + n, &last) == 1;
	*secret = (str){ (const char *)out, sealed.n - IV - TAG };
	return ok;
}
