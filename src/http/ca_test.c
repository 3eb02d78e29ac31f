#include "http/ca.h"

#include "base/fd.h"
#include "base/tap.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const domains[] = { "localhost", "amazonaws.com", "api.aws", NULL };
static char folder[64], cert_path[96], key_path[96];

static mode_t mode_of(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static str contents(struct arena *a, const char *path) {
	str out = { 0 };
	CHECK_INT(file_read(a, path, 100000, &out), 0);
	return out;
}

static void is_made_once(void) {
	AUTO_ARENA a = { 0 };
	struct ca ca;
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	CHECK_INT(mode_of(cert_path), 0644);
	CHECK_INT(mode_of(key_path), 0600);
	str first = contents(&a, cert_path);
	ca_finish(&ca);
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	CHECK_STR(contents(&a, cert_path), first);
	ca_finish(&ca);
	ca_finish(&ca); /* zeroed is fine */
	CHECK_INT(unlink(key_path), 0);
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	CHECK(!str_eq(contents(&a, cert_path), first));
	ca_finish(&ca);
}

static void damage_is_told(void) {
	AUTO_ARENA a = { 0 };
	struct ca ca;
	str cert = contents(&a, cert_path), key = contents(&a, key_path);
	CHECK_INT(file_write(cert_path, S("no PEM"), 0644), 0);
	CHECK_INT(ca_open(&ca, folder, domains), -EBADMSG);
	CHECK(!ca.cert && !ca.key);
	CHECK_INT(file_write(cert_path, key, 0644), 0);
	CHECK_INT(ca_open(&ca, folder, domains), -EBADMSG);
	CHECK_INT(unlink(cert_path), 0);
	CHECK_INT(ca_open(&ca, folder, domains), 0); /* another pair */
	ca_finish(&ca);
	CHECK_INT(file_write(cert_path, cert, 0644), 0);
	CHECK_INT(ca_open(&ca, folder, domains), -EBADMSG); /* each good, but of two pairs */
	CHECK_INT(file_write(key_path, key, 0600), 0);
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	ca_finish(&ca);
	CHECK_INT(ca_open(&ca, "/nowhere/at/all", domains), -ENOENT);
}

/* One for other domains, or from a clock that was wrong, is replaced if this program made it. */
static void is_kept_up(void) {
	static const char *const more[] = { "localhost", "amazonaws.com", "api.aws", "amazonaws.com.cn", NULL };
	AUTO_ARENA a = { 0 };
	struct ca ca;
	str before = contents(&a, cert_path);
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	CHECK_STR(contents(&a, cert_path), before);
	ca_finish(&ca);
	CHECK_INT(ca_open(&ca, folder, more), 0);
	str after = contents(&a, cert_path);
	CHECK(!str_eq(after, before));
	ca_finish(&ca);
	CHECK_INT(ca_open(&ca, folder, more), 0);
	CHECK_STR(contents(&a, cert_path), after);
	ca_finish(&ca);
}

/* Another's is used as it is, whatever it says, and a key that others could read is closed. */
static void anothers_stays(void) {
	AUTO_ARENA a = { 0 };
	struct ca ca;
	int64_t day = 24 * 3600;
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	X509_NAME *name = X509_get_subject_name(ca.cert);
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 0));
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"The house's own", -1, -1, 0);
	X509_set_issuer_name(ca.cert, name);
	X509_gmtime_adj(X509_getm_notAfter(ca.cert), (long)-day);
	CHECK(X509_sign(ca.cert, ca.key, EVP_sha256()) > 0);
	FILE *f = fopen(cert_path, "w");
	CHECK(f && PEM_write_X509(f, ca.cert) == 1 && fclose(f) == 0);
	ca_finish(&ca);
	str before = contents(&a, cert_path);
	CHECK_INT(chmod(key_path, 0644), 0);
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	CHECK_STR(contents(&a, cert_path), before);
	CHECK_INT(mode_of(key_path), 0600);
	ca_finish(&ca);
	CHECK_INT(unlink(cert_path), 0);
	CHECK(!ca_exists(folder));
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	CHECK(ca_exists(folder));
	ca_finish(&ca);
}

