/* One API call: what came in, what goes out, who asks. Everything in it lives until the reply is sent. Handlers see
 * a tree with the names of the API reference and never a wire; only S3 object bodies are streamed past it. */
#pragma once

#include "auth/payload.h"
#include "core/store.h"
#include "http/server.h"
#include "policy/decide.h"
#include "wire/rest.h"

struct call;
struct cloud;
struct identity;
struct route;

/* What a call is about, for the decision: filled by the route's resource function. */
struct resource {
	str arn; /* absent: "*" */
	str account; /* its owner; absent: the caller's own */
	str shown; /* how a refusal names it ("role NAME"); absent: by its ARN */
	const struct bound *policy; /* the resource's own policy, compiled; NULL: none */
	bool restricted; /* as struct question has it */
	bool owner_may; /* likewise */
	bool trust; /* likewise: the resource is a role, and policy its trust policy */
	/* Does an ACL of the resource let the caller do this? NULL: no ACL does. Asked only when no policy allows. */
	bool (*granted)(struct call *c, const char *action, const struct resource *r);
	/* aws:ResourceTag/NAME and the service's own keys of the resource. False: no such tag. NULL: no tags. */
	bool (*tag)(struct call *c, const struct resource *r, str name, str *value);
	void *subject; /* for those two; c->subject of c->resource */
};

struct call {
	struct arena *arena;
	struct exchange *x;
	struct cloud *cloud;
	const struct service *service;
	const struct op *op;
	const struct route *route;
	enum proto proto;
	struct val *in, *out;
	struct principal who;
	const struct identity *identity; /* what binds the caller; NULL: anonymous */
	struct auth auth;
	str region; /* that the client speaks to: of the scope, the host, else the server's */
	str request_id, host_id;
	str host_region; /* the region that the host name speaks for; absent: any */
	str bucket_host; /* S3 virtual host: the bucket; absent else */
	str path; /* raw, with the virtual host's bucket put in front */
	struct resource resource;
	void *subject; /* what the resource function found, for the handler of its room */
	struct verdict verdict; /* of the last call_allowed */
	struct refusal refusal; /* filled by fail() */
	struct payload payload; /* of an operation whose body streams */
	struct db *reader; /* use call_db() */
	int read_error; /* of a reader that was given back; 0 or -errno */

	/* What a handler may add to the reply. */
	struct buf headers; /* lines beyond those of the output shape */
	int status; /* 0: the operation's own */
	bool raw; /* the body below stands for the output's payload or body */
	str raw_body;
	int64_t pull_length; /* with pull: its length */
	int (*pull)(void *arg, struct piece *out);
	void *pull_arg;
	bool replied; /* the handler has answered by itself (event stream) */
};

/* Says why the call cannot be answered. Always returns false, so that handlers can write: return fail(c, &f, "..."). */
bool fail(struct call *c, const struct fault *f, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* An element beside Code and Message in S3's envelope; after fail(). */
void fail_detail(struct call *c, const char *name, str value);
/* A breakage below the handler: -ENOSPC, -EIO ...; logged where it arose. 0 is not for this. */
bool fail_errno(struct call *c, int rc);

/* A snapshot of the database for the rest of the call; call_db_done gives it back early (before a long body). */
struct db *call_db(struct call *c);
void call_db_done(struct call *c);
/* store_write for handlers: true, or the work failed. A work that fails by a rule calls fail() itself and returns 1. */
bool call_write(struct call *c, int (*run)(struct db *db, void *arg), void *arg, struct blob_writer *blob);

/* A handler fills c->out and returns true, or fails. */
typedef bool handler(struct call *c);

struct route {
	const char *op;
	handler *run;
	const char *action; /* as IAM names it; NULL: service:Operation; "": the handler asks call_allowed itself; "-":
			       AWS lets anyone call it */
	bool (*on)(struct call *c); /* fills c->resource, or fails (NoSuchBucket); NULL: any ("*") */
	const char *usage; /* metered as; NULL: not metered */
};

/* A served service: its routes, and what is its own. */
struct face {
	const char *name; /* botocore's name */
	const struct route *const *tables; /* NULL-terminated; each ends with a zeroed row */
	const struct store_table *store; /* its tables, ends with a zeroed row; may be NULL */
	/* Checks a whole body (not a streamed one) before it is parsed: Content-MD5, checksum headers. Fails. May
	 * be NULL. */
	bool (*check_body)(struct call *c, str body);
	/* Does the service take calls with credentials of this kind at all (IAM with a federated user's)? Fails. May be
	 * NULL. */
	bool (*admit)(struct call *c);
	/* The service's own condition keys ("s3:prefix", "iam:PassedToService"), as context.find. May be NULL. */
	bool (*key)(struct call *c, const struct resource *r, str key, struct values *out);
	/* Outside a call: whose the resource of this ARN is, and its policy; fills account, policy, restricted. False:
	 * there is none such. May be NULL. */
	bool (*policy_of)(struct db *db, struct arena *a, str arn, struct resource *out);
	/* In the work that makes an account: what it is born with. 0 or -errno. May be NULL. */
	int (*born)(struct db *db, struct arena *a, str account);
	const struct command *commands; /* for the control channel; ends with a zeroed row; may be NULL */
};

/* May the caller do this? The one place where it is decided: all policies that bear on it, by decide(). Records the
 * decision under the request id and leaves it in c->verdict. */
bool call_allowed(struct call *c, const char *action, const struct resource *r);
/* The refusal after call_allowed said no, in the words and the code of the wire ("User: ... is not authorized to
 * perform: ..."; EC2's encoded form; S3 across accounts "Access Denied"). Always returns false. */
bool deny(struct call *c, const char *action, const struct resource *r);
/* Both: asks, and refuses. */
bool call_must(struct call *c, const char *action, const struct resource *r);
/* May the caller hand this role (an ARN) to a service ("ec2.amazonaws.com")? iam:PassRole, and the role's trust policy
 * is not looked at here. Fails with AccessDenied. */
bool must_pass_role(struct call *c, str role_arn, const char *service);
/* A sealed explanation of a refusal, for EC2's sentence, and back: a JSON document. Absent: not ours, or tampered,
 * or of a call by another account than this. */
str denial_encode(struct call *c, const char *action, const struct resource *r);
str denial_decode(struct cloud *cloud, struct arena *a, str account, str encoded);
