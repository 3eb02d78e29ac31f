#include "daemon/extras.h"

#include "base/fd.h"

static const char lifecycle_id[] = "{\"version\":1.0,\"merge\":{\"shapes\":{\"LifecycleRule\":{\"members\":"
				   "{\"Id\":{\"shape\":\"ID\",\"locationName\":\"ID\"}}}}}}\n";

/* The AWS SDK makes its own agents, which no setting of Node's sends through a proxy. The port takes TLS as it is. */
static const char node[] =
	"\"use strict\";\n"
	"const net = require(\"node:net\");\n"
	"const tls = require(\"node:tls\");\n"
	"const proxy = process.env.HTTPS_PROXY ? new URL(process.env.HTTPS_PROXY) : null;\n"
	"const direct = tls.connect;\n"
	"const isHere = (host) => !host || host === \"localhost\" || host === \"::1\" || host.startsWith(\"127.\");\n"
	"\n"
	"tls.connect = function connect(...args) {\n"
	"\tconst done = args.filter((a) => typeof a === \"function\");\n"
	"\tconst options = Object.assign({}, ...args.filter((a) => a && typeof a === \"object\"));\n"
	"\tconst host = typeof args[1] === \"string\" ? args[1] : options.host;\n"
	"\tif (!proxy || options.socket || options.path || isHere(host)) {\n"
	"\t\treturn direct.apply(this, args);\n"
	"\t}\n"
	"\tconst servername = options.servername ?? (net.isIP(host) ? \"\" : host);\n"
	"\treturn direct({ ...options, servername, host: proxy.hostname, port: Number(proxy.port) }, ...done);\n"
	"};\n"
	"require(\"node:module\").syncBuiltinESMExports();\n";

static const struct {
	const char *dir, *name, *text;
} extras[] = {
	{ "botocore/s3/2006-03-01", "service-2.sdk-extras.json", lifecycle_id },
	{ "node", "proxy.cjs", node },
};

static bool is_there(const struct cloud *cloud, str path, str text) {
	str now;
	return file_read(cloud->arena, path.p, text.n + 1, &now) == 0 && str_eq(now, text);
}

int extras_write(const struct cloud *cloud, str *path) {
	int rc = 0;
	for (size_t i = 0; !rc && i < sizeof(extras) / sizeof(*extras); i++) {
		str text = str_from(extras[i].text);
		str dir = str_printf(cloud->arena, STR_FMT "/%s", STR_ARG(cloud->data), extras[i].dir);
		*path = str_printf(cloud->arena, STR_FMT "/%s", STR_ARG(dir), extras[i].name);
		if (!is_there(cloud, *path, text)) {
			rc = make_dirs(dir.p, 0755);
			rc = rc ? rc : file_write(path->p, text, 0644);
		}
	}
	return rc;
}
