#include "client/transport.h"

#include "base/version.h"

#include <curl/curl.h>

#include <errno.h>
#include <pthread.h>

/* A flow may take as long as it likes, but not stand still for so many seconds. */
enum { CONNECT_MS = 10000, ANSWER_MS = 120000, STILL_S = 120, SMALL = 64 * 1024, WINDOW = 512 * 1024 };

/* Whose keys nobody between may see. */
#define METADATA_HOSTS "169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23"

struct transport {
	struct arena *arena;
	CURL *curl;
	struct buf head, body;
	struct flow *flow;
	const _Atomic bool *stop;
	int limit_ms;
	char error[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void) {
	curl_global_init(CURL_GLOBAL_ALL);
}

static void drop(void *p) {
	struct transport *t = p;
	curl_easy_cleanup(t->curl);
}

struct transport *transport_create(struct arena *a) {
	struct transport *t = NEW(a, struct transport);
	pthread_once(&once, begin);
	t->arena = a;
	t->curl = curl_easy_init();
	arena_defer(a, drop, t);
	return t;
}

void transport_heed(struct transport *t, const _Atomic bool *stop) {
	t->stop = stop;
}

void transport_limit(struct transport *t, int ms) {
	t->limit_ms = ms;
}

static void drop_list(struct curl_slist **list) {
	curl_slist_free_all(*list);
}

/* An interim answer's head (100 Continue) is forgotten when the next one begins. */
static size_t take_head(char *p, size_t size, size_t n, void *arg) {
	struct transport *t = arg;
	str line = { p, size * n };
	if (str_starts(line, S("HTTP/"))) {
		t->head.n = 0;
	}
	put(&t->head, line);
	return t->head.n <= HEAD_MAX ? line.n : 0;
}

static bool succeeds(const struct transport *t) {
	long status = 0;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status <= 299;
}

static size_t take_body(char *p, size_t size, size_t n, void *arg) {
	struct transport *t = arg;
	if (t->flow && t->flow->write && succeeds(t)) {
		return t->flow->write(t->flow, (str){ p, size * n }) ? size * n : 0;
	}
	put(&t->body, (str){ p, size * n });
	return t->body.n <= TRANSPORT_ANSWER_MAX ? size * n : 0;
}

static size_t give_body(char *p, size_t size, size_t n, void *arg) {
	struct transport *t = arg;
	ssize_t got = t->flow->read(t->flow, p, size * n);
	return got >= 0 && !t->flow->broken ? (size_t)got : CURL_READFUNC_ABORT;
}

/* A kept connection turned out to be dead: the body from its beginning on a new one. */
static int seek_body(void *arg, curl_off_t at, int from) {
	struct transport *t = arg;
	if (at || from != SEEK_SET || !t->flow->rewind) {
		return CURL_SEEKFUNC_CANTSEEK;
	}
	t->flow->rewind(t->flow);
	return CURL_SEEKFUNC_OK;
}

static int look_up(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
	const struct transport *t = arg;
	(void)a, (void)b, (void)c, (void)d;
	return t->stop && *t->stop;
}

/* A header without a value would not be sent, though it is signed: curl wants a semicolon there. */
static struct curl_slist *append_line(struct arena *a, struct curl_slist *list, str line) {
	str name, value;
	bool empty = str_cut(line, ':', &name, &value) && !str_trim(value).n;
	return curl_slist_append(list, empty ? str_printf(a, STR_FMT ";", STR_ARG(name)).p : str_z(a, line));
}

static struct curl_slist *list_of(struct arena *a, str lines) {
	struct curl_slist *list = curl_slist_append(NULL, "User-Agent: aerostat/" AEROSTAT_VERSION);
	str line;
	bool typed = false;
	while (str_cut(lines, '\n', &line, &lines) || line.n) {
		line.n -= line.n && line.p[line.n - 1] == '\r';
		typed = typed || (line.n > 13 && str_ieq((str){ line.p, 13 }, S("content-type:")));
		list = line.n ? append_line(a, list, line) : list;
	}
	list = curl_slist_append(list, "Expect:");
	return typed ? list : curl_slist_append(list, "Content-Type:");
}

static void set_surroundings(struct transport *t) {
	str more = str_from(getenv("no_proxy") ? getenv("no_proxy") : getenv("NO_PROXY"));
	const char *ca = getenv("AWS_CA_BUNDLE");
	str none = str_printf(t->arena, "127.0.0.1,localhost,::1," METADATA_HOSTS "%s" STR_FMT, more.n ? "," : "",
			      STR_ARG(more));
	curl_easy_setopt(t->curl, CURLOPT_NOPROXY, str_is(more, "*") ? "*" : none.p);
	curl_easy_setopt(t->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(t->limit_ms ? t->limit_ms : CONNECT_MS));
	curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, t->flow ? 0L : t->limit_ms ? (long)t->limit_ms : (long)ANSWER_MS);
	curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_TIME, (long)STILL_S);
	curl_easy_setopt(t->curl, CURLOPT_NOPROGRESS, t->stop ? 0L : 1L);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->error);
	if (ca && *ca) {
		curl_easy_setopt(t->curl, CURLOPT_CAINFO, ca);
	}
}

