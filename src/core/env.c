#include "core/env.h"

#include "core/address.h"
#include "http/tls.h"

#include <errno.h>
#include <unistd.h>

static void put_shell(struct buf *b, str s) {
	put_byte(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		put(b, s.p[i] == '\'' ? S("'\\''") : (str){ s.p + i, 1 });
	}
	put_byte(b, '\'');
}

static void begin_member(struct control *c, const char *name) {
	putf(&c->out, "%c\"%s\":", c->out.n ? ',' : '{', name);
}

/* The reader's own options of Node stay. */
#define NODE_OPTIONS "NODE_OPTIONS"

static void put_variable(struct control *c, const char *name, str value) {
	if (c->text) {
		putf(&c->out, "export %s=", name);
		put_shell(&c->out, value);
		put(&c->out, strcmp(name, NODE_OPTIONS) == 0 ? S("\"${NODE_OPTIONS:+ $NODE_OPTIONS}\"\n") : S("\n"));
	} else {
		begin_member(c, name);
		put_json(&c->out, value);
	}
}

static void set_all(struct control *c, const char *const *names, str value) {
	for (; *names; names++) {
		put_variable(c, *names, value);
	}
}

static void unset_all(struct control *c, const char *const *names) {
	putz(&c->out, c->text ? "unset" : "");
	for (; *names; names++) {
		if (c->text) {
			putf(&c->out, " %s", *names);
		} else {
			begin_member(c, *names);
			putz(&c->out, "null");
		}
	}
	putz(&c->out, c->text ? "\n" : "");
}

/* What would lead a client elsewhere, or give it another's keys. */
static const char *const strays[] = { "AWS_SESSION_TOKEN", "AWS_PROFILE", NULL };
static const char *const more_strays[] = { "AWS_DEFAULT_PROFILE",
					   "AWS_SECURITY_TOKEN",
					   "AWS_CREDENTIAL_EXPIRATION",
					   "AWS_ACCOUNT_ID",
					   "AWS_ROLE_ARN",
					   "AWS_WEB_IDENTITY_TOKEN_FILE",
					   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
					   "AWS_CONTAINER_CREDENTIALS_FULL_URI",
					   "SSL_CERT_DIR",
					   NULL };

/* Node wants quotes around a path, and a backslash before those inside it. */
static str node_options(struct control *c) {
	struct buf b = { .arena = c->x->arena };
	put(&b, S("--require=\""));
	str path = str_printf(c->x->arena, STR_FMT "/node/proxy.cjs", STR_ARG(c->cloud->data));
	for (size_t i = 0; i < path.n; i++) {
		put(&b, path.p[i] == '"' || path.p[i] == '\\' ? S("\\") : S(""));
		put_byte(&b, path.p[i]);
	}
	put_byte(&b, '"');
	return buf_str(&b);
}

#define HERE "127.0.0.1,localhost,::1"

/* NO_PROXY takes a name for all that is below it, so "com" would lead to AWS too. */
static bool covers_aws(str host) {
	for (const char *const *d = AWS_DOMAINS; *d; d++) {
		str parent = str_from(*d), label;
		while (str_cut(parent, '.', &label, &parent)) {
			if (str_eq(parent, host)) {
				return true;
			}
		}
	}
	return host_is_aws(host);
}

/* What the program may reach past us, as the query has it. False: said no. */
static bool read_direct(struct control *c, str *direct) {
	struct arena *a = c->x->arena;
	str host, rest = str_lower(a, query_get(a, &c->x->head, "allow"));
	struct buf all = { .arena = a };
	putz(&all, HERE);
	while (rest.n) {
		str_cut(rest, ',', &host, &rest);
		host = host.n && host.p[0] == '.' ? str_skip(host, 1) : host;
		if (!host.n || memchr(host.p, '*', host.n) || covers_aws(host)) {
			control_say_no(c, 400,
				       "'" STR_FMT
				       "' cannot be allowed: it must be one host, or a domain, and none of AWS's, "
				       "which are all here.",
				       STR_ARG(host));
			return false;
		}
		putf(&all, "," STR_FMT, STR_ARG(host));
	}
	*direct = buf_str(&all);
	return true;
}

static const char *ca_path(const struct control *c) {
	return str_printf(c->x->arena, STR_FMT "/ca.pem", STR_ARG(c->cloud->data)).p;
}

/* HTTP_PROXY too: nothing that the program asks for leaves the machine. AWS_ENDPOINT_URL_S3 is for those that take no
 * proxy from the environment (Arrow's S3); AWS's own SDKs are told to pass over it, and keep AWS's host names. */
static void set_transparent(struct control *c, str url, str no_proxy) {
	static const char *const proxies[] = { "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy",
					       "ALL_PROXY",   "all_proxy",   NULL };
	static const char *const direct[] = { "NO_PROXY", "no_proxy", NULL };
	static const char *const bundles[] = { "AWS_CA_BUNDLE",  "REQUESTS_CA_BUNDLE",  "SSL_CERT_FILE",
					       "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", NULL };
	set_all(c, proxies, url);
	set_all(c, direct, no_proxy);
	set_all(c, bundles, str_from(ca_path(c)));
	put_variable(c, NODE_OPTIONS, node_options(c));
	put_variable(c, "AWS_EC2_METADATA_DISABLED", S("true"));
	put_variable(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", S("true"));
	unset_all(c, more_strays);
	if (c->text) {
		putz(&c->out, "unset AWS_ENDPOINT_URL "
			      "$(env | sed -n 's/^\\(AWS_ENDPOINT_URL_[A-Z0-9_]*\\)=.*/\\1/p')\n");
	}
	put_variable(c, "AWS_ENDPOINT_URL_S3", url);
}

/* False: said no. */
static bool can_be_trusted(struct control *c) {
	str problem = tls_problem(c->cloud->tls, c->x->arena);
	if (problem.n) {
		control_say_no(c, 409, "TLS is not served. " STR_FMT, STR_ARG(problem));
	} else if (access(ca_path(c), R_OK) < 0) {
		control_say_no(c, 409,
			       "%s cannot be read (%s), so no client could trust the server. If it is gone, a restart "
			       "(`aerostat down`, `aerostat up`) makes another.",
			       ca_path(c), strerror(errno));
	}
	return c->status == 200;
}

void control_env(struct control *c) {
	struct key key;
	struct cloud *cloud = c->cloud;
	struct buf url = { .arena = c->x->arena };
	if (!account_root_key(cloud, c->x->arena, cloud->account, &key)) {
		control_say_no(c, 404, "The default account has no root key.");
		return;
	}
	put_endpoint(&url, cloud);
	bool transparent = query_has(c->x->arena, &c->x->head, "transparent");
	str direct = { 0 };
	if (transparent && !(can_be_trusted(c) && read_direct(c, &direct))) {
		return;
	}
	if (!transparent) {
		put_variable(c, "AWS_ENDPOINT_URL", buf_str(&url));
	}
	put_variable(c, "AWS_ACCESS_KEY_ID", key.access_key);
	put_variable(c, "AWS_SECRET_ACCESS_KEY", key.secret);
	put_variable(c, "AWS_DEFAULT_REGION", cloud->region);
	put_variable(c, "AWS_REGION", cloud->region);
	put_variable(c, "AWS_DATA_PATH", str_printf(c->x->arena, STR_FMT "/botocore", STR_ARG(cloud->data)));
	if (transparent) {
		set_transparent(c, buf_str(&url), direct);
	}
	unset_all(c, strays);
	putz(&c->out, c->text ? "" : "}\n");
}
