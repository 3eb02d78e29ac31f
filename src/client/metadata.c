/* The services that give keys to what runs at AWS: of containers (ECS, EKS) and of instances (EC2). Source: Amazon EC2
 * User Guide, "Use the Instance Metadata Service to access instance metadata"; AWS SDKs and Tools Reference Guide,
 * "Container credential provider" and "IMDS credential provider". */
#include "base/fd.h"
#include "client/credentials.h"
#include "client/endpoint.h"
#include "client/transport.h"

enum { INSTANCE_MS = 1000, CONTAINER_MS = 2000, TRIES = 3, TOKEN_MAX = 16 * 1024, NAME_MAX_BYTES = 256 };

#define ROLES "/latest/meta-data/iam/security-credentials/"

struct giver {
	struct arena *a;
	struct transport *transport;
	str host;
	str headers; /* whole lines */
};

/* 0: it does not answer; *body is then why. */
static int ask(struct giver *s, const char *method, str url, str *body) {
	str why = { 0 };
	struct head *head = NEW(s->a, struct head);
	str headers = str_printf(s->a, "Host: " STR_FMT "\r\n" STR_FMT, STR_ARG(s->host), STR_ARG(s->headers));
	struct parcel p = { .method = str_from(method), .url = url, .headers = headers, .body = S("") };
	enum delivery d = transport_send(s->transport, &p, head, body, &why);
	if (d == DELIVERED) {
		return head->status;
	}
	*body = why;
	return 0;
}

static bool no(struct arena *a, const struct credential_provider *s, str url, str what, str *why) {
	str whose = s->profile.n ? str_printf(a, "Profile " STR_FMT " has no keys of its own", STR_ARG(s->profile))
				 : S("There are no keys in the environment or a profile");
	return say_why(a, why, STR_FMT ", and " STR_FMT " " STR_FMT ".", STR_ARG(whose), STR_ARG(url), STR_ARG(what));
}

static str answered(struct arena *a, int status, str body) {
	return status ? str_printf(a, "answers %d", status) : str_printf(a, "does not answer: " STR_FMT, STR_ARG(body));
}

static bool is_line(str s) {
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) {
			return false;
		}
	}
	return true;
}

/* --- of a container --- */

static bool read_token(struct arena *a, str *out, str *why) {
	str path = env_get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	*out = env_get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	if (path.n) {
		int rc = file_read(a, str_z(a, path), TOKEN_MAX, out);
		if (rc) {
			return say_why(a, why,
				       "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, " STR_FMT ", cannot be read: %s.",
				       STR_ARG(path), strerror(-rc));
		}
	}
	while (out->n && strchr("\r\n", out->p[out->n - 1])) {
		out->n--;
	}
	return is_line(*out) || say_why(a, why, "The token for the container's keys has more than one line.");
}

bool grant_of_container(struct arena *a, const struct credential_provider *s, struct grant *out, str *why) {
	struct url url;
	struct giver giver = { .a = a, .transport = transport_create(a) };
	str token, body = { 0 }, what = { 0 };
	int status = 0;
	if (!read_token(a, &token, why)) {
		return false;
	}
	url_parse(s->url, &url);
	transport_limit(giver.transport, CONTAINER_MS);
	giver.host = url.host;
	giver.headers = str_printf(a, "Accept: application/json\r\n%s" STR_FMT "%s", token.n ? "Authorization: " : "",
				   STR_ARG(token), token.n ? "\r\n" : "");
	for (int i = 0; i < TRIES && (status == 0 || status >= 500); i++) {
		status = ask(&giver, "GET", s->url, &body);
	}
	if (status != 200) {
		return no(a, s, s->url, answered(a, status, body), why);
	}
	return grant_read(a, body, "Token", out, &what) || no(a, s, s->url, what, why);
}

/* --- of an instance --- */

/* A token of version 2; where there is no such version (and it may be done without), none. */
static bool take_token(struct giver *s, const struct credential_provider *from, str *why) {
	str body = { 0 }, url = str_printf(s->a, STR_FMT "/latest/api/token", STR_ARG(from->url));
	s->headers = S("X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n");
	int status = ask(s, "PUT", url, &body);
	s->headers = S("");
	if (status == 200 && body.n <= TOKEN_MAX && is_line(body)) {
		s->headers = str_printf(s->a, "X-aws-ec2-metadata-token: " STR_FMT "\r\n", STR_ARG(body));
		return true;
	}
	bool first_version = status == 403 || status == 404 || status == 405;
	if (from->only_v2 || !first_version) {
		return no(s->a, from, url, answered(s->a, status, body), why);
	}
	return true;
}

bool grant_of_instance(struct arena *a, const struct credential_provider *s, struct grant *out, str *why) {
	struct url url;
	struct giver giver = { .a = a, .transport = transport_create(a) };
	str body = { 0 }, role, rest, what = { 0 }, roles = str_printf(a, STR_FMT ROLES, STR_ARG(s->url));
	transport_limit(giver.transport, INSTANCE_MS);
	url_parse(s->url, &url);
	giver.host = url.host;
	if (!take_token(&giver, s, why)) {
		return false;
	}
	int status = ask(&giver, "GET", roles, &body);
	str_cut(body, '\n', &role, &rest);
	role = str_trim(role);
	if (status != 200 || !role.n || role.n > NAME_MAX_BYTES) {
		return no(a, s, roles,
			  status == 404 || status == 200 ? S("names no role of this instance")
							 : answered(a, status, body),
			  why);
	}
	struct buf one = { .arena = a };
	put(&one, roles);
	put_url(&one, str_dup(a, role), false);
	status = ask(&giver, "GET", buf_str(&one), &body);
	if (status != 200) {
		return no(a, s, buf_str(&one), answered(a, status, body), why);
	}
	return grant_read(a, body, "Token", out, &what) || no(a, s, buf_str(&one), what, why);
}