static void set_stream(struct transport *t) {
	curl_easy_setopt(t->curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->flow->n);
	curl_easy_setopt(t->curl, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(t->curl, CURLOPT_READDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_SEEKFUNCTION, seek_body);
	curl_easy_setopt(t->curl, CURLOPT_SEEKDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_UPLOAD_BUFFERSIZE, t->flow->n > SMALL ? (long)WINDOW : (long)SMALL);
}

static void set_body(struct transport *t, const struct parcel *p) {
	str body = t->flow && t->flow->bytes.p ? t->flow->bytes : p->body;
	if (t->flow && t->flow->read) {
		set_stream(t);
	} else if (str_is(p->method, "POST") || str_is(p->method, "PUT")) {
		curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
		curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, body.n ? body.p : "");
	}
	if (t->flow && t->flow->write && t->flow->n > SMALL) {
		curl_easy_setopt(t->curl, CURLOPT_BUFFERSIZE, (long)WINDOW);
	}
}

static void set_parcel(struct transport *t, const struct parcel *p, struct curl_slist *headers) {
	curl_easy_setopt(t->curl, CURLOPT_URL, str_z(t->arena, p->url));
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
	set_body(t, p);
	curl_easy_setopt(t->curl, CURLOPT_NOBODY, str_is(p->method, "HEAD") ? 1L : 0L);
	curl_easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, str_is(p->method, "HEAD") ? NULL : str_z(t->arena, p->method));
}

static enum delivery delivery_of(CURLcode rc) {
	switch (rc) {
	case CURLE_OK: return DELIVERED;
	case CURLE_COULDNT_CONNECT: return NOBODY_THERE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE: return INTERRUPTED;
	case CURLE_ABORTED_BY_CALLBACK: return STOPPED;
	default: return IMPOSSIBLE;
	}
}

enum delivery transport_send(struct transport *t, const struct parcel *p, struct head *head, str *body, str *why) {
	size_t used;
	__attribute__((cleanup(drop_list))) struct curl_slist *headers = list_of(t->arena, p->headers);
	t->head = (struct buf){ .arena = t->arena };
	t->body = (struct buf){ .arena = t->arena };
	t->error[0] = '\0';
	t->flow = p->flow;
	curl_easy_reset(t->curl);
	set_surroundings(t);
	set_parcel(t, p, headers);
	CURLcode rc = curl_easy_perform(t->curl);
	if (rc != CURLE_OK) {
		bool broken = t->flow && t->flow->broken;
		*why = str_dup(t->arena, str_from(broken        ? strerror(-t->flow->broken)
						  : t->error[0] ? t->error
								: curl_easy_strerror(rc)));
		return broken ? STOPPED : delivery_of(rc);
	}
	*body = buf_str(&t->body);
	if (head_read_response(t->arena, buf_str(&t->head), head, &used) != HEAD_OK) {
		*why = S("its answer cannot be read");
		return IMPOSSIBLE;
	}
	return DELIVERED;
}
