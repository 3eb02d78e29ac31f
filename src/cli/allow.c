#include "cli/allow.h"

#include "base/fd.h"

enum { CERTIFICATES_MAX = 16 << 20 };

static bool are_hosts(str s) {
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!is_alnum(c) && !strchr(".-_:,*", c)) {
			return false;
		}
	}
	return s.n > 0;
}

bool allow_take(struct cli *cli, char ***argv, str *hosts) {
	struct buf all = { .arena = cli->arena };
	for (; **argv; (*argv)++) {
		str name, value;
		str_cut(str_from(**argv), '=', &name, &value);
		if (!str_is(name, "--allow-host")) {
			break;
		}
		if (!are_hosts(value)) {
			cli_fail(EXIT_USAGE, "%s names no host: it is written --allow-host=HOST[,HOST...].", **argv);
			return false;
		}
		put(&all, all.n ? S(",") : S(""));
		put(&all, value);
	}
	*hosts = buf_str(&all);
	return true;
}

/* A nested run finds our own file in its environment, which is no news. */
static bool read_certificates(struct cli *cli, const char *path, str *out) {
	return path && *path && !str_starts(str_from(path), cli->data) &&
	       file_read(cli->arena, path, CERTIFICATES_MAX, out) == 0 && out->n;
}

/* The user's own choice, then where the distributions keep them (Debian, Fedora, SUSE, Alpine). */
static bool find_certificates(struct cli *cli, str *out) {
	static const char *const variables[] = { "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", NULL };
	static const char *const files[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
					     "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL };
	for (const char *const *v = variables; *v; v++) {
		if (read_certificates(cli, getenv(*v), out)) {
			return true;
		}
	}
	for (const char *const *f = files; *f; f++) {
		if (read_certificates(cli, *f, out)) {
			return true;
		}
	}
	return false;
}

static bool is_there(struct cli *cli, const char *path, str text) {
	str now;
	return file_read(cli->arena, path, CERTIFICATES_MAX, &now) == 0 && str_eq(now, text);
}

bool allow_trust(struct cli *cli, const char *own, const char **path) {
	str mine, others;
	int rc = file_read(cli->arena, own, CERTIFICATES_MAX, &mine);
	if (!find_certificates(cli, &others)) {
		cli_fail(EXIT_REFUSED,
			 "This machine has no file of the certificates that it trusts; SSL_CERT_FILE names one.");
		return false;
	}
	str both = rc ? others : str_printf(cli->arena, STR_FMT "\n" STR_FMT, STR_ARG(mine), STR_ARG(others));
	char *file = str_z(cli->arena, str_printf(cli->arena, STR_FMT "/ca-and-others.pem", STR_ARG(cli->data)));
	rc = rc || is_there(cli, file, both) ? rc : file_write(file, both, 0644);
	if (rc && !is_there(cli, file, both)) { /* else another run wrote it at the same time */
		cli_fail(EXIT_REFUSED, "%s cannot be written: %s.", file, strerror(-rc));
		return false;
	}
	*path = file;
	return true;
}