/* One that has run out, or is not good yet, is made again. */
static void runs_out(void) {
	static const long shifts[][2] = { { -20, -10 }, { 10, 20 } };
	for (size_t i = 0; i < 2; i++) {
		AUTO_ARENA a = { 0 };
		struct ca ca;
		CHECK_INT(ca_open(&ca, folder, domains), 0);
		X509_gmtime_adj(X509_getm_notBefore(ca.cert), shifts[i][0] * 24 * 3600);
		X509_gmtime_adj(X509_getm_notAfter(ca.cert), shifts[i][1] * 24 * 3600);
		CHECK(X509_sign(ca.cert, ca.key, EVP_sha256()) > 0);
		FILE *f = fopen(cert_path, "w");
		CHECK(f && PEM_write_X509(f, ca.cert) == 1 && fclose(f) == 0);
		ca_finish(&ca);
		str before = contents(&a, cert_path);
		CHECK_INT(ca_open(&ca, folder, domains), 0);
		CHECK(!str_eq(contents(&a, cert_path), before));
		ca_finish(&ca);
	}
}

static void covers(const struct ca *ca) {
	char longest[300];
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + 254 - 14, ".amazonaws.com", 14);
	CHECK(ca_covers(ca, S("amazonaws.com")) && ca_covers(ca, S("s3.amazonaws.com")));
	CHECK(ca_covers(ca, S("b.s3.localhost")) && ca_covers(ca, S("under_score.s3.amazonaws.com")));
	CHECK(ca_covers(ca, (str){ longest + 1, 253 }) && !ca_covers(ca, (str){ longest, 254 }));
	CHECK(!ca_covers(ca, S("")) && !ca_covers(ca, (str){ 0 }) && !ca_covers(ca, S(".amazonaws.com")));
	CHECK(!ca_covers(ca, S("xamazonaws.com")) && !ca_covers(ca, S("amazonaws.com.x")));
	CHECK(!ca_covers(ca, S("127.0.0.1")) && !ca_covers(ca, S("example.com")));
	CHECK(!ca_covers(ca, S("a,DNS:example.com.amazonaws.com")) && !ca_covers(ca, S("A.amazonaws.com")));
	CHECK(!ca_covers(ca, S("a\0.amazonaws.com")) && !ca_covers(ca, S("*.amazonaws.com")));
}

static int verify(const struct ca *ca, X509 *cert) {
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_STORE_add_cert(store, ca->cert);
	X509_STORE_CTX_init(context, store, cert, NULL);
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
	X509_verify_cert(context);
	int error = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return error;
}

static void is_issued(const struct ca *ca, const char *host, int error) {
	X509 *cert = ca_issue(ca, str_from(host));
	CHECK(cert && X509_check_host(cert, host, 0, 0, NULL) == 1);
	CHECK_INT(verify(ca, cert), error);
	CHECK(X509_check_private_key(cert, ca->own) == 1);
	X509_free(cert);
}

static void issues(void) {
	struct ca ca;
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	covers(&ca);
	is_issued(&ca, "s3.amazonaws.com", X509_V_OK);
	is_issued(&ca, "a.very.deep.bucket.s3.eu-west-1.amazonaws.com", X509_V_OK);
	is_issued(&ca, "sts.us-east-1.api.aws", X509_V_OK);
	is_issued(&ca, "example.com", X509_V_ERR_PERMITTED_VIOLATION);
	X509 *here = ca_issue(&ca, (str){ 0 });
	CHECK(X509_check_ip_asc(here, "127.0.0.1", 0) == 1 && X509_check_ip_asc(here, "::1", 0) == 1);
	CHECK(X509_check_host(here, "localhost", 0, 0, NULL) == 1);
	CHECK_INT(verify(&ca, here), X509_V_OK);
	X509_free(here);
	ca_finish(&ca);
}

