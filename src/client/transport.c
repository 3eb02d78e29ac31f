#include "client/transport.h"

#include "base/version.h"

#include <curl/curl.h>

enum { CONNECT_MS = 10000, ANSWER_MS = 120000 };

struct transport {
	struct arena *arena;
	CURL *curl;
	struct buf head, body;
	char error[CURL_ERROR_SIZE];
};

static void drop(void *p) {
	struct transport *t = p;
	curl_easy_cleanup(t->curl);
}

struct transport *transport_create(struct arena *a) {
	struct transport *t = NEW(a, struct transport);
	t->arena = a;
	t->curl = curl_easy_init();
	arena_defer(a, drop, t);
	return t;
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

static size_t take_body(char *p, size_t size, size_t n, void *arg) {
	struct transport *t = arg;
	put(&t->body, (str){ p, size * n });
	return t->body.n <= TRANSPORT_ANSWER_MAX ? size * n : 0;
}

static struct curl_slist *list_of(struct arena *a, str lines) {
	struct curl_slist *list = curl_slist_append(NULL, "User-Agent: aerostat/" AEROSTAT_VERSION);
	str line;
	bool typed = false;
	while (str_cut(lines, '\n', &line, &lines) || line.n) {
		line.n -= line.n && line.p[line.n - 1] == '\r';
		typed = typed || (line.n > 13 && str_ieq((str){ line.p, 13 }, S("content-type:")));
		list = line.n ? curl_slist_append(list, str_z(a, line)) : list;
	}
	list = curl_slist_append(list, "Expect:");
	return typed ? list : curl_slist_append(list, "Content-Type:");
}

static void set_surroundings(struct transport *t) {
	str more = str_from(getenv("no_proxy") ? getenv("no_proxy") : getenv("NO_PROXY"));
	const char *ca = getenv("AWS_CA_BUNDLE");
	str none = str_printf(t->arena, "127.0.0.1,localhost,::1%s" STR_FMT, more.n ? "," : "", STR_ARG(more));
	curl_easy_setopt(t->curl, CURLOPT_NOPROXY, str_is(more, "*") ? "*" : none.p);
	curl_easy_setopt(t->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->error);
	if (ca && *ca) {
		curl_easy_setopt(t->curl, CURLOPT_CAINFO, ca);
	}
}

static void set_parcel(struct transport *t, const struct parcel *p, struct curl_slist *headers) {
	curl_easy_setopt(t->curl, CURLOPT_URL, str_z(t->arena, p->url));
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
	if (str_is(p->method, "POST") || str_is(p->method, "PUT")) {
		curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
		curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, p->body.n ? p->body.p : "");
	}
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
	default: return IMPOSSIBLE;
	}
}

enum delivery transport_send(struct transport *t, const struct parcel *p, struct head *head, str *body, str *why) {
	size_t used;
	__attribute__((cleanup(drop_list))) struct curl_slist *headers = list_of(t->arena, p->headers);
	t->head = (struct buf){ .arena = t->arena };
	t->body = (struct buf){ .arena = t->arena };
	t->error[0] = '\0';
	curl_easy_reset(t->curl);
	set_surroundings(t);
	set_parcel(t, p, headers);
	CURLcode rc = curl_easy_perform(t->curl);
	if (rc != CURLE_OK) {
		*why = str_dup(t->arena, str_from(t->error[0] ? t->error : curl_easy_strerror(rc)));
		return delivery_of(rc);
	}
	*body = buf_str(&t->body);
	if (head_read_response(t->arena, buf_str(&t->head), head, &used) != HEAD_OK) {
		*why = S("its answer cannot be read");
		return IMPOSSIBLE;
	}
	return DELIVERED;
}
