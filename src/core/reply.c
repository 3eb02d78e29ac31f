#include "core/reply.h"

#include "base/fd.h"

static bool is_head(const struct call *c) {
	return str_is(c->x->head.method, "HEAD");
}

static void put_line(struct buf *b, const char *name, str value) {
	putz(b, name);
	putz(b, ": ");
	put(b, value);
	putz(b, "\r\n");
}

static void put_ids(struct buf *b, const struct call *c) {
	if (c->proto == P_RESTXML) {
		put_line(b, "x-amz-request-id", c->request_id);
		put_line(b, "x-amz-id-2", c->host_id);
		putz(b, "Server: AmazonS3\r\n");
	} else {
		put_line(b, "x-amzn-RequestId", c->request_id);
	}
}

void reply_success(struct call *c) {
	struct response w = { .headers = { .arena = c->arena }, .body = { .arena = c->arena } };
	put_ids(&w.headers, c);
	w.status = 200;
	if (c->op) {
		response_write(&w, c->out, &(struct wire){ c->service, c->op, c->proto }, c->request_id);
	}
	put(&w.headers, buf_str(&c->headers));
	c->status = c->status ? c->status : w.status;
	struct reply r = { .status = c->status, .headers = buf_str(&w.headers), .head_only = is_head(c) };
	if (c->pull) {
		r.length = c->pull_length;
		r.pull = c->pull;
		r.arg = c->pull_arg;
	} else {
		r.body = c->raw ? c->raw_body : buf_str(&w.body);
	}
	call_db_done(c);
	exchange_reply(c->x, &r);
}

void reply_fault(struct call *c) {
	struct buf headers = { .arena = c->arena }, body = { .arena = c->arena };
	struct envelope e = { .proto = c->proto,
			      .service = c->service,
			      .request_id = c->request_id,
			      .host_id = c->host_id,
			      .resource = c->x->head.path };
	put_ids(&headers, c);
	fault_write(&headers, &body, &c->refusal, &e);
	put(&headers, buf_str(&c->headers));
	c->status = c->refusal.fault ? c->refusal.fault->status : 500;
	bool bare = is_head(c) || c->status == 304;
	struct reply r = { .status = c->status, .headers = buf_str(&headers), .body = bare ? S("") : buf_str(&body) };
	call_db_done(c);
	exchange_reply(c->x, &r);
}

static void put_member(struct buf *b, const char *name, str value) {
	putf(b, "%s\"%s\":", b->n > 1 ? "," : "", name);
	put_json(b, value);
}

void reply_log(const struct call *c, int fd, int64_t micros) {
	AUTO_ARENA a = { 0 };
	struct buf b = { .arena = &a };
	put_byte(&b, '{');
	put_member(&b, "requestId", c->request_id);
	put_member(&b, "service", str_from(c->service ? c->service->name : ""));
	put_member(&b, "operation", str_from(c->op ? c->op->name : ""));
	put_member(&b, "principal", c->who.arn);
	put_member(&b, "error", str_from(c->refusal.fault ? c->refusal.fault->code : ""));
	putf(&b, ",\"status\":%d,\"micros\":%lld}\n", c->status, (long long)micros);
	if (write_all(fd, b.p, b.n)) {
		return;
	}
}
