#include "http/tls.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

enum { KEPT_MAX = 512, KEPT_SECONDS = 180 * 24 * 3600, HOST_SIZE = 256 };

/* A certificate that was issued. */
struct kept {
	char host[HOST_SIZE]; /* "": this machine */
	X509 *cert;
	int64_t until; /* real time; then another one is issued */
};

struct tls {
	const char *folder;
	const char *const *domains;
	pthread_t opener;
	bool opening; /* the opener was not waited for yet; guarded by the mutex, as is error then */
	int error;
	struct ca ca;
	SSL_CTX *context;
	pthread_mutex_t mutex; /* guards what follows */
	struct kept kept[KEPT_MAX];
	size_t n_kept, next; /* the oldest is replaced */
};

struct tls_end {
	struct tls *tls;
	SSL *ssl;
	int fd;
	bool early; /* it still reads what came before it */
	bool shaken; /* the handshake is over; OpenSSL forgets that when it fails later */
	bool broken; /* nothing more can be said */
	char host[HOST_SIZE];
};

/* --- certificates --- */

static struct kept *find_kept(struct tls *t, const char *host) {
	for (size_t i = 0; i < t->n_kept; i++) {
		if (strcmp(t->kept[i].host, host) == 0) {
			return &t->kept[i];
		}
	}
	return NULL;
}

static struct kept *room_for(struct tls *t) {
	struct kept *k = &t->kept[t->next];
	t->next = (t->next + 1) % KEPT_MAX;
	t->n_kept += t->n_kept < KEPT_MAX;
	X509_free(k->cert);
	*k = (struct kept){ 0 };
	return k;
}

/* With a reference of the caller's; NULL: OpenSSL could not. */
static X509 *cert_for(struct tls *t, const char *host) {
	AUTO_LOCK(&t->mutex);
	int64_t now = clock_real();
	struct kept *k = find_kept(t, host);
	if (!k || k->until <= now) {
		X509 *made = ca_issue(&t->ca, host[0] ? str_from(host) : (str){ 0 });
		if (!made) {
			return NULL;
		}
		k = k ? k : room_for(t);
		X509_free(k->cert);
		*k = (struct kept){ .cert = made, .until = now + KEPT_SECONDS * (int64_t)1000 };
		memcpy(k->host, host, strlen(host));
	}
	X509_up_ref(k->cert);
	return k->cert;
}

