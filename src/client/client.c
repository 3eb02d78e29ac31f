#include "client/client.h"

#include "auth/auth.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/rand.h"
#include "client/endpoint.h"
#include "client/transport.h"
#include "wire/rest.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ATTEMPTS = 3,
	ATTEMPTS_PATIENT = 6,
	PAUSE_MS = 1000,
	PAUSE_PATIENT_MS = 200,
	PAUSE_MAX_MS = 20000,
	PAUSE_STEP_US = 50000,
	WORDS_MAX = 2000,
	SKEW_MS = 60000
};

/* Of the wires that a service speaks, the one that says most plainly what it means. */
static enum proto proto_of(const struct service *s) {
	static const enum proto order[] = { P_RESTXML, P_RESTJSON, P_JSON, P_EC2, P_QUERY, P_CBOR };
	size_t i = 0;
	while (!(s->protos & (int)order[i])) {
		i++;
	}
	return order[i];
}

static struct wire must_find(const char *service, const char *name) {
	const struct service *s = service_find(service);
	const struct op *op = s ? op_find(s, name, strlen(name)) : NULL;
	if (!op) {
		bug("there is no operation %s of %s", name, service);
	}
	return (struct wire){ .service = s, .op = op, .proto = proto_of(s) };
}

struct val *client_input(struct client *c, const char *service, const char *op) {
	return val_new(c->arena, must_find(service, op).op->in);
}

/* --- one request --- */

struct outgoing {
	struct endpoint to;
	struct url url;
	struct request request;
	str path; /* with the endpoint's own in front */
	struct flow *flow;
};

static void outgoing_init(struct client *c, struct outgoing *o, const struct wire *w, const struct val *in) {
	str own = place_endpoint(&c->place, w->service->name);
	o->to = endpoint_of(c->arena, w->service, c->place.region);
	o->to.url = own.n ? own : o->to.url;
	if (!url_parse(o->to.url, &o->url)) {
		bug("an endpoint that is none");
	}
	request_write(c->arena, &o->request, in, w);
	o->path = str_printf(c->arena, STR_FMT STR_FMT, STR_ARG(o->url.path), STR_ARG(o->request.path));
}

static struct header *headers_of(struct arena *a, str lines, size_t *n) {
	size_t room = 1;
	str line, rest = lines;
	while (str_cut(rest, '\n', &line, &rest)) {
		room++;
	}
	struct header *out = NEWS(a, struct header, room);
	for (*n = 0; str_cut(lines, '\n', &line, &lines); ++*n) {
		str_cut(line, ':', &out[*n].name, &out[*n].value);
		out[*n].value.n -= str_ends(out[*n].value, S("\r"));
		out[*n].value = str_trim(out[*n].value);
	}
	return out;
}

static struct signer signer_of(const struct client *c, const struct outgoing *o, const struct wire *w) {
	const struct keys *k = &c->place.keys;
	str service = str_from(service_signing(w->service));
	return (struct signer){ k->access_key, k->secret, k->token, o->to.region, service, clock_real() + *c->ahead };
}

/* What is signed about the body. */
static str hash_of(struct arena *a, const struct outgoing *o) {
	struct buf hash = { .arena = a };
	if (o->flow && o->flow->sha256.n) {
		return o->flow->sha256;
	}
	struct digest_value sum = digest_of(DIGEST_SHA256, buf_str(&o->request.body));
	put_hex(&hash, digest_str(&sum));
	return buf_str(&hash);
}

/* The header lines with Host and signature. */
static str signed_headers(struct client *c, const struct outgoing *o, const struct wire *w) {
	const struct request *r = &o->request;
	struct signer signer = signer_of(c, o, w);
	struct head head = { .method = r->method, .path = o->path, .query = r->query, .host = o->url.host };
	struct buf lines = { .arena = c->arena };
	putf(&lines, "Host: " STR_FMT "\r\n", STR_ARG(o->url.host));
	put(&lines, buf_str(&r->headers));
	if (w->op->checksum_required) {
		struct digest_value md5 = digest_of(DIGEST_MD5, buf_str(&r->body));
		putz(&lines, "Content-MD5: ");
		put_base64(&lines, digest_str(&md5));
		putz(&lines, "\r\n");
	}
	head.headers = headers_of(c->arena, buf_str(&lines), &head.n);
	if (!w->op->no_auth) {
		auth_sign(&lines, &signer, &head, hash_of(c->arena, o));
	}
	return buf_str(&lines);
}

