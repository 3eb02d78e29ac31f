/* The codec for tests/wire/roundtrip.py, over stdin and stdout. A request is a line of words "COMMAND SERVICE OPERATION
 * PROTO" and parts; an answer is parts. A list of parts is its count as a line, then each part: its length as a line,
 * its bytes. Values travel as CBOR under the names of the API reference. */
#include "wire/fault.h"
#include "wire/rest.h"

#include <stdio.h>
#include <stdlib.h>

enum { PARTS_MAX = 8 };

struct job {
	struct arena *arena;
	char command[32];
	struct wire wire;
	str in[PARTS_MAX];
	size_t n_in;
	struct buf out[PARTS_MAX];
	size_t n_out;
};

static bool number_line(size_t *n) {
	char line[64];
	return fgets(line, sizeof(line), stdin) && sscanf(line, "%zu", n) == 1;
}

static bool job_read(struct job *j) {
	char line[256], service[64], op[128];
	int proto;
	if (!fgets(line, sizeof(line), stdin) ||
	    sscanf(line, "%31s %63s %127s %d", j->command, service, op, &proto) != 4) {
		return false;
	}
	j->wire.service = service_find(service);
	j->wire.op = j->wire.service ? op_find(j->wire.service, op, strlen(op)) : NULL;
	j->wire.proto = (enum proto)proto;
	if (!number_line(&j->n_in) || j->n_in > PARTS_MAX) {
		return false;
	}
	for (size_t i = 0; i < j->n_in; i++) {
		size_t n;
		if (!number_line(&n)) {
			return false;
		}
		char *p = arena_alloc(j->arena, n + 1);
		if (fread(p, 1, n, stdin) != n) {
			return false;
		}
		j->in[i] = (str){ p, n };
	}
	return j->wire.op;
}

static struct buf *part(struct job *j) {
	struct buf *b = &j->out[j->n_out++];
	b->arena = j->arena;
	return b;
}

static void job_write(const struct job *j) {
	printf("%zu\n", j->n_out);
	for (size_t i = 0; i < j->n_out; i++) {
		printf("%zu\n", j->out[i].n);
		fwrite(j->out[i].p, 1, j->out[i].n, stdout);
	}
	fflush(stdout);
}

/* Method, target and header lines, as head_read wants them. */
static bool head_of(struct job *j, struct head *h) {
	struct buf b = { .arena = j->arena };
	size_t used;
	putf(&b, STR_FMT " " STR_FMT " HTTP/1.1\r\nHost: x\r\n", STR_ARG(j->in[0]), STR_ARG(j->in[1]));
	put(&b, j->in[2]);
	putz(&b, "\r\n");
	return head_read(j->arena, buf_str(&b), h, &used) == HEAD_OK;
}

/* Routed operation, trouble, value. */
static void read_request(struct job *j) {
	struct head h;
	str why = { 0 };
	struct buf *routed = part(j), *trouble = part(j), *value = part(j);
	if (!head_of(j, &h)) {
		putz(trouble, "head");
		return;
	}
	const struct op *op =
		j->wire.proto & (P_RESTXML | P_RESTJSON) ? rest_route(j->wire.service, &h, h.path) : j->wire.op;
	putz(routed, op ? op->name : "");
	if (!j->wire.op->in) {
		return;
	}
	struct val *v = val_new(j->arena, j->wire.op->in);
	if (!message_read(j->arena, v, &j->wire, &(struct message){ &h, h.path, j->in[3] }, &why)) {
		putf(trouble, "malformed " STR_FMT, STR_ARG(why));
		return;
	}
	put(trouble, val_check(j->arena, v).n && j->in[4].n ? val_check(j->arena, v) : S(""));
	cbor_write(value, v);
}

static struct val *value_of(struct job *j, const struct shape *shape) {
	struct val *v = shape ? val_new(j->arena, shape) : NULL;
	if (v && !cbor_read(j->arena, v, j->in[0])) {
		fprintf(stderr, "probe: value of %s\n", shape->name);
		abort();
	}
	return v;
}

/* Status, headers, body, and the value read back by the client's reader. */
static void write_response(struct job *j) {
	struct response r = { .headers = { .arena = j->arena }, .body = { .arena = j->arena } };
	struct val *v = value_of(j, j->wire.op->out);
	response_write(&r, v, &j->wire, S("REQUEST-ID"));
	put_int(part(j), r.status);
	put(part(j), buf_str(&r.headers));
	put(part(j), buf_str(&r.body));
	struct buf text = { .arena = j->arena }, *back = part(j);
	struct head h;
	size_t used;
	putf(&text, "HTTP/1.1 %d OK\r\n" STR_FMT "\r\n", r.status, STR_ARG(buf_str(&r.headers)));
	struct val *again = v ? val_new(j->arena, v->shape) : NULL;
	bool ok = head_read_response(j->arena, buf_str(&text), &h, &used) == HEAD_OK;
	if (v && ok && response_read(j->arena, again, &j->wire, &(struct message){ &h, { 0 }, buf_str(&r.body) })) {
		cbor_write(back, again);
	}
}

static void write_request(struct job *j) {
	struct request r;
	struct val *v = value_of(j, j->wire.op->in);
	request_write(j->arena, &r, v, &j->wire);
	put(part(j), r.method);
	put(part(j), r.path);
	put(part(j), r.query);
	put(part(j), buf_str(&r.headers));
	put(part(j), buf_str(&r.body));
}

/* One event of the output's stream. */
static void write_event(struct job *j) {
	struct val *v = value_of(j, j->wire.op->out);
	for (struct val *c = v->first; c; c = c->next) {
		if (c->shape->flags & SH_EVENTSTREAM && c->first) {
			event_write(part(j), c->first, j->wire.proto);
			return;
		}
	}
	event_write(part(j), v, j->wire.proto);
}

/* in: code, message. out: headers, body, code and message read back. */
static void write_fault(struct job *j) {
	struct fault f = { str_z(j->arena, j->in[0]), 400 };
	struct refusal r = { .fault = &f, .message = j->in[1] };
	struct envelope e = { .proto = j->wire.proto,
			      .service = j->wire.service,
			      .request_id = S("REQUEST-ID"),
			      .host_id = S("HOST-ID") };
	struct buf *headers = part(j), *body = part(j), text = { .arena = j->arena };
	refusal_detail(j->arena, &r, "BucketName", j->in[1]);
	fault_write(headers, body, &r, &e);
	str code = { 0 }, message = { 0 };
	struct head h;
	size_t used;
	putf(&text, "HTTP/1.1 400 Bad\r\n" STR_FMT "\r\n", STR_ARG(buf_str(headers)));
	if (head_read_response(j->arena, buf_str(&text), &h, &used) == HEAD_OK) {
		fault_read(j->arena, j->wire.proto, &(struct message){ &h, { 0 }, buf_str(body) }, &code, &message);
	}
	put(part(j), code);
	put(part(j), message);
}

static bool job_run(struct job *j) {
	static const struct {
		const char *name;
		void (*run)(struct job *j);
	} commands[] = { { "read", read_request },
			 { "response", write_response },
			 { "request", write_request },
			 { "event", write_event },
			 { "fault", write_fault } };
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, j->command) == 0) {
			commands[i].run(j);
			return true;
		}
	}
	return false;
}

int main(void) {
	for (;;) {
		struct arena arena = { 0 };
		struct job j = { .arena = &arena };
		if (!job_read(&j) || !job_run(&j)) {
			arena_free(&arena);
			return !feof(stdin);
		}
		job_write(&j);
		arena_free(&arena);
	}
}
