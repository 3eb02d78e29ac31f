/* Encrypted bodies: what is written comes back chunk by chunk, and nothing else does. */
#include "s3/cipher.h"

#include "base/tap.h"

#include <errno.h>
#include <stdlib.h>

static struct store *store;
static const struct seal under = { .key = "a key of thirty-two bytes, no mo" }, other = { .key = "another one" };

static int nothing(struct db *db, void *arg) {
	(void)arg;
	return db_error(db);
}

struct body {
	int64_t id;
	size_t n;
	char *plain, *sealed; /* sealed has cipher_size(n) bytes */
};

/* Written in pieces of so many bytes, and read back as it lies there. */
static struct body write_body(struct arena *a, size_t n, size_t piece) {
	struct blob_writer *w = blob_begin(store, a);
	struct encryption *e = encrypt_begin(a, &under, w);
	struct body b = { .id = blob_id(w), .n = n, .plain = arena_alloc(a, n + 1) };
	int rc = 0;
	for (size_t i = 0; i < n; i++) {
		b.plain[i] = (char)(i * 7 + i / 1000);
	}
	for (size_t at = 0; !rc && at < n; at += piece) {
		rc = encrypt_append(e, b.plain + at, n - at < piece ? n - at : piece);
	}
	CHECK_INT(rc, 0);
	CHECK_INT(encrypt_finish(e), 0);
	CHECK_INT(blob_finish(w), 0);
	CHECK_INT(blob_size(w), cipher_size((int64_t)n));
	struct work work = { .run = nothing, .blobs = &w, .n_blobs = 1 };
	CHECK_INT(store_write(store, &work), 0);
	return b;
}

static void read_sealed(struct arena *a, struct body *b) {
	int64_t size = cipher_size((int64_t)b->n);
	struct db *db = store_reader(store);
	b->sealed = arena_alloc(a, (size_t)size);
	CHECK_INT(blob_read(db, b->id, 0, size, b->sealed), 0);
	store_reader_done(store, db);
}

static str chunk_of(const struct body *b, int64_t i) {
	size_t left = b->n - (size_t)i * CIPHER_CHUNK;
	return (str){ b->sealed + cipher_at(i), (left < CIPHER_CHUNK ? left : CIPHER_CHUNK) + CIPHER_TAG };
}

/* Number i, from the last to the first. */
static bool opens(struct arena *a, const struct body *b) {
	struct decryption *d = NULL;
	char *to = arena_alloc(a, CIPHER_CHUNK);
	bool same = decrypt_begin(a, &under, b->id, (str){ b->sealed, CIPHER_HEAD }, &d) == 0;
	for (int64_t i = ((int64_t)b->n - 1) / CIPHER_CHUNK; same && b->n && i >= 0; i--) {
		str chunk = chunk_of(b, i);
		same = decrypt_chunk(d, i, chunk, to) == 0 &&
		       memcmp(to, b->plain + i * CIPHER_CHUNK, chunk.n - CIPHER_TAG) == 0;
	}
	return same;
}

static void sizes_test(void) {
	static const size_t sizes[] = { 0, 1, 4096, CIPHER_CHUNK - 1, CIPHER_CHUNK, CIPHER_CHUNK + 1, 300000 };
	static const size_t pieces[] = { 1000, 65536, 65537, 300000 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (size_t k = 0; k < sizeof(pieces) / sizeof(*pieces); k++) {
			AUTO_ARENA a = { 0 };
			struct body b = write_body(&a, sizes[i], pieces[k]);
			read_sealed(&a, &b);
			CHECK(opens(&a, &b));
			CHECK(b.n < 32 || !memmem(b.sealed, (size_t)cipher_size((int64_t)b.n), b.plain, 32));
		}
	}
}

static void tampering_test(void) {
	static const size_t places[] = { 0, 4, 20, 63, 64, 100, 64 + 5000, 64 + 5000 + 15 };
	AUTO_ARENA a = { 0 };
	struct body b = write_body(&a, 5000, 5000);
	read_sealed(&a, &b);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		b.sealed[places[i]] ^= 1;
		CHECK(!opens(&a, &b));
		b.sealed[places[i]] ^= 1;
	}
	CHECK(opens(&a, &b));
	b.id++;
	CHECK(!opens(&a, &b));
	b.id--;
	struct decryption *d = NULL;
	str head = { b.sealed, CIPHER_HEAD };
	CHECK_INT(decrypt_begin(&a, &other, b.id, head, &d), -EBADMSG);
	CHECK_INT(decrypt_begin(&a, &under, b.id, (str){ b.sealed, CIPHER_HEAD - 1 }, &d), -EBADMSG);
	CHECK_INT(decrypt_begin(&a, &under, b.id, head, &d), 0);
	str chunk = chunk_of(&b, 0);
	char *to = arena_alloc(&a, CIPHER_CHUNK);
	CHECK_INT(decrypt_chunk(d, 1, chunk, to), -EBADMSG);
	CHECK_INT(decrypt_chunk(d, 0, (str){ chunk.p, chunk.n - 1 }, to), -EBADMSG);
	CHECK_INT(decrypt_chunk(d, 0, (str){ chunk.p, CIPHER_TAG }, to), -EBADMSG);
	CHECK_INT(decrypt_chunk(d, 0, chunk, to), 0);
}

static void keys_test(void) {
	AUTO_ARENA a = { 0 };
	struct body one = write_body(&a, 100, 100), two = write_body(&a, 100, 100);
	read_sealed(&a, &one);
	read_sealed(&a, &two);
	CHECK(memcmp(one.sealed + CIPHER_HEAD, two.sealed + CIPHER_HEAD, 100) != 0);
}

int main(void) {
	static const struct store_table tables[] = { { 0 } };
	char dir[] = "/tmp/aerostat-cipher-XXXXXX", tidy[64];
	struct arena top = { 0 };
	str why;
	if (!mkdtemp(dir) || store_open(&top, &store, dir, tables, &why)) {
		return 1;
	}
	sizes_test();
	tampering_test();
	keys_test();
	store_close(store);
	arena_free(&top);
	snprintf(tidy, sizeof(tidy), "rm -rf %s", dir);
	CHECK_INT(system(tidy), 0);
	return tap_done();
}