static str url_of(struct arena *a, const struct outgoing *o, str query) {
	return str_printf(a, STR_FMT STR_FMT "%s" STR_FMT, STR_ARG(o->url.origin), STR_ARG(o->path), query.n ? "?" : "",
			  STR_ARG(query));
}

/* Those of the moment. */
static bool take_keys(struct client *c, struct answer *failed) {
	struct grant g;
	if (c->credentials && !credentials_get(c->credentials, c->arena, &g, failed)) {
		return false;
	}
	c->place.keys = c->credentials ? g.keys : c->place.keys;
	return true;
}

static enum delivery send_once(struct client *c, const struct wire *w, const struct val *in, struct flow *flow,
			       struct message *m) {
	struct outgoing o = { .flow = flow };
	struct answer failed;
	str why = { 0 };
	if (!take_keys(c, &failed)) {
		m->body = answer_sentence(c->arena, &failed);
		return IMPOSSIBLE;
	}
	struct head *head = NEW(c->arena, struct head);
	outgoing_init(c, &o, w, in);
	str url = url_of(c->arena, &o, o.request.query);
	struct parcel p = { o.request.method, url, signed_headers(c, &o, w), buf_str(&o.request.body), flow };
	if (flow && flow->rewind) {
		flow->rewind(flow);
	}
	enum delivery d = transport_send(c->transport, &p, head, &m->body, &why);
	*c->heard = *c->heard || d == DELIVERED;
	m->head = head;
	if (d == STOPPED) {
		m->body = why;
	} else if (d != DELIVERED) {
		m->body = str_printf(c->arena, STR_FMT " does not answer: " STR_FMT ".", STR_ARG(o.url.origin),
				     STR_ARG(why));
	}
	return d;
}

/* --- the answer --- */

static str request_id_of(struct arena *a, const struct message *m) {
	size_t at;
	str id = head_get(m->head, "x-amzn-requestid"), tail;
	id = id.n ? id : head_get(m->head, "x-amz-request-id");
	if (!id.n && str_find(m->body, S("<RequestId>"), &at)) {
		str_cut(str_skip(m->body, at + 11), '<', &id, &tail);
	}
	return str_dup(a, id);
}

static void read_fault(struct client *c, const struct wire *w, const struct message *m, struct answer *out) {
	if (!fault_read(c->arena, w->proto, m, &out->code, &out->message) || !out->code.n) {
		out->code = str_printf(c->arena, "%d", m->head->status);
		out->message = (str){ 0 };
	}
}

/* S3 begins to answer a copy or a completion before it is done, and may have to say no after its 200. */
static bool is_late_fault(const struct wire *w, str body) {
	str declaration, rest = body;
	if (w->proto != P_RESTXML) {
		return false;
	}
	if (str_starts(body, S("<?xml")) && str_cut(body, '>', &declaration, &rest)) {
		body = rest;
	}
	while (body.n && strchr(" \t\r\n", body.p[0])) {
		body = str_skip(body, 1);
	}
	return str_starts(body, S("<Error>"));
}

static bool read_answer(struct client *c, const struct wire *w, const struct message *m, struct answer *out) {
	out->status = m->head->status;
	out->request_id = request_id_of(c->arena, m);
	if (out->status < 200 || out->status > 299) {
		read_fault(c, w, m, out);
		return false;
	}
	if (is_late_fault(w, m->body)) {
		read_fault(c, w, m, out);
		out->status = 500;
		return false;
	}
	out->out = w->op->out ? val_new(c->arena, w->op->out) : NULL;
	if (out->out && !response_read(c->arena, out->out, w, m)) {
		out->out = NULL;
		out->code = S("UnreadableAnswer");
		out->message =
			str_printf(c->arena, "The answer to %s is not what the service's model says.", w->op->name);
		return false;
	}
	return true;
}

/* --- again? --- */

static const char *const throttled[] = { "Throttling",
					 "ThrottlingException",
					 "ThrottledException",
					 "RequestThrottledException",
					 "RequestThrottled",
					 "TooManyRequestsException",
					 "ProvisionedThroughputExceededException",
					 "TransactionInProgressException",
					 "RequestLimitExceeded",
					 "BandwidthLimitExceeded",
					 "LimitExceededException",
					 "SlowDown",
					 "PriorRequestNotComplete",
					 "EC2ThrottledException",
					 "RequestTimeout",
					 "RequestTimeoutException",
					 "InternalError",
					 NULL };

