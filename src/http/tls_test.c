#include "http/tls.h"

#include "base/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const domains[] = { "localhost", "amazonaws.com", NULL };
static char folder[64];
static struct tls *tls;
static SSL_CTX *client;

/* A client and our end on a pair of sockets, in one thread: neither blocks. */
struct pair {
	int ours, theirs;
	SSL *ssl;
	struct tls_end *end;
};

static void open_pair(struct pair *p, const char *name, const char *host) {
	int fds[2];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	*p = (struct pair){ .ours = fds[0], .theirs = fds[1], .ssl = SSL_new(client) };
	SSL_set_fd(p->ssl, p->theirs);
	SSL_set_connect_state(p->ssl);
	if (name) {
		SSL_set_tlsext_host_name(p->ssl, (uintptr_t)name);
	}
	p->end = tls_begin(tls, p->ours, (str){ 0 }, str_from(host));
}

static void close_pair(struct pair *p) {
	SSL_free(p->ssl);
	tls_free(p->end);
	close(p->ours);
	close(p->theirs);
	ERR_clear_error();
}

/* How the handshake ended at our end. */
static int shake(struct pair *p) {
	int rc = -EAGAIN;
	for (int i = 0; i < 20 && rc == -EAGAIN; i++) {
		SSL_do_handshake(p->ssl);
		rc = tls_shake(p->end);
	}
	SSL_do_handshake(p->ssl);
	return rc;
}

static bool names(const struct pair *p, const char *host) {
	X509 *cert = SSL_get1_peer_certificate(p->ssl);
	bool ok = cert && X509_check_host(cert, host, 0, 0, NULL) == 1;
	X509_free(cert);
	return ok;
}

