/* What is decided about: who wants to do what with which resource, in which circumstances. */
#pragma once

#include "base/buf.h"

enum principal_kind {
	PRINCIPAL_ANONYMOUS,
	PRINCIPAL_ROOT, /* of an account, by its own keys or a session of them */
	PRINCIPAL_USER, /* also a session by GetSessionToken */
	PRINCIPAL_ROLE, /* a session of a role: assumed-role */
	PRINCIPAL_FEDERATED, /* a session by GetFederationToken */
	PRINCIPAL_SERVICE, /* an AWS service acting by itself: ec2.amazonaws.com */
};

/* Who asks, once the signature has been checked. */
struct principal {
	enum principal_kind kind;
	str account; /* 12 digits; absent: anonymous */
	str arn; /* arn:aws:iam::123456789012:root, ...:user/path/name,
		    arn:aws:sts::123456789012:assumed-role/ROLE/SESSION, ...:federated-user/NAME */
	str id; /* aws:userid: the account id for root, AIDA..., AROA...:SESSION, ACCOUNT:NAME of a federated user */
	str name; /* aws:username: of users alone */
	str entity_arn; /* a session: of its role or user, with path (aws:PrincipalArn of a role's session); else arn */
	str entity_id; /* AIDA..., AROA...; absent: root, anonymous, service */
	str access_key;
	str canonical_id, display_name; /* the account's, as S3 shows owners */
	str service; /* PRINCIPAL_SERVICE: "ec2.amazonaws.com" */
};

/* The values of one condition key. */
struct values {
	const str *v;
	size_t n;
	bool many; /* a key that is a set (aws:TagKeys), even if it has one member or none now */
};

/* One value, kept in the arena; an absent one is none: false. For what find. */
bool values_one(struct arena *a, str value, struct values *out);

/* The circumstances: condition keys and their values, looked up when a policy asks for them. */
struct context {
	/* key as the policy writes it; keys have no case (aws:PrincipalTag/NAME: the part behind the slash neither).
	 * False: the request has no such key. */
	bool (*find)(void *arg, str key, struct values *out);
	void *arg;
};

struct access {
	const struct principal *who;
	str action; /* "s3:GetObject" */
	str resource; /* ARN, or "*" */
	const struct context *context; /* NULL: no keys at all */
	struct arena *arena; /* for variables that are filled in */
	bool bounded; /* who has a permissions boundary: NotPrincipal of a Deny never excepts him (decide fills it) */
};
