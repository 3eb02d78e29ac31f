#include "http/ca.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/rand.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

/* Begins the name of what this program makes: one that somebody else has put there is his to renew. */
#define CA_NAME "Aerostat local CA "

enum { CA_DAYS = 3650, HOST_DAYS = 365, BACKDATED_DAYS = 1, FILE_SIZE_MAX = 64 * 1024, HOST_MAX = 253 };

static void drop_bio(BIO **b) {
	BIO_free(*b);
}

#define AUTO_BIO __attribute__((cleanup(drop_bio))) BIO *

/* --- certificates --- */

static bool set_serial(X509 *x) {
	uint8_t bytes[16];
	rand_bytes(bytes, sizeof(bytes));
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
	BIGNUM *n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

static bool set_dates(X509 *x, int days) {
	time_t now = (time_t)(clock_real() / 1000);
	return X509_time_adj_ex(X509_getm_notBefore(x), -BACKDATED_DAYS, 0, &now) &&
	       X509_time_adj_ex(X509_getm_notAfter(x), days, 0, &now);
}

static bool set_name(X509 *x, str name) {
	X509_NAME *n = X509_get_subject_name(x);
	return X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const uint8_t *)name.p, (int)name.n, -1, 0) == 1;
}

struct extension {
	int nid;
	const char *value;
};

/* issuer may be x itself. */
static bool add_extensions(X509 *x, X509 *issuer, const struct extension *e, size_t n) {
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < n; i++) {
		X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &context, e[i].nid, e[i].value);
		bool ok = made && X509_add_ext(x, made, -1);
		X509_EXTENSION_free(made);
		if (!ok) {
			return false;
		}
	}
	return true;
}

static X509 *new_cert(EVP_PKEY *key, str name, int days) {
	X509 *x = X509_new();
	if (x && X509_set_version(x, X509_VERSION_3) && set_serial(x) && set_dates(x, days) && set_name(x, name) &&
	    X509_set_pubkey(x, key)) {
		return x;
	}
	X509_free(x);
	return NULL;
}

/* Ed25519 takes no digest. */
static const EVP_MD *digest_for(EVP_PKEY *key) {
	int nid;
	return EVP_PKEY_get_default_digest_nid(key, &nid) > 0 && nid != NID_undef ? EVP_sha256() : NULL;
}

static X509 *sign(X509 *x, EVP_PKEY *key) {
	if (x && X509_sign(x, key, digest_for(key))) {
		return x;
	}
	X509_free(x);
	return NULL;
}

/* "critical,permitted;DNS:amazonaws.com,..." */
static const char *constraints(struct arena *a, const char *const *domains) {
	struct buf b = { .arena = a };
	putz(&b, "critical,permitted;IP:127.0.0.0/255.0.0.0,"
		 "permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	for (; *domains; domains++) {
		putf(&b, ",permitted;DNS:%s", *domains);
	}
	return str_z(a, buf_str(&b));
}

static X509 *make_authority(EVP_PKEY *key, const char *const *domains) {
	AUTO_ARENA a = { 0 };
	/* A name of its own: a trust store that holds two of them must be able to tell them apart. */
	str mark = rand_text(&a, S("0123456789abcdef"), 8);
	const struct extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_name_constraints, constraints(&a, domains) },
	};
	X509 *x = new_cert(key, str_printf(&a, CA_NAME STR_FMT, STR_ARG(mark)), CA_DAYS);
	if (x && X509_set_issuer_name(x, X509_get_subject_name(x)) &&
	    add_extensions(x, x, extensions, sizeof(extensions) / sizeof(*extensions))) {
		return sign(x, key);
	}
	X509_free(x);
	return NULL;
}

static const char *names_of(struct arena *a, str host) {
	return host.p ? str_printf(a, "DNS:" STR_FMT, STR_ARG(host)).p : "DNS:localhost,IP:127.0.0.1,IP:::1";
}

X509 *ca_issue(const struct ca *ca, str host) {
	AUTO_ARENA a = { 0 };
	const struct extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
		{ NID_subject_alt_name, names_of(&a, host) },
	};
	X509 *x = new_cert(ca->own, S("Aerostat"), HOST_DAYS);
	if (x && X509_set_issuer_name(x, X509_get_subject_name(ca->cert)) &&
	    add_extensions(x, ca->cert, extensions, sizeof(extensions) / sizeof(*extensions))) {
		return sign(x, ca->key);
	}
	X509_free(x);
	return NULL;
}

static bool plain_name(str host) {
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
			return false;
		}
	}
	return host.n && host.n <= HOST_MAX && host.p[0] != '.';
}

bool ca_covers(const struct ca *ca, str host) {
	bool plain = plain_name(host);
	for (const char *const *d = ca->domains; plain && *d; d++) {
		str domain = str_from(*d);
		size_t before = host.n - domain.n;
		if (str_ends(host, domain) && (!before || host.p[before - 1] == '.')) {
			return true;
		}
	}
	return false;
}

/* --- the two files --- */

struct files {
	char *cert, *key;
};

static EVP_PKEY *new_key(void) {
	return EVP_EC_gen("P-256");
}

static int write_pem(const char *path, BIO *pem, mode_t mode) {
	char *p;
	long n = BIO_get_mem_data(pem, &p);
	return file_write(path, (str){ p, (size_t)n }, mode);
}