static void talks(void) {
	struct pair p;
	char got[64];
	open_pair(&p, "S3.amazonaws.com.", "sts.amazonaws.com");
	CHECK(tls_unfinished(p.end));
	CHECK_INT(tls_shake(p.end), -EAGAIN);
	CHECK_INT(shake(&p), 0);
	CHECK(names(&p, "s3.amazonaws.com") && !names(&p, "sts.amazonaws.com"));
	CHECK(!tls_unfinished(p.end));
	CHECK_STR(str_from(tls_version(p.end)), S("1.3"));
	CHECK_INT(SSL_get_verify_result(p.ssl), X509_V_OK);
	CHECK_INT(tls_read(p.end, got, sizeof(got)), -EAGAIN);
	CHECK_INT(SSL_write(p.ssl, "hello", 5), 5);
	CHECK_INT(tls_read(p.end, got, 2), 2);
	CHECK(tls_unfinished(p.end)); /* the rest of the record is ours already */
	CHECK_INT(tls_read(p.end, got + 2, sizeof(got) - 2), 3);
	CHECK(memcmp(got, "hello", 5) == 0 && !tls_unfinished(p.end));
	CHECK_INT(tls_write(p.end, "world", 5), 5);
	CHECK_INT(SSL_read(p.ssl, got, sizeof(got)), 5);
	tls_finish(p.end);
	CHECK_INT(SSL_read(p.ssl, got, sizeof(got)), 0);
	CHECK_INT(SSL_get_shutdown(p.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	CHECK_INT(tls_write(p.end, "more", 4), -ECONNRESET);
	close_pair(&p);
}

static void ends(void) {
	struct pair p;
	char got[8];
	open_pair(&p, "s3.amazonaws.com", NULL);
	CHECK_INT(shake(&p), 0);
	SSL_shutdown(p.ssl);
	CHECK_INT(tls_read(p.end, got, sizeof(got)), 0);
	close_pair(&p);
	open_pair(&p, "s3.amazonaws.com", NULL);
	CHECK_INT(shake(&p), 0);
	shutdown(p.theirs, SHUT_WR);
	CHECK_INT(tls_read(p.end, got, sizeof(got)), -ECONNRESET); /* cut off */
	CHECK_INT(tls_read(p.end, got, sizeof(got)), -ECONNRESET);
	close_pair(&p);
}

static void finds_names(void) {
	struct pair p;
	open_pair(&p, NULL, "sts.amazonaws.com");
	CHECK_INT(shake(&p), 0);
	CHECK(names(&p, "sts.amazonaws.com"));
	close_pair(&p);
	open_pair(&p, NULL, "sts.amazonaws.com.");
	CHECK_INT(shake(&p), 0);
	CHECK(names(&p, "sts.amazonaws.com"));
	close_pair(&p);
	open_pair(&p, NULL, NULL);
	CHECK_INT(shake(&p), 0);
	CHECK(names(&p, "localhost"));
	close_pair(&p);
	open_pair(&p, NULL, "192.0.2.1");
	CHECK_INT(shake(&p), 0);
	CHECK(names(&p, "localhost"));
	close_pair(&p);
	open_pair(&p, "example.com", "sts.amazonaws.com");
	CHECK_INT(shake(&p), -EPROTO);
	CHECK_INT(ERR_GET_REASON(ERR_peek_error()), SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME);
	close_pair(&p);
}

static void keeps_versions(void) {
	struct pair p;
	open_pair(&p, "s3.amazonaws.com", NULL);
	SSL_set_max_proto_version(p.ssl, TLS1_2_VERSION);
	CHECK_INT(shake(&p), 0);
	CHECK_STR(str_from(tls_version(p.end)), S("1.2"));
	CHECK(SSL_renegotiate(p.ssl) != 1 || SSL_do_handshake(p.ssl) != 1);
	close_pair(&p);
	open_pair(&p, "s3.amazonaws.com", NULL);
	SSL_set_security_level(p.ssl, 0);
	SSL_set_min_proto_version(p.ssl, TLS1_VERSION);
	SSL_set_max_proto_version(p.ssl, TLS1_1_VERSION);
	CHECK_INT(shake(&p), -EPROTO);
	close_pair(&p);
}

/* Whoever fails says why, and shakes no hands. */
static void fails_in_words(void) {
	AUTO_ARENA a = { 0 };
	struct tls *own = tls, *none = tls_open("/nowhere/at/all", domains);
	struct pair p;
	CHECK_STR(tls_problem(none, &a),
		  S("The certificate authority in /nowhere/at/all cannot be used: No such file or directory."));
	tls = none;
	open_pair(&p, "s3.amazonaws.com", "s3.amazonaws.com");
	CHECK_INT(tls_shake(p.end), -ECONNRESET);
	CHECK(!tls_unfinished(p.end));
	tls_finish(p.end);
	close_pair(&p);
	tls = own;
	tls_close(none);
}

/* What was read before: a byte, half a message, all of it. */
static void takes_early_bytes(void) {
	char hello[2000];
	for (int part = 0; part < 3; part++) {
		struct pair p;
		open_pair(&p, "s3.amazonaws.com", NULL);
		tls_free(p.end);
		SSL_do_handshake(p.ssl);
		ssize_t n = recv(p.ours, hello, sizeof(hello), MSG_PEEK);
		n = part == 0 ? 1 : part == 1 ? n / 2 : n;
		CHECK(n > 0 && read(p.ours, hello, (size_t)n) == n);
		p.end = tls_begin(tls, p.ours, (str){ hello, (size_t)n }, (str){ 0 });
		CHECK_INT(shake(&p), 0);
		CHECK_INT(SSL_write(p.ssl, "hello", 5), 5);
		CHECK_INT(tls_read(p.end, hello, sizeof(hello)), 5);
		close_pair(&p);
	}
}

static void refuses_garbage(void) {
	const str all[] = { S("\x16\x03\x01\x00\x05hello"), S("\x16\x16\x16\x16\x16\x16\x16\x16"),
			    S("\x16\x03\x03\x00\x04\x01\x00\xff\xff"), S("\x15\x03\x01\x00\x02\x02\x28") };
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct pair p;
		open_pair(&p, NULL, NULL);
		CHECK(write(p.theirs, all[i].p, all[i].n) == (ssize_t)all[i].n);
		shutdown(p.theirs, SHUT_WR);
		int rc = tls_shake(p.end);
		CHECK(rc == -EPROTO || rc == -ECONNRESET);
		CHECK(!tls_unfinished(p.end));
		tls_finish(p.end);
		close_pair(&p);
	}
}

/* A peer that does not read: what does not go is not lost. */
static void waits_for_room(void) {
	static char big[1 << 20], got[1 << 20];
	struct pair p;
	size_t sent = 0, taken = 0;
	for (size_t i = 0; i < sizeof(big); i++) {
		big[i] = (char)(i * 31 % 251);
	}
	open_pair(&p, "s3.amazonaws.com", NULL);
	CHECK_INT(shake(&p), 0);
	while (sent < sizeof(big)) {
		ssize_t n = tls_write(p.end, big + sent, sizeof(big) - sent);
		sent += n > 0 ? (size_t)n : 0;
		if (n < 0) {
			CHECK_INT(n, -EAGAIN);
			int m = SSL_read(p.ssl, got + taken, (int)(sizeof(got) - taken));
			CHECK(m > 0);
			taken += (size_t)m;
		}
	}
	for (int m; taken < sizeof(got) && (m = SSL_read(p.ssl, got + taken, (int)(sizeof(got) - taken))) > 0;) {
		taken += (size_t)m;
	}
	CHECK(taken == sizeof(got) && memcmp(big, got, sizeof(got)) == 0);
	close_pair(&p);
}

/* --- records that no library's client sends --- */

enum { SECRET_SIZE = 32, KEY_SIZE = 16, IV_SIZE = 12, TAG_SIZE = 16 };

static uint8_t secret[SECRET_SIZE]; /* of what the client sends */

static void note_secret(const SSL *ssl, const char *line) {
	static const char name[] = "CLIENT_TRAFFIC_SECRET_0 ";
	const char *hex = strrchr(line, ' ') + 1;
	(void)ssl;
	for (size_t i = 0; strncmp(line, name, sizeof(name) - 1) == 0 && i < SECRET_SIZE; i++) {
		char byte[] = { hex[2 * i], hex[2 * i + 1], '\0' };
		secret[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
}

/* HKDF-Expand-Label of RFC 8446, 7.1, for up to a hash. */
static void derive(const char *label, uint8_t *out, size_t n) {
	uint8_t text[64] = { 0, (uint8_t)n, (uint8_t)(6 + strlen(label)) }, hash[SECRET_SIZE];
	int size = 3 + snprintf((char *)text + 3, sizeof(text) - 3, "tls13 %s", label);
	text[size + 1] = 1;
	HMAC(EVP_sha256(), secret, SECRET_SIZE, text, (size_t)size + 2, hash, NULL);
	memcpy(out, hash, n);
}

/* The client's first record behind its handshake: a KeyUpdate of which the last byte is missing. */
static void begin_key_update(const struct pair *p) {
	static const uint8_t head[] = { 0x17, 3, 3, 0, 5 + TAG_SIZE }, begun[] = { 24, 0, 0, 1, 0x16 };
	uint8_t key[KEY_SIZE], iv[IV_SIZE], record[sizeof(head) + sizeof(begun) + TAG_SIZE];
	int n = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	derive("key", key, sizeof(key));
	derive("iv", iv, sizeof(iv));
	memcpy(record, head, sizeof(head));
	CHECK(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, iv) == 1);
	CHECK(EVP_EncryptUpdate(c, NULL, &n, head, sizeof(head)) == 1);
	CHECK(EVP_EncryptUpdate(c, record + sizeof(head), &n, begun, sizeof(begun)) == 1);
	CHECK(EVP_EncryptFinal_ex(c, record + sizeof(head) + n, &n) == 1);
	CHECK(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, record + sizeof(record) - TAG_SIZE) == 1);
	EVP_CIPHER_CTX_free(c);
	CHECK(write(p->theirs, record, sizeof(record)) == sizeof(record));
}

/* Whoever waits to write must not wait for what is to be read: there is always room then, and he would never sleep. */
static void writes_at_once_or_never(void) {
	struct pair p;
	char got[8];
	open_pair(&p, "s3.amazonaws.com", NULL);
	CHECK(SSL_set_ciphersuites(p.ssl, "TLS_AES_128_GCM_SHA256") == 1);
	CHECK_INT(shake(&p), 0);
	begin_key_update(&p);
	CHECK_INT(tls_read(p.end, got, sizeof(got)), -EAGAIN);
	CHECK_INT(tls_write(p.end, "reply", 5), -ECONNRESET);
	close_pair(&p);
}

/* The same the other way round: a client that has its keys changed again and again, and does not take the answers. */
static void reads_at_once_or_never(void) {
	struct pair p;
	char got[8];
	ssize_t n = -EAGAIN;
	open_pair(&p, "s3.amazonaws.com", NULL);
	CHECK_INT(shake(&p), 0);
	for (int i = 0; i < 100000 && n == -EAGAIN; i++) {
		CHECK(SSL_key_update(p.ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(p.ssl) == 1);
		n = tls_read(p.end, got, sizeof(got));
	}
	CHECK_INT(n, -ECONNRESET);
	close_pair(&p);
}

int main(void) {
	char path[96];
	memcpy(folder, "/tmp/aerostat-tls-XXXXXX", 25);
	CHECK(mkdtemp(folder) != NULL);
	tls = tls_open(folder, domains);
	CHECK(!tls_problem(tls, NULL).p && !tls_problem(NULL, NULL).p);
	client = SSL_CTX_new(TLS_client_method());
	snprintf(path, sizeof(path), "%s/ca.pem", folder);
	CHECK(SSL_CTX_load_verify_locations(client, path, NULL) == 1);
	SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
	talks();
	ends();
	finds_names();
	keeps_versions();
	fails_in_words();
	takes_early_bytes();
	refuses_garbage();
	waits_for_room();
	SSL_CTX_set_keylog_callback(client, note_secret);
	writes_at_once_or_never();
	reads_at_once_or_never();
	SSL_CTX_free(client);
	tls_close(tls);
	tls_close(NULL);
	unlink(path);
	snprintf(path, sizeof(path), "%s/ca.key", folder);
	unlink(path);
	CHECK_INT(rmdir(folder), 0);
	return tap_done();
}