static bool may_go_better(const struct answer *a) {
	for (const char *const *t = throttled; *t; t++) {
		if (str_is(a->code, *t)) {
			return true;
		}
	}
	return a->status == 500 || (a->status >= 502 && a->status <= 504) || a->status == 429;
}

/* In short sleeps, since c->stop may end them. */
static void pause_before(const struct client *c, int attempt) {
	int64_t most = (int64_t)c->pause_ms << (attempt < 16 ? attempt : 16);
	most = most < PAUSE_MAX_MS ? most : PAUSE_MAX_MS;
	int64_t until = clock_monotonic() + (int64_t)(rand_u64() % (uint64_t)(most + 1)) * 1000;
	for (int64_t left; (left = until - clock_monotonic()) > 0 && !client_is_stopped(c);) {
		left = left < PAUSE_STEP_US ? left : PAUSE_STEP_US;
		struct timespec t = { .tv_nsec = left * 1000 };
		nanosleep(&t, NULL);
	}
}

static bool is_hopeless(const struct client *c, enum delivery d) {
	struct url url;
	return d == STOPPED || d == IMPOSSIBLE ||
	       (d == NOBODY_THERE && !*c->heard && url_parse(c->place.endpoint, &url) && url_is_loopback(&url));
}

/* A bucket is asked for in a region that is not its own: S3 says which it is. */
static bool is_elsewhere(struct client *c, const struct message *m, const struct answer *a) {
	str region = m->head ? head_get(m->head, "x-amz-bucket-region") : (str){ 0 };
	bool other = region.n && region_is_plain(region) && !str_eq(region, c->place.region);
	if (!other || c->place.endpoint.n || !(a->status == 301 || a->status == 307 || a->status == 400)) {
		return false;
	}
	snprintf(c->region, sizeof(c->region), STR_FMT, STR_ARG(region));
	c->place.region = str_from(c->region);
	return true;
}

/* Is it the time that was refused? Then there is another one from here on. used: c->ahead when it was signed. */
static bool is_skewed(struct client *c, const struct message *m, const struct answer *a, int64_t used) {
	static const char *const codes[] = { "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", NULL };
	int64_t theirs;
	size_t at;
	bool skewed = str_find(a->message, S("Signature expired: "), &at) ||
		      str_find(a->message, S("Signature not yet current: "), &at);
	for (const char *const *code = codes; *code; code++) {
		skewed = skewed || str_is(a->code, *code);
	}
	if (!skewed || !m->head || !time_parse(head_get(m->head, "date"), &theirs)) {
		return false;
	}
	int64_t ahead = theirs - clock_real(), change = ahead - used;
	*c->ahead = ahead;
	return change > SKEW_MS || change < -SKEW_MS;
}

bool client_stream(struct client *c, const struct request_of *r, struct flow *flow, struct answer *out) {
	struct wire w = must_find(r->service, r->op);
	for (int i = 0;; i++) {
		struct message m = { 0 };
		int64_t ahead = *c->ahead;
		*out = (struct answer){ .code = S("") };
		enum delivery d = send_once(c, &w, r->in, flow, &m);
		if (d == DELIVERED && read_answer(c, &w, &m, out)) {
			return true;
		}
		out->message = d == DELIVERED ? out->message : m.body;
		if (d == DELIVERED && i == 0 && (is_elsewhere(c, &m, out) || is_skewed(c, &m, out, ahead))) {
			continue;
		}
		bool again = d == DELIVERED ? may_go_better(out) : !is_hopeless(c, d);
		if (!again || i + 1 >= c->attempts || client_is_stopped(c)) {
			return false;
		}
		pause_before(c, i);
	}
}

bool client_call(struct client *c, const char *service, const char *op, const struct val *in, struct answer *out) {
	struct request_of r = { service, op, in };
	return client_stream(c, &r, NULL, out);
}

bool client_hashes(const struct client *c) {
	struct url url;
	bool plain = str_starts(c->place.endpoint, S("http://")) && url_parse(c->place.endpoint, &url);
	return plain && !url_is_loopback(&url);
}

str client_presign(struct client *c, const struct request_of *r, int64_t seconds) {
	struct wire w = must_find(r->service, r->op);
	struct outgoing o = { 0 };
	struct answer failed;
	take_keys(c, &failed);
	outgoing_init(c, &o, &w, r->in);
	struct signer signer = signer_of(c, &o, &w);
	struct head head = { .method = o.request.method, .path = o.path, .query = o.request.query, .host = o.url.host };
	return url_of(c->arena, &o, auth_presign(c->arena, &signer, &head, seconds));
}

