#include "core/gate.h"

#include "core/address.h"
#include "http/tls.h"

#include <arpa/inet.h>

static void refuse(struct exchange *x, int status, const char *reason, str sentence) {
	struct reply r = { .status = status,
			   .reason = str_from(reason),
			   .headers = S("Content-Type: text/plain; charset=utf-8\r\n"),
			   .body = str_printf(x->arena, STR_FMT "\n", STR_ARG(sentence)),
			   .head_only = str_is(x->head.method, "HEAD"),
			   .close = true };
	exchange_reply(x, &r);
}

/* "[::1]:4566" is "::1" and "4566". */
static void split(str authority, str *host, str *port) {
	if (authority.n && authority.p[0] == '[') {
		str_cut(str_skip(authority, 1), ']', host, port);
		*port = str_skip(*port, 1);
	} else {
		str_cut(authority, ':', host, port);
	}
}

static bool is_loopback(struct arena *a, str host) {
	struct in_addr address;
	return str_starts(host, S("127.")) && inet_pton(AF_INET, str_z(a, host), &address) == 1;
}

static bool is_here(struct arena *a, const struct cloud *cloud, str host) {
	return is_loopback(a, host) || str_is(host, "::1") || str_is(host, "localhost") ||
	       str_ends(host, S(".localhost")) || str_eq(host, cloud->listen);
}

static bool port_is(str port, int64_t a, int64_t b) {
	int64_t n = 0;
	return str_uint(port, &n) && (n == a || n == b);
}

static void refuse_host(struct exchange *x, str authority) {
	refuse(x, 403, "Not an AWS host",
	       str_printf(x->arena,
			  STR_FMT " is not one of AWS's hosts: Aerostat answers for those alone, and forwards "
				  "nothing to anyone.",
			  STR_ARG(authority)));
}

static void refuse_port(struct exchange *x, str authority, int port) {
	refuse(x, 403, "Not a port that is served",
	       str_printf(x->arena,
			  "Nothing is served at " STR_FMT ", only at port %d of that host; Aerostat forwards "
			  "nothing to anyone.",
			  STR_ARG(authority), port));
}

/* usual: the port of the scheme, which AWS's hosts have. False: it was refused. */
static bool may_reach(struct exchange *x, const struct cloud *cloud, str host, str port, int usual) {
	bool aws = host_is_aws(host);
	if (!aws && !is_here(x->arena, cloud, host)) {
		refuse_host(x, x->head.host);
		return false;
	}
	int own = aws ? usual : cloud->port;
	if (port.n && !port_is(port, usual, own)) {
		refuse_port(x, x->head.host, own);
		return false;
	}
	return true;
}

static void grant(struct exchange *x, const struct cloud *cloud, str host) {
	str problem = tls_problem(cloud->tls, x->arena);
	if (problem.n) {
		refuse(x, 503, "TLS is not served", problem);
	} else if (exchange_tunnel(x, host)) {
		refuse(x, 400, NULL,
		       S("A CONNECT comes by plain HTTP (a proxy's URL begins with http://), has no body, and is never "
			 "inside another."));
	}
}

bool gate_pass(struct exchange *x, const struct cloud *cloud) {
	const struct head *h = &x->head;
	bool tunnel = str_is(h->method, "CONNECT");
	str host, port;
	if (!tunnel && (h->target.p[0] == '/' || h->target.p[0] == '*')) {
		return true;
	}
	split(str_lower(x->arena, h->host), &host, &port);
	bool secure = tunnel || str_ieq((str){ h->target.p, 6 }, S("https:"));
	if (!may_reach(x, cloud, host, port, secure ? 443 : 80)) {
		return false;
	}
	if (tunnel) {
		grant(x, cloud, host);
	}
	return !tunnel;
}