static void set_host(struct tls_end *e, str host) {
	size_t n = host.n && host.p[host.n - 1] == '.' ? host.n - 1 : host.n;
	n = n < HOST_SIZE ? n : HOST_SIZE - 1;
	for (size_t i = 0; i < n; i++) {
		char c = host.p[i];
		e->host[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	e->host[n] = '\0';
}

/* What the client names goes before what its CONNECT said. */
static int hear_name(SSL *ssl, int *alert, void *arg) {
	struct tls_end *e = SSL_get_app_data(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	(void)arg;
	if (!name) {
		return SSL_TLSEXT_ERR_NOACK;
	}
	set_host(e, str_from(name));
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return ca_covers(&e->tls->ca, str_from(e->host)) ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int show_cert(SSL *ssl, void *arg) {
	const struct tls_end *e = SSL_get_app_data(ssl);
	struct tls *t = arg;
	X509 *cert = cert_for(t, e->host);
	bool ok = cert && SSL_use_certificate(ssl, cert) == 1;
	X509_free(cert);
	return ok;
}

/* --- the process's part --- */

static str why_not(const struct tls *t, struct arena *a, int error) {
	return error == -EBADMSG ? str_printf(a,
					      "%s/ca.pem and ca.key are no certificate with its key. Without both, the "
					      "next start makes new ones.",
					      t->folder)
				 : str_printf(a, "The certificate authority in %s cannot be used: %s.", t->folder,
					      strerror(-error));
}

static bool set_up(struct tls *t) {
	SSL_CTX *c = t->context = SSL_CTX_new(TLS_server_method());
	if (!c || !SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) || SSL_CTX_use_PrivateKey(c, t->ca.own) != 1) {
		return false;
	}
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
				       SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(c, 1);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(c, 1);
	SSL_CTX_set_tlsext_servername_callback(c, hear_name);
	SSL_CTX_set_cert_cb(c, show_cert, t);
	return SSL_CTX_set_session_id_context(c, (const uint8_t *)"aerostat", 8) == 1;
}

static void *open_all(void *arg) {
	struct tls *t = arg;
	int rc = ca_open(&t->ca, t->folder, t->domains);
	t->error = rc ? rc : set_up(t) ? 0 : -EIO;
	if (t->error) {
		AUTO_ARENA a = { 0 };
		log_error("TLS is not served. " STR_FMT, STR_ARG(why_not(t, &a, t->error)));
	}
	return NULL;
}

struct tls *tls_open(const char *folder, const char *const *domains) {
	struct tls *t = heap_alloc(sizeof(*t));
	t->folder = folder;
	t->domains = domains;
	pthread_mutex_init(&t->mutex, NULL);
	t->opening = thread_start(&t->opener, NULL, open_all, t) == 0;
	if (!t->opening) {
		open_all(t);
	}
	return t;
}

static int wait_ready(struct tls *t) {
	AUTO_LOCK(&t->mutex);
	if (t->opening) {
		pthread_join(t->opener, NULL);
		t->opening = false;
	}
	return t->error;
}

str tls_problem(struct tls *t, struct arena *a) {
	int error = t ? wait_ready(t) : 0;
	return error ? why_not(t, a, error) : (str){ 0 };
}

void tls_close(struct tls *t) {
	if (!t) {
		return;
	}
	wait_ready(t);
	for (size_t i = 0; i < t->n_kept; i++) {
		X509_free(t->kept[i].cert);
	}
	SSL_CTX_free(t->context);
	ca_finish(&t->ca);
	pthread_mutex_destroy(&t->mutex);
	heap_free(t);
}

/* --- one connection's --- */

struct tls_end *tls_begin(struct tls *t, int fd, str early, str host) {
	struct tls_end *e = heap_alloc(sizeof(*e));
	*e = (struct tls_end){ .tls = t, .ssl = wait_ready(t) ? NULL : SSL_new(t->context), .fd = fd };
	if (!e->ssl || SSL_set_fd(e->ssl, fd) != 1) {
		e->broken = true;
		return e;
	}
	set_host(e, host);
	if (!ca_covers(&t->ca, str_from(e->host))) {
		e->host[0] = '\0';
	}
	SSL_set_app_data(e->ssl, e);
	SSL_set_accept_state(e->ssl);
	if (early.n) {
		BIO *memory = BIO_new(BIO_s_mem());
		BIO_set_mem_eof_return(memory, -1);
		e->early = BIO_write(memory, early.p, (int)early.n) == (int)early.n;
		SSL_set0_rbio(e->ssl, memory);
	}
	return e;
}

void tls_free(struct tls_end *e) {
	if (e) {
		SSL_free(e->ssl);
		heap_free(e);
	}
}

/* After a call that did nothing: 0 if it is worth another try at once, else -errno. Who reads waits for bytes and who
 * writes for room. To do it the other way round takes a client that leaves a message of the handshake half said, or
 * does not take the answers to those it says: there is nothing to be had from it but a wait that never sleeps. */
static int consider(struct tls_end *e, int got, int usual) {
	int why = SSL_get_error(e->ssl, got);
	if (why == SSL_ERROR_WANT_READ && e->early) {
		e->early = false;
		SSL_set0_rbio(e->ssl, BIO_new_socket(e->fd, BIO_NOCLOSE));
		return 0;
	}
	bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
	if (waits && (why == usual || !e->shaken)) {
		return -EAGAIN;
	}
	e->broken = true;
	ERR_clear_error();
	return why == SSL_ERROR_SSL && !e->shaken ? -EPROTO : -ECONNRESET;
}

int tls_shake(struct tls_end *e) {
	int rc = e->broken ? -ECONNRESET : 0;
	while (!rc && !e->shaken) {
		ERR_clear_error();
		int done = SSL_do_handshake(e->ssl);
		e->shaken = done == 1;
		rc = e->shaken ? 0 : consider(e, done, SSL_ERROR_WANT_READ);
	}
	return rc;
}

static int int_of(size_t n) {
	return n < INT_MAX ? (int)n : INT_MAX;
}

ssize_t tls_read(struct tls_end *e, void *p, size_t n) {
	int rc = e->broken ? -ECONNRESET : 0;
	while (!rc) {
		ERR_clear_error();
		int got = SSL_read(e->ssl, p, int_of(n));
		if (got > 0) {
			return got;
		}
		if (SSL_get_error(e->ssl, got) == SSL_ERROR_ZERO_RETURN) {
			return 0;
		}
		rc = consider(e, got, SSL_ERROR_WANT_READ);
	}
	return rc;
}

ssize_t tls_write(struct tls_end *e, const void *p, size_t n) {
	int rc = e->broken ? -ECONNRESET : 0;
	while (!rc) {
		ERR_clear_error();
		int sent = SSL_write(e->ssl, p, int_of(n));
		if (sent > 0) {
			return sent;
		}
		rc = consider(e, sent, SSL_ERROR_WANT_WRITE);
	}
	return rc;
}

void tls_finish(struct tls_end *e) {
	if (!e->broken && e->shaken) {
		ERR_clear_error();
		SSL_shutdown(e->ssl);
		e->broken = true;
	}
}

bool tls_unfinished(const struct tls_end *e) {
	return !e->broken && (!e->shaken || SSL_has_pending(e->ssl));
}

const char *tls_version(const struct tls_end *e) {
	return SSL_version(e->ssl) == TLS1_3_VERSION ? "1.3" : "1.2";
}