/* A refusal without a body (of a HEAD) has no words. */
static const struct {
	int status;
	const char *words;
} wordless[] = {
	{ 301, "it is in another region" },
	{ 400, "the region, the version or the key of the encryption is not the right one" },
	{ 403, "these keys may not, or there is nothing of that name" },
	{ 404, "there is nothing of that name" },
	{ 405, "it is a delete marker" },
	{ 0 },
};

static str message_of(const struct answer *failed) {
	for (size_t i = 0; wordless[i].status && !failed->message.n; i++) {
		if (failed->status == wordless[i].status) {
			return str_from(wordless[i].words);
		}
	}
	return failed->message;
}

/* What to do about a refusal. */
static const struct {
	const char *code, *cure;
} cures[] = {
	{ "NoSuchBucket", "`aerostat s3 ls` lists the buckets, `aerostat s3 mb` makes one." },
	{ "InvalidBucketName", "A name is 3 to 63 lower case letters, digits and hyphens." },
	{ "BucketAlreadyExists", "All accounts share the names: take another." },
	{ "InvalidAccessKeyId", "The keys are not known there: --profile NAME takes others." },
	{ "SignatureDoesNotMatch", "The secret key is not the one of that key id." },
	{ "ExpiredToken", "The keys have come to their end: get new ones." },
	{ "RequestTimeTooSkewed", "This machine's clock is wrong." },
	{ "AccessControlListNotSupported",
	  "Buckets of today take no ACLs: leave --acl out; a bucket policy opens them." },
	{ "PermanentRedirect", "Say --region with the bucket's own." },
	{ "IllegalLocationConstraintException", "Say --region with the bucket's own." },
	{ "AuthorizationHeaderMalformed", "Say --region with the bucket's own." },
	{ 0 },
};

static void put_cure(struct buf *b, const struct answer *failed) {
	for (size_t i = 0; cures[i].code; i++) {
		if (str_is(failed->code, cures[i].code)) {
			putf(b, "%s %s", str_ends(failed->message, S(".")) ? "" : ".", cures[i].cure);
		}
	}
}

/* Not more than anybody would read. */
static void put_words(struct buf *b, str words) {
	size_t n = words.n < WORDS_MAX ? words.n : WORDS_MAX;
	while (n && n < words.n && ((unsigned char)words.p[n] & 0xc0) == 0x80) {
		n--;
	}
	put(b, (str){ words.p, n });
	put(b, n < words.n ? S("...") : S(""));
}

str answer_sentence(struct arena *a, const struct answer *failed) {
	struct buf b = { .arena = a };
	str message = message_of(failed);
	put_words(&b, failed->code);
	put(&b, failed->code.n && message.n ? S(": ") : S(""));
	put_words(&b, message);
	put_cure(&b, failed);
	if (failed->request_id.n) {
		putz(&b, " (request ");
		put_words(&b, failed->request_id);
		put_byte(&b, ')');
	}
	return buf_str(&b);
}

/* --- opening --- */

static int attempts_wanted(void) {
	int64_t n;
	return str_uint(str_from(getenv("AWS_MAX_ATTEMPTS")), &n) && n >= 1 && n <= 20 ? (int)n : ATTEMPTS;
}

void client_be_patient(struct client *c) {
	c->attempts = getenv("AWS_MAX_ATTEMPTS") ? c->attempts : ATTEMPTS_PATIENT;
	c->pause_ms = PAUSE_PATIENT_MS;
}

bool client_is_stopped(const struct client *c) {
	return c->stop && *c->stop;
}

void client_heed(struct client *c, const _Atomic bool *stop) {
	c->stop = stop;
	transport_heed(c->transport, stop);
}

void client_clone(struct client *c, struct arena *a, const struct client *from) {
	*c = *from;
	c->arena = a;
	c->place.region = from->region[0] ? str_from(c->region) : from->place.region;
	c->transport = transport_create(a);
	client_heed(c, from->stop);
}

bool client_open(struct client *c, struct arena *a, const struct place *place, struct answer *failed) {
	*c = (struct client){ .arena = a, .place = *place, .attempts = attempts_wanted(), .pause_ms = PAUSE_MS };
	c->transport = transport_create(a);
	c->heard = NEW(a, _Atomic bool);
	c->ahead = NEW(a, _Atomic int64_t);
	c->credentials = place->source ? credentials_create(a, place) : NULL;
	return take_keys(c, failed);
}
