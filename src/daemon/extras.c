#include "daemon/extras.h"

#include "base/fd.h"
#include "core/address.h"

static const char lifecycle_id[] = "{\"version\":1.0,\"merge\":{\"shapes\":{\"LifecycleRule\":{\"members\":"
				   "{\"Id\":{\"shape\":\"ID\",\"locationName\":\"ID\"}}}}}}\n";

/* The AWS SDK makes its own agents, which no setting of Node's sends through a proxy: so each socket that is for one of
 * AWS's hosts comes to the port, which takes TLS and HTTP as they are; no other host is reached. */
static const char node[] =
	"const net = require(\"node:net\");\n"
	"const tls = require(\"node:tls\");\n"
	"const { HTTPS_PROXY, NO_PROXY } = process.env;\n"
	"if (!HTTPS_PROXY) {\n"
	"\treturn;\n"
	"}\n"
	"const { hostname, port } = new URL(HTTPS_PROXY);\n"
	"const here = { host: hostname.replace(/^\\[|\\]$/g, \"\"), port: Number(port || 80) };\n"
	"const direct = [here.host, \"localhost\", ...(NO_PROXY ?? \"\").split(\",\").map((d) => "
	"d.trim()).filter(Boolean)];\n"
	"const below = (host, list) => list.some((d) => d === \"*\" || host === d || host.endsWith(\".\" + d));\n"
	"const isDirect = (host) => !host || (net.isIPv4(host) && host.startsWith(\"127.\")) || below(host, direct);\n"
	"const isAws = (host) => below(host, domains);\n"
	"const hostOf = (host) => String(host ?? \"\").toLowerCase().replace(/\\.$/, \"\");\n"
	"\n"
	"// net's own reading of what it is called with: (options), (port, host) or (path), and a listener at the "
	"end.\n"
	"function read(args) {\n"
	"\tconst [first, second] = Array.isArray(args[0]) ? args[0] : args;\n"
	"\tconst done = args.flat().filter((a) => typeof a === \"function\").pop();\n"
	"\tif (first && typeof first === \"object\") {\n"
	"\t\treturn [first, done];\n"
	"\t}\n"
	"\treturn [isNaN(first) ? { path: first } : { port: first, host: typeof second === \"string\" ? second : null "
	"}, done];\n"
	"}\n"
	"\n"
	"const connect = net.Socket.prototype.connect;\n"
	"net.Socket.prototype.connect = function (...args) {\n"
	"\tconst [options, done] = read(args);\n"
	"\tconst host = hostOf(options.host);\n"
	"\tif (options.path || isDirect(host)) {\n"
	"\t\treturn connect.apply(this, args);\n"
	"\t}\n"
	"\tif (isAws(host)) {\n"
	"\t\treturn connect.call(this, { ...options, ...here }, done);\n"
	"\t}\n"
	"\tconst error = new Error(`${host} is not one of AWS's hosts: aerostat run reaches those alone, on this "
	"machine.`);\n"
	"\tthis.connecting = true;\n"
	"\tprocess.nextTick(() => this.destroy(Object.assign(error, { code: \"ECONNREFUSED\" })));\n"
	"\treturn this;\n"
	"};\n"
	"\n"
	"// The name for the certificate, where the caller leaves it out.\n"
	"const secure = tls.connect;\n"
	"tls.connect = function (...args) {\n"
	"\tconst [options, done] = read(args);\n"
	"\tconst more = args.find((a, i) => i > 0 && a && typeof a === \"object\");\n"
	"\tconst all = { ...options, ...more };\n"
	"\tconst named = !all.socket && !all.path && isAws(hostOf(all.host));\n"
	"\treturn named ? secure({ ...all, servername: all.servername || all.host }, done) : secure.apply(this, "
	"args);\n"
	"};\n"
	"require(\"node:module\").syncBuiltinESMExports();\n";

static const struct {
	const char *dir, *name, *text;
	bool domains; /* the text is JavaScript that knows AWS's */
} extras[] = {
	{ "botocore/s3/2006-03-01", "service-2.sdk-extras.json", lifecycle_id, false },
	{ "node", "proxy.cjs", node, true },
};

static str text_of(struct arena *a, size_t i) {
	struct buf b = { .arena = a };
	if (extras[i].domains) {
		putz(&b, "\"use strict\";\nconst domains = \"");
		for (const char *const *d = AWS_DOMAINS; *d; d++) {
			putf(&b, "%s%s", *d, d[1] ? " " : "");
		}
		putz(&b, "\".split(\" \");\n");
	}
	putz(&b, extras[i].text);
	return buf_str(&b);
}

static bool is_there(const struct cloud *cloud, str path, str text) {
	str now;
	return file_read(cloud->arena, path.p, text.n + 1, &now) == 0 && str_eq(now, text);
}

int extras_write(const struct cloud *cloud, str *path) {
	int rc = 0;
	for (size_t i = 0; !rc && i < sizeof(extras) / sizeof(*extras); i++) {
		str text = text_of(cloud->arena, i);
		str dir = str_printf(cloud->arena, STR_FMT "/%s", STR_ARG(cloud->data), extras[i].dir);
		*path = str_printf(cloud->arena, STR_FMT "/%s", STR_ARG(dir), extras[i].name);
		if (!is_there(cloud, *path, text)) {
			rc = make_dirs(dir.p, 0755);
			rc = rc ? rc : file_write(path->p, text, 0644);
		}
	}
	return rc;
}