static void write_key(EVP_PKEY *key, const EVP_CIPHER *cipher) {
	FILE *f = fopen(key_path, "w");
	int n = cipher ? 6 : 0;
	CHECK(f && PEM_write_PrivateKey(f, key, cipher, (const uint8_t *)"secret", n, NULL, NULL) == 1);
	CHECK_INT(fclose(f), 0);
}

/* Nobody is asked for a passphrase, not even standard input, which knows it here. */
static void asks_nobody(void) {
	struct ca ca;
	int fds[2], before = dup(STDIN_FILENO);
	CHECK(pipe(fds) == 0 && write(fds[1], "secret\n", 7) == 7 && dup2(fds[0], STDIN_FILENO) == STDIN_FILENO);
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	write_key(ca.key, EVP_aes_128_cbc());
	ca_finish(&ca);
	CHECK_INT(ca_open(&ca, folder, domains), -EBADMSG);
	CHECK_INT(dup2(before, STDIN_FILENO), STDIN_FILENO);
	for (int *fd = fds; fd < fds + 2; fd++) {
		close_fd(fd);
	}
	close_fd(&before);
}

/* A pipe, a folder, a device: none is a key, none is waited for, and nobody's mode is changed but a file's here. */
static void takes_files_alone(void) {
	struct ca ca;
	char elsewhere[112];
	snprintf(elsewhere, sizeof(elsewhere), "%s.elsewhere", key_path);
	CHECK(unlink(key_path) == 0 && mkfifo(key_path, 0600) == 0);
	alarm(20);
	CHECK_INT(ca_open(&ca, folder, domains), -EBADMSG);
	alarm(0);
	CHECK(unlink(key_path) == 0 && mkdir(key_path, 0755) == 0);
	CHECK_INT(ca_open(&ca, folder, domains), -EBADMSG);
	CHECK_INT(mode_of(key_path), 0755);
	CHECK(rmdir(key_path) == 0 && ca_open(&ca, folder, domains) == 0);
	ca_finish(&ca);
	CHECK(rename(key_path, elsewhere) == 0 && chmod(elsewhere, 0640) == 0 && symlink(elsewhere, key_path) == 0);
	CHECK_INT(ca_open(&ca, folder, domains), 0);
	CHECK_INT(mode_of(elsewhere), 0640);
	ca_finish(&ca);
	CHECK(unlink(key_path) == 0 && unlink(elsewhere) == 0 && ca_open(&ca, folder, domains) == 0);
	ca_finish(&ca);
}

/* A pair of the user's own may have a key of any kind that signs. */
static void signs_with_any_key(void) {
	EVP_PKEY *keys[] = { EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_RSA_gen(2048), EVP_EC_gen("P-384") };
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct ca ca;
		CHECK_INT(ca_open(&ca, folder, domains), 0);
		EVP_PKEY_free(ca.key);
		ca.key = keys[i];
		X509 *x = ca_issue(&ca, S("s3.amazonaws.com"));
		CHECK(x && X509_verify(x, ca.key) == 1);
		X509_free(x);
		ca_finish(&ca);
	}
}

int main(void) {
	memcpy(folder, "/tmp/aerostat-ca-XXXXXX", 24);
	CHECK(mkdtemp(folder) != NULL);
	snprintf(cert_path, sizeof(cert_path), "%s/ca.pem", folder);
	snprintf(key_path, sizeof(key_path), "%s/ca.key", folder);
	is_made_once();
	damage_is_told();
	is_kept_up();
	anothers_stays();
	runs_out();
	issues();
	asks_nobody();
	takes_files_alone();
	signs_with_any_key();
	unlink(cert_path);
	unlink(key_path);
	CHECK_INT(rmdir(folder), 0);
	return tap_done();
}
