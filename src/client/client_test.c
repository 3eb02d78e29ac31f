/* A server in the same process that checks what the client signs, and answers as it is told. */
#include "auth/auth.h"
#include "base/tap.h"
#include "client/client.h"
#include "http/server.h"

#include <stdlib.h>

static struct {
	int failures; /* so many answers of 503 first */
	const char *status_line_code; /* NULL: a success */
	_Atomic int asked, good;
	char path[128], query[128];
} script;

static const char identity[] = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
			       "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:root</Arn><UserId>1</UserId>"
			       "<Account>123456789012</Account></GetCallerIdentityResult>"
			       "<ResponseMetadata><RequestId>rid-1</RequestId></ResponseMetadata>"
			       "</GetCallerIdentityResponse>";
static const char denied[] =
	"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
	"<Message>User is not authorized</Message></Error><RequestId>rid-2</RequestId></ErrorResponse>";

static bool verify(struct exchange *x, str body) {
	struct auth auth;
	struct refusal why = { 0 };
	struct auth_request r = { .head = &x->head,
				  .style = AUTH_QUERY,
				  .body = body,
				  .body_known = true,
				  .secret = S("se/cret+"),
				  .service = S("sts"),
				  .region = S("us-east-1") };
	return auth_parse(x->arena, &x->head, AUTH_QUERY, &auth, &why) && str_is(auth.access_key, "AKIATEST") &&
	       str_is(auth.token, "to/ken") && auth_verify(x->arena, &r, &auth, &why);
}

static void handle(struct exchange *x, void *arg) {
	str body = { 0 };
	struct reply r = { .status = 200, .headers = S("Content-Type: text/xml\r\n") };
	(void)arg;
	exchange_read_all(x, 65536, &body);
	script.good += verify(x, body);
	snprintf(script.path, sizeof(script.path), STR_FMT, STR_ARG(x->head.path));
	if (script.asked++ < script.failures) {
		r.status = 503;
	} else if (script.status_line_code) {
		r.status = 403;
		r.body = str_from(script.status_line_code);
	} else {
		r.body = S(identity);
	}
	exchange_reply(x, &r);
}

static void begin(int failures, const char *fault) {
	script.failures = failures;
	script.status_line_code = fault;
	script.asked = script.good = 0;
}

static void test_call(struct client *c) {
	struct answer a;
	begin(0, NULL);
	CHECK(client_call(c, "sts", "GetCallerIdentity", NULL, &a));
	CHECK_STR(get_str(a.out, "Account"), S("123456789012"));
	CHECK_STR(a.request_id, S("rid-1"));
	CHECK_INT(script.good, 1);
	CHECK_STR(str_from(script.path), S("/base/"));
	struct val *in = client_input(c, "sts", "AssumeRole");
	set_str(c->arena, in, "RoleArn", S("arn:aws:iam::123456789012:role/\xc3\xa4 b+c/%"));
	client_call(c, "sts", "AssumeRole", in, &a);
	CHECK_INT(script.good, 2);
}

static void test_again(struct client *c) {
	struct answer a;
	begin(2, NULL);
	CHECK(client_call(c, "sts", "GetCallerIdentity", NULL, &a));
	CHECK_INT(script.asked, 3);
	CHECK_INT(script.good, 3);
	begin(3, NULL);
	CHECK(!client_call(c, "sts", "GetCallerIdentity", NULL, &a));
	CHECK_STR(a.code, S("503"));
	CHECK_INT(script.asked, 3);
}

static void test_fault(struct client *c) {
	struct answer a;
	begin(0, denied);
	CHECK(!client_call(c, "sts", "GetCallerIdentity", NULL, &a));
	CHECK_INT(script.asked, 1);
	CHECK_STR(answer_sentence(c->arena, &a), S("AccessDenied: User is not authorized (request rid-2)"));
	begin(0, "<html>");
	CHECK(!client_call(c, "sts", "GetCallerIdentity", NULL, &a));
	CHECK_STR(answer_sentence(c->arena, &a), S("403: these keys may not, or there is nothing of that name"));
}

static void test_nobody(struct client *c) {
	struct answer a;
	size_t at;
	CHECK(!client_call(c, "sts", "GetCallerIdentity", NULL, &a));
	CHECK(a.status == 0 && a.code.n == 0 && str_find(a.message, S("does not answer"), &at));
}

int main(void) {
	AUTO_ARENA a = { 0 };
	int fd, port;
	struct server *server;
	struct client c;
	struct answer failed;
	struct server_config config = { .handle = handle };
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	if (listen_tcp("127.0.0.1", 0, &port, &fd) || server_start(&server, &config, &fd, 1)) {
		return 1;
	}
	struct place place = { .endpoint = str_printf(&a, "http://127.0.0.1:%d/base/", port),
			       .region = S("us-east-1"),
			       .keys = { S("AKIATEST"), S("se/cret+"), S("to/ken") } };
	CHECK(client_open(&c, &a, &place, &failed));
	c.attempts = 3;
	c.pause_ms = 0;
	test_call(&c);
	test_again(&c);
	test_fault(&c);
	server_stop(server, 1000);
	test_nobody(&c);
	return tap_done();
}