/* The certificate goes first and comes last: if this breaks off, one of the two is missing, and both are made again. */
static int write_files(const struct ca *ca, const struct files *f) {
	AUTO_BIO key = BIO_new(BIO_s_mem());
	AUTO_BIO cert = BIO_new(BIO_s_mem());
	if (!PEM_write_bio_PrivateKey(key, ca->key, NULL, NULL, 0, NULL, NULL) || !PEM_write_bio_X509(cert, ca->cert)) {
		return -EIO;
	}
	int rc = unlink(f->cert) < 0 && errno != ENOENT ? -errno : write_pem(f->key, key, 0600);
	return rc ? rc : write_pem(f->cert, cert, 0644);
}

static int make(struct ca *ca, const struct files *f) {
	ca->key = new_key();
	ca->cert = ca->key ? make_authority(ca->key, ca->domains) : NULL;
	return ca->cert ? write_files(ca, f) : -EIO;
}

static bool is_ours(const X509 *cert) {
	char name[sizeof(CA_NAME)];
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
	return n > 0 && strcmp(name, CA_NAME) == 0;
}

static bool in_time(const X509 *cert) {
	time_t now = (time_t)(clock_real() / 1000);
	return X509_cmp_time(X509_get0_notBefore(cert), &now) < 0 && X509_cmp_time(X509_get0_notAfter(cert), &now) > 0;
}

/* Is it for just the domains that are wanted? */
static bool has_constraints(const X509 *cert, const char *const *domains) {
	AUTO_ARENA a = { 0 };
	X509V3_CTX context;
	X509V3_set_ctx_test(&context);
	X509_EXTENSION *wanted = X509V3_EXT_conf_nid(NULL, &context, NID_name_constraints, constraints(&a, domains));
	X509_EXTENSION *has = X509_get_ext(cert, X509_get_ext_by_NID(cert, NID_name_constraints, -1));
	bool same =
		wanted && has && !ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(wanted), X509_EXTENSION_get_data(has));
	X509_EXTENSION_free(wanted);
	return same;
}

static bool is_outdated(const struct ca *ca) {
	return is_ours(ca->cert) && !(in_time(ca->cert) && has_constraints(ca->cert, ca->domains));
}

static int parse(struct ca *ca, str cert, str key) {
	AUTO_BIO cert_pem = BIO_new_mem_buf(cert.p, (int)cert.n);
	AUTO_BIO key_pem = BIO_new_mem_buf(key.p, (int)key.n);
	ca->cert = PEM_read_bio_X509(cert_pem, NULL, NULL, NULL);
	ca->key = PEM_read_bio_PrivateKey(key_pem, NULL, NULL, (char[]){ "" }); /* a passphrase is asked of nobody */
	return ca->cert && ca->key && X509_check_private_key(ca->cert, ca->key) == 1 ? 0 : -EBADMSG;
}

/* Whoever reads a pipe waits for somebody to write. */
static int read_file(struct arena *a, const char *path, str *out) {
	struct stat st;
	if (stat(path, &st) < 0) {
		return -errno;
	}
	return S_ISREG(st.st_mode) ? file_read(a, path, FILE_SIZE_MAX, out) : -EBADMSG;
}

static int read_files(struct ca *ca, const struct files *f) {
	AUTO_ARENA a = { 0 };
	str cert, key;
	int rc = read_file(&a, f->cert, &cert);
	rc = rc ? rc : read_file(&a, f->key, &key);
	return rc ? rc : parse(ca, cert, key);
}

static void forget(struct ca *ca) {
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
	ca->cert = NULL;
	ca->key = NULL;
}

/* A key that others could read is made our own again; what a link leads to is somebody's who knows why. */
static void close_key(const char *path) {
	struct stat st;
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 077 && chmod(path, 0600) == 0) {
		log_warn("%s could be read by others (mode %03o); not any more", path, st.st_mode & 0777);
	}
}

static int read_or_make(struct ca *ca, const struct files *f) {
	int rc = read_files(ca, f);
	if (rc == -ENOENT || (!rc && is_outdated(ca))) {
		bool first = rc == -ENOENT;
		forget(ca);
		rc = make(ca, f);
		if (!rc && !first) {
			log_warn("%s had run out or was for other hosts; a new one stands there", f->cert);
		}
	}
	close_key(f->key);
	return rc;
}

static struct files files_in(struct arena *a, const char *folder) {
	return (struct files){ str_z(a, str_printf(a, "%s/ca.pem", folder)),
			       str_z(a, str_printf(a, "%s/ca.key", folder)) };
}

bool ca_exists(const char *folder) {
	AUTO_ARENA a = { 0 };
	struct files f = files_in(&a, folder);
	return access(f.cert, F_OK) == 0 && access(f.key, F_OK) == 0;
}

int ca_open(struct ca *out, const char *folder, const char *const *domains) {
	AUTO_ARENA a = { 0 };
	struct files f = files_in(&a, folder);
	*out = (struct ca){ .domains = domains, .own = new_key() };
	int rc = out->own ? read_or_make(out, &f) : -EIO;
	ERR_clear_error();
	if (rc) {
		ca_finish(out);
	}
	return rc;
}

void ca_finish(struct ca *ca) {
	forget(ca);
	EVP_PKEY_free(ca->own);
	*ca = (struct ca){ 0 };
}
