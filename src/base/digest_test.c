#include "base/digest.h"

#include "base/crc.h"
#include "base/rand.h"
#include "base/tap.h"

#include <pthread.h>

static str hex(struct arena *a, struct digest_value v) {
	struct buf b = { .arena = a };
	put_hex(&b, digest_str(&v));
	return buf_str(&b);
}

static void test_vectors(struct arena *a) {
	static const struct {
		const char *text, *sum[DIGEST_KINDS];
	} rows[] = {
		{ "",
		  { "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "00000000", "00000000",
		    "0000000000000000",
		    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
		    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
		    "ef46db3751d8e999", "2d06800538d394c2", "99aa06d3014798d86001c324468d497f" } },
		{ "abc",
		  { "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "352441c2", "364b3fb7", NULL,
		    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		    "44bc2cf5ad770999", "78af5f94892f3950", "06b05ab6733a618578af5f94892f3950" } },
		{ "123456789",
		  { "25f9e794323b453885f5181f1b624d0b", "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225", "cbf43926", "e3069283",
		    "ae8b14860a799888" } },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (enum digest_kind kind = 0; kind < DIGEST_KINDS; kind++) {
			if (rows[i].sum[kind]) {
				CHECK_STR(hex(a, digest_of(kind, str_from(rows[i].text))), str_from(rows[i].sum[kind]));
			}
		}
	}
}

/* RFC 4231 cases 1 to 3 and 6, RFC 2202 for SHA-1. */
static void test_hmac(struct arena *a) {
	char key[131], text[50];
	memset(key, 0x0b, 20);
	CHECK_STR(hex(a, hmac_sha256((str){ key, 20 }, S("Hi There"))),
		  S("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
	CHECK_STR(hex(a, hmac_sha1((str){ key, 20 }, S("Hi There"))), S("b617318655057264e28bc0b6fb378c8ef146be00"));
	CHECK_STR(hex(a, hmac_sha256(S("Jefe"), S("what do ya want for nothing?"))),
		  S("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	CHECK_STR(hex(a, hmac_sha1(S("Jefe"), S("what do ya want for nothing?"))),
		  S("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
	memset(key, 0xaa, sizeof(key));
	memset(text, 0xdd, sizeof(text));
	CHECK_STR(hex(a, hmac_sha256((str){ key, 20 }, (str){ text, sizeof(text) })),
		  S("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"));
	CHECK_STR(hex(a, hmac_sha256((str){ key, 131 }, S("Test Using Larger Than Block-Size Key - Hash Key First"))),
		  S("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
	CHECK_STR(hex(a, hmac_sha256((str){ 0 }, (str){ 0 })),
		  S("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

/* Any cut of any length gives the same value; the fast paths agree with the tables; parts combine. */
static void test_pieces(struct arena *a) {
	size_t size = 3000;
	char *bytes = arena_alloc(a, size);
	rand_bytes(bytes, size);
	bool same = true, combined = true, plain = true;
	for (int round = 0; round < 2000; round++) {
		size_t from = rand_u64() % 20, n = rand_u64() % (size - from), cut = n ? rand_u64() % n : 0;
		const char *p = bytes + from;
		enum digest_kind kind = (enum digest_kind)(rand_u64() % DIGEST_KINDS);
		struct digest_value whole = digest_of(kind, (str){ p, n });
		struct digest d;
		digest_init(&d, kind);
		digest_update(&d, p, cut);
		digest_update(&d, p + cut, n - cut);
		struct digest_value v = digest_finish(&d);
		same = same && str_eq(digest_str(&v), digest_str(&whole));
		if (kind >= DIGEST_CRC32 && kind <= DIGEST_CRC64NVME) {
			struct digest_value x = digest_of(kind, (str){ p, cut });
			struct digest_value y = digest_of(kind, (str){ p + cut, n - cut });
			uint64_t both = crc_combine(kind, crc_value(&x), crc_value(&y), n - cut);
			combined = combined && both == crc_value(&whole);
			uint64_t reg = crc_update_plain(kind, crc_start(kind), p, n) ^ crc_start(kind);
			plain = plain && reg == crc_value(&whole);
		}
	}
	CHECK(same);
	CHECK(combined);
	CHECK(plain);
}

static void *hash_in_thread(void *arg) {
	struct digest d[20];
	for (int i = 0; i < 20; i++) {
		digest_init(&d[i], DIGEST_SHA256);
		digest_update(&d[i], "abc", 3);
	}
	for (int i = 0; i < 20; i++) {
		digest_drop(&d[i]);
		digest_drop(&d[i]);
	}
	return arg;
}

int main(void) {
	AUTO_ARENA a = { 0 };
	pthread_t t;
	test_vectors(&a);
	test_hmac(&a);
	test_pieces(&a);
	/* 1 GiB of zeros after "123456789": the shift is exact over 32 bits of length and more. */
	uint64_t crc = 0xcbf43926, gib = (uint64_t)1 << 30;
	uint64_t once = crc_combine(DIGEST_CRC32, crc, 0, 8 * gib);
	for (int i = 0; i < 8; i++) {
		crc = crc_combine(DIGEST_CRC32, crc, 0, gib);
	}
	CHECK(crc == once);
	CHECK(crc_combine(DIGEST_CRC64NVME, 5, 0, 0) == 5);
	CHECK(secret_eq(S("abc"), S("abc")) && !secret_eq(S("abc"), S("abd")) && !secret_eq(S("abc"), S("ab")));
	CHECK(pthread_create(&t, NULL, hash_in_thread, NULL) == 0 && pthread_join(t, NULL) == 0);
	struct digest none = { 0 };
	digest_drop(&none);
	return tap_done();
}
