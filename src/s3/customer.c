#include "s3/customer.h"

#include "base/digest.h"
#include "base/rand.h"
#include "s3/listing.h"
#include "s3/meta.h"

#define PREFIX "server-side-encryption-customer-"
#define MUST "Requests specifying Server Side Encryption with Customer provided keys must provide "

enum { SALT = 16 };

static const struct fault bad_algorithm = { "InvalidEncryptionAlgorithmError", 400 };

const struct customer_headers customer_headers = { "x-amz-" PREFIX "algorithm", "x-amz-" PREFIX "key",
						   "x-amz-" PREFIX "key-md5" };
const struct customer_headers customer_source_headers = { "x-amz-copy-source-" PREFIX "algorithm",
							  "x-amz-copy-source-" PREFIX "key",
							  "x-amz-copy-source-" PREFIX "key-md5" };

bool customer_sent(const struct call *c, const struct customer_headers *h) {
	const struct head *head = &c->x->head;
	return head_get(head, h->algorithm).p || head_get(head, h->key).p || head_get(head, h->md5).p;
}

str customer_md5(const struct call *c, const struct customer_headers *h) {
	return head_get(&c->x->head, h->md5);
}

static bool bad(struct call *c, str value, const char *sentence) {
	return fail_argument(c, "x-amz-server-side-encryption", value, sentence);
}

static bool algorithm_ok(struct call *c, str algorithm) {
	if (!algorithm.n) {
		return bad(c, S("null"), MUST "a valid encryption algorithm.");
	}
	if (str_is(algorithm, "AES256")) {
		return true;
	}
	fail(c, &bad_algorithm, "The Encryption request you specified is not valid. Supported value: AES256.");
	fail_detail(c, "ArgumentName", S("x-amz-server-side-encryption"));
	fail_detail(c, "ArgumentValue", algorithm);
	return false;
}

bool customer_key(struct call *c, const struct customer_headers *h, struct seal *out) {
	str text = head_get(&c->x->head, h->key), sent = customer_md5(c, h), key, md5;
	if (!algorithm_ok(c, head_get(&c->x->head, h->algorithm))) {
		return false;
	}
	if (!text.n) {
		return bad(c, S("null"), MUST "an appropriate secret key.");
	}
	if (!sent.n) {
		return bad(c, S("null"), MUST "the client calculated MD5 of the secret key.");
	}
	bool read = base64_decode(c->arena, text, &key);
	struct digest_value v = digest_of(DIGEST_MD5, read ? key : S(""));
	if (read && (!base64_decode(c->arena, sent, &md5) || !str_eq(md5, digest_str(&v)))) {
		return bad(c, S("null"),
			   "The calculated MD5 hash of the key did not match the hash that was provided.");
	}
	if (!read || key.n != sizeof(out->key)) {
		return bad(c, S("null"), "The secret key was invalid for the specified algorithm.");
	}
	memcpy(out->key, key.p, key.n);
	return true;
}

static void put_check(struct buf *b, str salt, const struct seal *key) {
	struct digest_value v = hmac_sha256((str){ (const char *)key->key, sizeof(key->key) }, salt);
	put_hex(b, salt);
	put_hex(b, digest_str(&v));
}

str customer_check(struct arena *a, const struct seal *key) {
	struct buf b = { .arena = a };
	char salt[SALT];
	rand_bytes(salt, sizeof(salt));
	put_check(&b, (str){ salt, sizeof(salt) }, key);
	return buf_str(&b);
}

bool customer_matches(struct arena *a, str check, const struct seal *key) {
	struct buf b = { .arena = a };
	str raw;
	if (!hex_decode(a, check, &raw) || raw.n < SALT) {
		return false;
	}
	put_check(&b, (str){ raw.p, SALT }, key);
	return secret_eq(buf_str(&b), check);
}
