/* The AWS API as data: which operations there are, and the shape of what goes in and comes out. The rows are generated
 * (model/gen.py) from AWS's public service models; one file a service. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind { K_STRUCT, K_LIST, K_MAP, K_STR, K_BLOB, K_INT, K_DBL, K_BOOL, K_TIME };

enum proto {
	P_EC2 = 1 << 0,
	P_QUERY = 1 << 1,
	P_RESTXML = 1 << 2,
	P_JSON = 1 << 3,
	P_RESTJSON = 1 << 4,
	P_CBOR = 1 << 5,
};

enum loc { L_BODY, L_URI, L_QUERY, L_HEADER, L_HEADERS, L_STATUS };
enum time_format { T_DEFAULT, T_ISO, T_UNIX, T_RFC822 };
enum {
	M_REQUIRED = 1 << 0,
	M_FLAT = 1 << 1,
	M_ATTR = 1 << 2,
	M_JSONVALUE = 1 << 3,
	M_EVENTPAYLOAD = 1 << 4,
	M_EVENTHEADER = 1 << 5
};
enum {
	SH_STREAMING = 1 << 0,
	SH_EVENTSTREAM = 1 << 1,
	SH_EVENT = 1 << 2,
	SH_UNION = 1 << 3,
	SH_SENSITIVE = 1 << 4,
	SH_LONG = 1 << 5
};

/* One member of a structure; of a list its element; of a map its key, then its value. */
struct member {
	const char *name; /* as the API reference spells it; what handlers use */
	const char *wire; /* as sent, when that differs */
	const char *query; /* as sent in an EC2 query, when that differs from name */
	const struct shape *shape;
	uint8_t loc, flags, time;
};

struct shape {
	const char *name;
	enum kind kind;
	bool has_min, has_max;
	uint16_t n;
	uint8_t flags;
	const struct member *m;
	const char *payload; /* member that is the whole HTTP body */
	const char *xmlns; /* of an element that has its own, with its prefix if any: "xsi|http://..." */
	int64_t min, max; /* of a number its value; of anything else its length */
	const char *pattern;
	const char *const *values;
};

/* An error that an operation declares: how its code is spelt on the wire and with which status it goes out. */
struct error {
	const char *name; /* shape name: what handlers use */
	const char *code; /* as sent in query protocols, when that differs (awsQueryError) */
	int status; /* 0: not declared */
};

struct op {
	const char *name, *method, *uri; /* uri: "/{Bucket}/{Key+}?list-type=2" */
	const struct shape *in, *out;
	const char *wrapper; /* element around a query result */
	const char *root; /* element around a rest-xml request */
	const char *root_ns; /* its namespace */
	const char *out_root; /* element around a rest-xml response */
	const char *host; /* host prefix: "runtime." or NULL */
	bool checksum_required, unsigned_payload;
	bool no_auth; /* asked without a signature (AssumeRoleWithWebIdentity) */
	bool deprecated; /* superseded by another of the same method and uri: never routed to */
	bool bare; /* the root of a rest-xml response holds its one member itself (GetBucketLocation) */
	int status; /* of a success; 0: 200 */
};

struct service {
	const char *name; /* botocore's name: "s3", "logs" */
	const char *endpoint; /* first label of its host names: "monitoring" */
	const char *signing; /* name in the credential scope, when it is not endpoint */
	const char *id; /* serviceId: "CloudWatch Logs" */
	const char *version; /* apiVersion: "2010-05-08" */
	int protos; /* enum proto, or-ed */
	const char *json; /* "1.0" or "1.1" */
	const char *target; /* prefix of X-Amz-Target */
	const char *xmlns;
	bool query_compatible; /* awsQueryCompatible: errors carry x-amzn-query-error */
	const struct op *ops; /* sorted by name */
	size_t n_ops;
	const struct error *errors; /* sorted by name; ends with a row whose name is NULL */
	/* Query parameters that tell REST operations apart ("uploads"); ends with NULL, is NULL if there are none. */
	const char *const *decisive;
};

extern const struct service *const services[]; /* ends with NULL */

const struct service *service_find(const char *name);
const char *service_signing(const struct service *s); /* its name in a credential scope, and in IAM's actions */
const struct op *op_find(const struct service *s, const char *name, size_t n); /* n: length of name */
const struct error *error_find(const struct service *s, const char *name);
